using DockFlare.Core.Protocol;

namespace DockFlare.Core.Labels;

/// <summary>How labels are read. What concerns a connector (network, address of its host, CA pools) differs from agent to agent.</summary>
public sealed record LabelOptions
{
    /// <summary>An extra prefix that is looked at first, such as <c>acme.</c>; the trailing dot is added when it is missing; null for none.</summary>
    public string? CustomPrefix
    {
        get;
        init => field = value?.Trim().TrimEnd('.') is { Length: > 0 } prefix ? prefix + "." : null;
    }

    /// <summary>The network that the tunnel's connector joins. Default <c>cloudflare-net</c>; <c>host</c> when the connector shares its host's network.</summary>
    public string TunnelNetwork { get; init; } = "cloudflare-net";

    /// <summary>The connector also joins the networks of the containers it serves (<c>CLOUDFLARED_ATTACH</c>). Default false.</summary>
    public bool JoinsNetworks { get; init; }

    /// <summary>
    /// The name by which the connector reaches its own host, for containers that use the host's network. Default <c>host.docker.internal</c>;
    /// not used, but <c>localhost</c> instead, when <see cref="TunnelNetwork"/> is <c>host</c>.
    /// </summary>
    public string HostAddress { get; init; } = "host.docker.internal";

    /// <summary>The files that <c>origin.ca_pool</c> may name: those the connector is known to be able to read.</summary>
    public EquatableArray<string> CaPools { get; init; }

    /// <summary>Makes the host of a container that is enabled and has no hostname label; null for no such host.</summary>
    public Func<ContainerSnapshot, DefaultHost>? DefaultHost { get; init; }
}
