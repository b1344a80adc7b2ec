using System.Text.Json.Serialization;
using DockFlare.Core.Access;
using DockFlare.Core.Commands;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Reconciliation;

/// <summary>One public route as it should be: a rule in a tunnel and a record in a zone. What the store remembers of a route is the same value.</summary>
/// <param name="Rule">The ingress rule.</param>
/// <param name="TunnelId">The tunnel that carries it.</param>
/// <param name="ZoneId">The zone its record belongs in.</param>
/// <param name="Holder">Whose claim it is.</param>
public sealed record DesiredRoute(IngressRule Rule, string TunnelId, string ZoneId, RouteHolder Holder)
{
    /// <summary>Whether Cloudflare proxies the record. A tunnel serves only proxied ones.</summary>
    public bool DnsProxied { get; init; } = true;

    /// <summary>The operator's words in the record's comment, behind our mark.</summary>
    public string? DnsComment { get; init; }

    /// <summary>The protection asked for; null when the route is to be public.</summary>
    public AccessWish? Access { get; init; }

    /// <summary>What the protection asked for comes to in this pass; not remembered. Null when the route is to be public.</summary>
    [JsonIgnore]
    public RouteGuard? Guard { get; init; }

    /// <summary>Since when nobody claims it; it is kept for the grace period from then on. Null while it is claimed.</summary>
    public DateTimeOffset? GoneSince { get; init; }

    /// <summary>Host and path.</summary>
    public RuleKey Key => Rule.Key;
}

/// <summary>Who holds a rule key.</summary>
/// <param name="Agent">The host it runs on.</param>
/// <param name="Workload">
/// The compose <c>project/service</c>, or the container's name: what stays the same when a container is replaced. Empty when it is not known, as of an
/// imported route: the first workload of the agent that claims the key is the one.
/// </param>
/// <param name="Source">Where the wish comes from.</param>
public sealed record RouteHolder(AgentId Agent, string Workload, RouteSource Source)
{
    /// <summary>Whether a claim of <paramref name="other"/> is this holder's.</summary>
    public bool IsHeldBy(RouteHolder other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return this == other || (Workload.Length == 0 && Agent == other.Agent && Source == other.Source);
    }

    /// <summary><c>blog on nas</c>.</summary>
    public override string ToString() => Source == RouteSource.Manual ? "a manual rule" : $"{(Workload.Length == 0 ? "a container" : Workload)} on {Agent}";
}

/// <summary>Where a route comes from.</summary>
public enum RouteSource
{
    /// <summary>A container's labels.</summary>
    Label,

    /// <summary>An operator. Wins over labels.</summary>
    Manual,
}

/// <summary>A route that an operator wrote.</summary>
/// <param name="Rule">The ingress rule.</param>
/// <param name="TunnelId">The tunnel that is to carry it.</param>
public sealed record ManualRoute(IngressRule Rule, string TunnelId)
{
    /// <summary>Puts the record in this zone rather than in the detected one.</summary>
    public string? ZoneName { get; init; }

    /// <summary>The protection asked for; null when the route is to be public.</summary>
    public AccessWish? Access { get; init; }
}
