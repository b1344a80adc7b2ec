using DockFlare.Core.Access;

namespace DockFlare.Core.Reconciliation;

/// <summary>What should be at Cloudflare and on the agents.</summary>
public sealed record DesiredState
{
    /// <summary>The tunnels, by id.</summary>
    public EquatableArray<TunnelAssignment> Tunnels { get; init; }

    /// <summary>The routes to serve, by key. Those in their grace period are among them.</summary>
    public EquatableArray<DesiredRoute> Routes { get; init; }

    /// <summary>The records, one for each host, by name.</summary>
    public EquatableArray<DesiredRecord> Dns { get; init; }

    /// <summary>The Access applications of ours, one for each guarded rule and each zone default, by key.</summary>
    public EquatableArray<DesiredApp> Apps { get; init; }

    /// <summary>The reusable policies that they need, by key.</summary>
    public EquatableArray<DesiredPolicy> Policies { get; init; }

    /// <summary>What the zones' defaults come to, by zone.</summary>
    public EquatableArray<ZoneGuard> ZoneDefaults { get; init; }

    /// <summary>What became of every wish, by route, agent and container.</summary>
    public EquatableArray<RouteOutcome> Outcomes { get; init; }

    /// <summary>Hosts whose end an operator asked for and that nobody serves any more, by name: their deletion is never held back.</summary>
    public EquatableArray<string> Ended { get; init; }

    /// <summary>When the first grace period ends; null when none runs.</summary>
    public DateTimeOffset? NextExpiry { get; init; }
}

/// <summary>A DNS record that should exist: a CNAME to a tunnel.</summary>
/// <param name="ZoneId">The zone.</param>
/// <param name="Name">The full name in lower-case ASCII.</param>
/// <param name="TunnelId">The tunnel it points to.</param>
public sealed record DesiredRecord(string ZoneId, string Name, string TunnelId)
{
    /// <summary>Whether Cloudflare proxies it.</summary>
    public bool Proxied { get; init; } = true;

    /// <summary>The operator's words behind our mark.</summary>
    public string? Comment { get; init; }

    /// <summary>The CNAME's content.</summary>
    public string Content => DnsNames.TunnelTarget(TunnelId);

    internal bool SaysTheSameAs(ObservedRecord have, string owner) =>
        Proxied == have.Proxied && DnsNames.IsTunnelTarget(have.Content, TunnelId) && DnsNames.IsComment(have.Comment, owner, Comment);
}
