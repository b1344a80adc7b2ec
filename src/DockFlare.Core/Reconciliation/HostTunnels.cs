namespace DockFlare.Core.Reconciliation;

/// <summary>
/// One host is served by one tunnel, as its one record can point to one only. An operator's rule decides; then the tunnel that serves the host
/// already; with neither the smallest (agent, workload).
/// </summary>
internal static class HostTunnels
{
    /// <summary>Answers the winners without those whose host is served through another tunnel; these go to <paramref name="outcomes"/> as conflicts.</summary>
    /// <param name="winners">In the order of their keys.</param>
    /// <param name="held">The routes of the last pass.</param>
    /// <param name="outcomes">Receives what became of those that lost.</param>
    public static List<Winner> Settle(List<Winner> winners, HeldRoutes held, List<RouteOutcome> outcomes)
    {
        List<Winner>? kept = null;
        for (var start = 0; start < winners.Count;)
        {
            var end = start + 1;
            var isOneTunnel = true;
            while (end < winners.Count && string.Equals(winners[end].Route.Key.Host, winners[start].Route.Key.Host, StringComparison.Ordinal))
            {
                isOneTunnel &= string.Equals(winners[end].Route.TunnelId, winners[start].Route.TunnelId, StringComparison.Ordinal);
                end++;
            }

            if (!isOneTunnel)
            {
                kept ??= winners.GetRange(0, start);
                SettleHost(winners.GetRange(start, end - start), held, kept, outcomes);
            }
            else
            {
                kept?.AddRange(winners.GetRange(start, end - start));
            }

            start = end;
        }

        return kept ?? winners;
    }

    private static void SettleHost(List<Winner> rivals, HeldRoutes held, List<Winner> kept, List<RouteOutcome> outcomes)
    {
        var first = First(rivals, held);
        foreach (var rival in rivals)
        {
            if (string.Equals(rival.Route.TunnelId, first.Route.TunnelId, StringComparison.Ordinal))
            {
                kept.Add(rival);
                continue;
            }

            var reason = $"'{rival.Route.Key.Host}' is served through another tunnel, by {first.Route.Holder}. A host has one record and so one tunnel: use another hostname here.";
            foreach (var claim in (rival.Sharers ?? []).Prepend(rival.Claim ?? new Claim(rival.Route, rival.Route.Holder.Workload, [])))
            {
                outcomes.Add(claim.Outcome(RouteState.Conflict, reason));
            }
        }
    }

    private static Winner First(List<Winner> rivals, HeldRoutes held)
    {
        var manual = rivals.Find(static rival => rival.IsManual);
        if (manual.Route is not null)
        {
            return manual;
        }

        var served = rivals.FindAll(rival => held.ServesHost(rival.Route));
        return (served.Count > 0 ? served : rivals).MinBy(static rival => rival, Comparer<Winner>.Create(CompareHolders));
    }

    private static int CompareHolders(Winner left, Winner right)
    {
        var order = left.Route.Holder.Agent.CompareTo(right.Route.Holder.Agent);
        order = order != 0 ? order : string.CompareOrdinal(left.Route.Holder.Workload, right.Route.Holder.Workload);
        return order != 0 ? order : left.Route.Key.CompareTo(right.Route.Key);
    }
}
