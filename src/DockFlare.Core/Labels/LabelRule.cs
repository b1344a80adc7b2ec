using DockFlare.Core.Access;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Labels;

/// <summary>One route that a container's labels ask for.</summary>
/// <param name="Key">Host and path.</param>
/// <param name="Service">The origin as cloudflared takes it.</param>
public sealed record LabelRule(RuleKey Key, string Service)
{
    /// <summary>How cloudflared talks to the origin.</summary>
    public OriginRequest Origin { get; init; } = OriginRequest.None;

    /// <summary><c>priority</c>: higher comes first. Default 0.</summary>
    public int Priority { get; init; }

    /// <summary><c>zonename</c>: the zone to put the record in.</summary>
    public string? ZoneName { get; init; }

    /// <summary><c>tunnel</c>: name or id of the tunnel to use.</summary>
    public string? Tunnel { get; init; }

    /// <summary><c>dns.proxied</c>. Default true.</summary>
    public bool DnsProxied { get; init; } = true;

    /// <summary><c>dns.comment</c>.</summary>
    public string? DnsComment { get; init; }

    /// <summary><c>publish_when=healthy</c>.</summary>
    public bool PublishWhenHealthy { get; init; }

    /// <summary>What the <c>access.*</c> labels ask for; null when the host is to be public.</summary>
    public AccessWish? Access { get; init; }
}
