namespace DockFlare.Core.Reconciliation;

/// <summary>
/// One host is served by one tunnel, as its one record can point to one only. An operator's rule decides; then the tunnel that serves the host
/// already; with neither the smallest (agent, workload).
/// </summary>
internal static class HostTunnel
{
    /// <summary>The one among the winners of a host whose tunnel all of them have to share; null when they do.</summary>
    /// <param name="winners">Those of one host, in the order of their keys.</param>
    /// <param name="held">The routes of the host in the last pass.</param>
    public static Winner? Find(ReadOnlySpan<Winner> winners, ReadOnlySpan<DesiredRoute> held)
    {
        Winner? first = null;
        var isShared = true;
        for (var i = 0; i < winners.Length; i++)
        {
            isShared &= Shares(winners[i].Route, winners[0].Route);
        }

        if (isShared)
        {
            return null;
        }

        foreach (var winner in winners)
        {
            first = first is { } best && Compare(best, winner, held) <= 0 ? best : winner;
        }

        return first;
    }

    public static bool Shares(DesiredRoute left, DesiredRoute right) => string.Equals(left.TunnelId, right.TunnelId, StringComparison.Ordinal);

    private static int Compare(Winner left, Winner right, ReadOnlySpan<DesiredRoute> held)
    {
        if (left.IsManual || right.IsManual)
        {
            return right.IsManual.CompareTo(left.IsManual);
        }

        var order = IsServing(right.Route, held).CompareTo(IsServing(left.Route, held));
        order = order != 0 ? order : left.Route.Holder.Agent.CompareTo(right.Route.Holder.Agent);
        order = order != 0 ? order : string.CompareOrdinal(left.Route.Holder.Workload, right.Route.Holder.Workload);
        return order != 0 ? order : left.Route.Key.CompareTo(right.Route.Key);
    }

    private static bool IsServing(DesiredRoute wished, ReadOnlySpan<DesiredRoute> held)
    {
        foreach (var route in held)
        {
            if (Shares(route, wished))
            {
                return true;
            }
        }

        return false;
    }
}
