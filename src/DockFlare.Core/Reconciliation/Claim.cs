using DockFlare.Core.Commands;
using DockFlare.Core.Labels;
using DockFlare.Core.Zones;

namespace DockFlare.Core.Reconciliation;

/// <summary>A wish for a rule key, complete enough to be served.</summary>
/// <param name="route">What would be served.</param>
/// <param name="container">The container it comes from; empty for an operator's rule.</param>
/// <param name="notes">What is worth knowing and stops nothing.</param>
internal sealed class Claim(DesiredRoute route, string container, EquatableArray<string> notes)
{
    private RouteOutcome? pending;
    private DesiredRecord? record;

    public DesiredRoute Route => route;

    public string Container => container;

    public AgentId Agent => route.Holder.Agent;

    public bool IsManual => route.Holder.Source == RouteSource.Manual;

    /// <summary>The zones this was made with: the same object means the same zone.</summary>
    public ZoneMap? Zones { get; init; }

    public string? FallbackZoneId { get; init; }

    /// <summary>That it is on its way; always the same object, as it says the same in every pass.</summary>
    public RouteOutcome Pending => pending ??= Outcome(RouteState.Pending, null) with { Served = route };

    /// <summary>The record of a host that this route alone is served under; always the same object.</summary>
    public DesiredRecord Record => record ??= new(route.ZoneId, route.Key.Host, route.TunnelId) { Proxied = route.DnsProxied, Comment = route.DnsComment };

    public RouteOutcome Outcome(RouteState state, string? reason) => new(route.Key.ToString(), state, Agent, container)
    {
        Host = route.Key.Host,
        Reason = reason,
        Notes = notes,
        Service = ServiceText.Redact(route.Rule.Service),
        TunnelId = route.TunnelId,
        Source = route.Holder.Source,
    };

    /// <summary>
    /// By key; then operators first, then the smallest agent and workload and container: the same at every cold start.
    /// Total as far as two claims can be told apart.
    /// </summary>
    public static int Compare(Claim left, Claim right)
    {
        var byKey = left.Route.Key.CompareTo(right.Route.Key);
        return byKey != 0 ? byKey : CompareRivals(left, right);
    }

    public static int CompareRivals(Claim left, Claim right)
    {
        if (left.IsManual != right.IsManual)
        {
            return left.IsManual ? -1 : 1;
        }

        var byHolder = left.Agent.CompareTo(right.Agent);
        byHolder = byHolder != 0 ? byHolder : string.CompareOrdinal(left.Route.Holder.Workload, right.Route.Holder.Workload);
        byHolder = byHolder != 0 ? byHolder : string.CompareOrdinal(left.Container, right.Container);
        return byHolder != 0 || left.Route == right.Route ? byHolder : CompareTargets(left.Route, right.Route);
    }

    // One container never claims a key twice; two manual rules of one key may be written.
    private static int CompareTargets(DesiredRoute left, DesiredRoute right)
    {
        var byTarget = string.CompareOrdinal(left.Rule.Service, right.Rule.Service);
        byTarget = byTarget != 0 ? byTarget : string.CompareOrdinal(left.TunnelId, right.TunnelId);
        return byTarget != 0 ? byTarget : string.CompareOrdinal(left.ToString(), right.ToString());
    }
}
