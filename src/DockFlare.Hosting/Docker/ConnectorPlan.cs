using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Docker.DotNet.Models;
using DockFlare.Hosting.Agents;

namespace DockFlare.Hosting.Docker;

/// <summary>What one connector's container is to be, and how it is recognised again.</summary>
internal static class ConnectorPlan
{
    public const string ManagedBy = "managed-by";
    public const string ManagedByUs = "dockflare-dotnet";
    public const string ConnectorLabel = "dockflare.connector";
    public const string ReplicaLabel = "dockflare.connector.replica";
    public const string GenerationLabel = "dockflare.connector.generation";
    public const string TunnelLabel = "dockflare.connector.tunnel";
    public const string SpecLabel = "dockflare.connector.spec";
    private const string TokenVariable = "TUNNEL_TOKEN=";

    /// <summary>The name of the replica once it is alone; the first, 0, has the connector's name itself.</summary>
    public static string NameOf(DockerOptions options, int replica) =>
        replica == 0 ? options.ConnectorName : string.Create(CultureInfo.InvariantCulture, $"{options.ConnectorName}-{replica + 1}");

    /// <summary>
    /// Changes when a running connector would have to be replaced. The generation is not in it: a connector takes its ingress from Cloudflare, so
    /// a new generation of the same tunnel needs no other process.
    /// </summary>
    public static string SpecHash(TunnelSpec spec, DockerOptions options)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"1\n{spec.TunnelId}\n{spec.Token}\n{options.ConnectorImage}\n{options.ConnectorNetwork}\n{options.ConnectorMetricsPort}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];
    }

    /// <summary>The container to create.</summary>
    public static CreateContainerParameters ToContainer(TunnelSpec spec, DockerOptions options, int replica, string name) => new()
    {
        Name = name,
        Image = options.ConnectorImage.ToString(),
        Cmd = ["tunnel", "--no-autoupdate", "run"],
        Env = [$"{TokenVariable}{spec.Token}", string.Create(CultureInfo.InvariantCulture, $"TUNNEL_METRICS=0.0.0.0:{options.ConnectorMetricsPort}")],
        Labels = new Dictionary<string, string>
        {
            [ManagedBy] = ManagedByUs,
            [ConnectorLabel] = options.ConnectorName,
            [ReplicaLabel] = replica.ToString(CultureInfo.InvariantCulture),
            [GenerationLabel] = spec.Generation.ToString(CultureInfo.InvariantCulture),
            [TunnelLabel] = spec.TunnelId,
            [SpecLabel] = SpecHash(spec, options),
        },
        HostConfig = new HostConfig
        {
            NetworkMode = options.ConnectorNetwork,
            RestartPolicy = new RestartPolicy { Name = RestartPolicyKind.UnlessStopped },
            CapDrop = ["ALL"],
            SecurityOpt = ["no-new-privileges"],
            ReadonlyRootfs = true,
            ExtraHosts = ["host.docker.internal:host-gateway"],
        },
    };

    /// <summary>The replica a container is; an unlabelled one that an older agent left is the first.</summary>
    public static int ReplicaOf(ContainerInspectResponse container) =>
        int.TryParse(Label(container, ReplicaLabel), NumberStyles.None, CultureInfo.InvariantCulture, out var replica) ? replica : 0;

    /// <summary>The generation it was started for; 0 when it does not say.</summary>
    public static long GenerationOf(ContainerInspectResponse container) =>
        long.TryParse(Label(container, GenerationLabel), NumberStyles.None, CultureInfo.InvariantCulture, out var generation) ? generation : 0;

    /// <summary>Whether it runs what is wanted. One that an older agent started does when its token is the same, whatever its image.</summary>
    public static bool Runs(ContainerInspectResponse container, TunnelSpec spec, DockerOptions options) =>
        container.State is { Running: true, Restarting: false }
        && (IsOurs(container)
            ? Label(container, SpecLabel) == SpecHash(spec, options)
            : container.Config?.Env?.Contains($"{TokenVariable}{spec.Token}") == true);

    /// <summary>Whether it carries our mark.</summary>
    public static bool IsOurs(ContainerInspectResponse container) => Label(container, ManagedBy) == ManagedByUs;

    /// <summary>Whether it is a connector that an older agent or master started: under our mark's predecessor, or with a connector token in its environment.</summary>
    public static bool IsPredecessor(ContainerInspectResponse container) =>
        !IsOurs(container)
        && (Label(container, ManagedBy) == "dockflare" || container.Config?.Env?.Any(variable => variable.StartsWith(TokenVariable, StringComparison.Ordinal)) == true);

    /// <summary>Where its metrics are, as long as its network can be reached from here; null while it has no address.</summary>
    public static Uri? MetricsOf(ContainerInspectResponse container, DockerOptions options)
    {
        var networks = container.NetworkSettings?.Networks;
        var address = networks?.TryGetValue(options.ConnectorNetwork, out var own) == true && own.IPAddress is { Length: > 0 }
            ? own.IPAddress
            : networks?.Values.Select(network => network.IPAddress).FirstOrDefault(ip => !string.IsNullOrEmpty(ip));
        return address is null ? null : new UriBuilder("http", address, options.ConnectorMetricsPort).Uri;
    }

    public static string? Label(ContainerInspectResponse container, string key) =>
        container.Config?.Labels?.TryGetValue(key, out var value) == true ? value : null;
}
