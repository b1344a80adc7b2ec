namespace DockFlare.Core.Reconciliation;

/// <summary>The order outcomes are listed in: by route, agent and container.</summary>
internal static class OutcomeOrder
{
    public static int Compare(RouteOutcome left, RouteOutcome right)
    {
        var order = string.CompareOrdinal(left.Route, right.Route);
        order = order != 0 ? order : left.Agent.CompareTo(right.Agent);
        order = order != 0 ? order : string.CompareOrdinal(left.Container, right.Container);
        order = order != 0 ? order : left.State.CompareTo(right.State);
        order = order != 0 ? order : string.CompareOrdinal(left.Label, right.Label);
        order = order != 0 ? order : string.CompareOrdinal(left.Service, right.Service);
        return order != 0 ? order : string.CompareOrdinal(left.Reason, right.Reason);
    }
}
