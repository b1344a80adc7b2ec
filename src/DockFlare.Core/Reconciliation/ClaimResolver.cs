using System.Runtime.InteropServices;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Reconciliation;

/// <summary>
/// Decides who serves each key. An operator's rule wins; then whoever holds the key keeps it, also through its grace period;
/// with no holder the smallest (agent, workload) wins. Never by the order of events.
/// One host is served by one tunnel, as its one record can point to one only.
/// </summary>
internal static class ClaimResolver
{
    /// <summary>Answers the winners by key; losers go to <paramref name="outcomes"/> as conflicts.</summary>
    /// <param name="claims">All claims, in any order.</param>
    /// <param name="held">The routes of the last pass that are still to be kept, by key.</param>
    /// <param name="outcomes">Receives what became of those that lost.</param>
    public static List<(DesiredRoute Route, string Container)> Resolve(
        List<Claim> claims, Dictionary<RuleKey, DesiredRoute> held, List<RouteOutcome> outcomes)
    {
        claims.Sort(static (left, right) => left.Route.Key.CompareTo(right.Route.Key) is not 0 and var byKey ? byKey : Claim.Compare(left, right));

        var winners = new List<(DesiredRoute Route, string Container)>(claims.Count);
        var span = CollectionsMarshal.AsSpan(claims);
        for (var start = 0; start < span.Length;)
        {
            var end = start + 1;
            while (end < span.Length && span[end].Route.Key == span[start].Route.Key)
            {
                end++;
            }

            ResolveKey(span[start..end], held, winners, outcomes);
            start = end;
        }

        // What nobody claims any more but is still kept.
        foreach (var route in held.Values)
        {
            winners.Add((route, ""));
        }

        held.Clear();
        winners.Sort(static (left, right) => left.Route.Key.CompareTo(right.Route.Key));
        return OneTunnelPerHost(winners, outcomes);
    }

    private static void ResolveKey(
        ReadOnlySpan<Claim> rivals, Dictionary<RuleKey, DesiredRoute> held,
        List<(DesiredRoute Route, string Container)> winners, List<RouteOutcome> outcomes)
    {
        var key = rivals[0].Route.Key;
        held.Remove(key, out var holding);

        var winner = rivals[0].IsManual || holding is null ? 0 : IndexOfHolder(rivals, holding.Holder);
        if (winner < 0)
        {
            // The holder is gone and in its grace period: newcomers wait for its end.
            winners.Add((holding!, ""));
            foreach (var rival in rivals)
            {
                outcomes.Add(rival.Outcome(RouteState.Conflict, $"'{key}' is held by {holding!.Holder}; it is taken over when that one's grace period ends."));
            }

            return;
        }

        var won = rivals[winner];
        winners.Add((won.Route, won.Container));
        for (var i = 0; i < rivals.Length; i++)
        {
            if (i != winner && !SharesRule(won, rivals[i]))
            {
                outcomes.Add(rivals[i].Outcome(RouteState.Conflict, $"'{key}' is held by {won.Route.Holder}. Use another hostname or path, or stop one of the two."));
            }
        }
    }

    private static int IndexOfHolder(ReadOnlySpan<Claim> rivals, RouteHolder holder)
    {
        for (var i = 0; i < rivals.Length; i++)
        {
            if (rivals[i].Route.Holder == holder)
            {
                return i;
            }
        }

        return -1;
    }

    // Containers of one compose service with the same target share the rule.
    private static bool SharesRule(Claim won, Claim other) =>
        won.Route.Holder == other.Route.Holder && won.Route.Rule == other.Route.Rule && won.Route.Access == other.Route.Access;

    private static List<(DesiredRoute Route, string Container)> OneTunnelPerHost(
        List<(DesiredRoute Route, string Container)> winners, List<RouteOutcome> outcomes)
    {
        List<(DesiredRoute Route, string Container)>? kept = null;
        for (var start = 0; start < winners.Count;)
        {
            var end = start + 1;
            while (end < winners.Count && string.Equals(winners[end].Route.Key.Host, winners[start].Route.Key.Host, StringComparison.Ordinal))
            {
                end++;
            }

            var rivals = winners.GetRange(start, end - start);
            if (rivals.TrueForAll(rival => string.Equals(rival.Route.TunnelId, rivals[0].Route.TunnelId, StringComparison.Ordinal)))
            {
                kept?.AddRange(rivals);
            }
            else
            {
                kept ??= winners.GetRange(0, start);
                var first = rivals.Find(static rival => rival.Route.Holder.Source == RouteSource.Manual) is { Route: not null } manual ? manual : rivals[0];
                foreach (var rival in rivals)
                {
                    if (string.Equals(rival.Route.TunnelId, first.Route.TunnelId, StringComparison.Ordinal))
                    {
                        kept.Add(rival);
                    }
                    else
                    {
                        outcomes.Add(new Claim(rival.Route, rival.Container).Outcome(
                            RouteState.Conflict,
                            $"'{rival.Route.Key.Host}' is served through another tunnel, by {first.Route.Holder}. A host has one record and so one tunnel: use another hostname here."));
                    }
                }
            }

            start = end;
        }

        return kept ?? winners;
    }
}
