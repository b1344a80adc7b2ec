using DockFlare.Core.Commands;

namespace DockFlare.Core.Reconciliation;

/// <summary>A wish for a rule key, complete enough to be served.</summary>
/// <param name="Route">What would be served.</param>
/// <param name="Container">The container it comes from; empty for an operator's rule.</param>
internal sealed record Claim(DesiredRoute Route, string Container)
{
    public AgentId Agent => Route.Holder.Agent;

    public bool IsManual => Route.Holder.Source == RouteSource.Manual;

    /// <summary>Operators first, then the smallest agent and workload and container: the same at every cold start.</summary>
    public static int Compare(Claim left, Claim right)
    {
        if (left.IsManual != right.IsManual)
        {
            return left.IsManual ? -1 : 1;
        }

        var byAgent = left.Agent.CompareTo(right.Agent);
        if (byAgent != 0)
        {
            return byAgent;
        }

        var byWorkload = string.CompareOrdinal(left.Route.Holder.Workload, right.Route.Holder.Workload);
        return byWorkload != 0 ? byWorkload : string.CompareOrdinal(left.Container, right.Container);
    }

    public RouteOutcome Outcome(RouteState state, string? reason) => new(Route.Key.ToString(), state, Agent, Container)
    {
        Host = Route.Key.Host,
        Reason = reason,
        Service = Route.Rule.Service,
        TunnelId = Route.TunnelId,
        Source = Route.Holder.Source,
    };
}
