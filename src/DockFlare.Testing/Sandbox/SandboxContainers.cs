using System.Runtime.CompilerServices;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;

namespace DockFlare.Testing.Sandbox;

/// <summary>Containers that come and go by a script, for a machine without a Docker Engine.</summary>
internal sealed class SandboxContainers(TimeProvider time) : IContainerSource
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(6);

    private static readonly ContainerSnapshot Blog = Container("b10600000001", "blog", "blog.example.com", "http://blog:2368");
    private static readonly ContainerSnapshot Wiki = Container("3141c0000001", "wiki", "wiki.example.com", "http://wiki:3000");
    private static readonly ContainerSnapshot Api = Container("a91000000001", "api", "shop.example.org", "http://api:8080", ("dockflare.path", "/api"));
    private static readonly ContainerSnapshot Shop = Container("560900000001", "shop", "shop.example.org", "http://shop:80");
    private static readonly ContainerSnapshot Apps = Container("a99500000001", "apps", "*.apps.example.net", "http://gateway:8080", ("dockflare.no_tls_verify", "true"));
    private static readonly ContainerSnapshot Typo = Container("797000000001", "metrics", "metrics.example.com", "metrics:9090");

    public async IAsyncEnumerable<Inventory> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            ContainerSnapshot[][] script =
            [
                [Blog, Shop, Api, Apps, Typo],
                [Blog, Shop, Api, Apps, Typo, Wiki],
                [Blog, Shop, Api, Apps, Wiki],
                [Blog, Shop, Api, Apps],
            ];
            foreach (var containers in script)
            {
                yield return new([.. containers], IsComplete: true);
                await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static ContainerSnapshot Container(string id, string name, string host, string service, params ReadOnlySpan<(string Label, string Value)> more)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["dockflare.enable"] = "true",
            ["dockflare.hostname"] = host,
            ["dockflare.service"] = service,
        };
        foreach (var (label, value) in more)
        {
            labels[label] = value;
        }

        return new(id, name, labels) { Networks = [new("cloudflare-net", "172.30.0.9")] };
    }
}
