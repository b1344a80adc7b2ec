using DockFlare.Core.Protocol;

namespace DockFlare.Dashboard.Tests.Stage;

/// <summary>Containers with labels.</summary>
internal static class Containers
{
    /// <summary>Two that work, one whose service has no scheme, one in conflict, one that is not enabled.</summary>
    public static IReadOnlyList<ContainerSnapshot> Usual { get; } =
    [
        Of("blog", "blog.example.com"), Of("shop", "shop.example.com"), Of("copycat", "shop.example.com"),
        Of("metrics", "metrics.example.com", "metrics:9090"), new("0ff000000001", "off", new Dictionary<string, string> { ["dockflare.enable"] = "false", ["dockflare.hostname"] = "off.example.com" }),
    ];

    public static ContainerSnapshot Of(string name, string host, string? service = null) => new(
        Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(name.PadRight(12, '0')))[..24], name,
        new Dictionary<string, string> { ["dockflare.enable"] = "true", ["dockflare.hostname"] = host, ["dockflare.service"] = service ?? $"http://{name}:8080" })
    {
        Networks = [new("cloudflare-net", "172.30.0.9")],
    };

    public static IEnumerable<ContainerSnapshot> Many(int count) => Enumerable.Range(0, count).Select(static i => Of($"app-{i:00000}", $"app-{i:00000}.example.com"));
}
