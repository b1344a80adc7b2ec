using System.Runtime.InteropServices;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Reconciliation;

/// <summary>A route that is to be served, and who wishes it.</summary>
/// <param name="Route">The route.</param>
/// <param name="Claim">The claim that holds it; null while a route is kept that nobody claims.</param>
/// <param name="Presence">What is known of the holder of a route that nobody claims.</param>
internal readonly record struct Winner(DesiredRoute Route, Claim? Claim, HolderPresence Presence = default)
{
    /// <summary>Claims of the same compose service that ask for the very same rule.</summary>
    public List<Claim>? Sharers { get; init; }

    public bool IsManual => Route.Holder.Source == RouteSource.Manual;
}

/// <summary>
/// Decides who serves each key. An operator's rule wins; then whoever holds the key keeps it, also through its grace period;
/// with no holder the smallest (agent, workload) wins. Never by the order of events. All keys of a host are served through one tunnel.
/// </summary>
/// <param name="held">The routes of the last pass.</param>
/// <param name="keep">What becomes of a held route that its holder does not claim: the route as it is kept and why, or null.</param>
/// <param name="outcomes">Receives what became of claims that lost.</param>
internal sealed class ClaimResolver(HeldRoutes held, Func<DesiredRoute, Winner?> keep, List<RouteOutcome> outcomes)
{
    private readonly List<Winner> winners = [];

    /// <summary>Answers the winners in the order of their keys.</summary>
    /// <param name="claims">All claims, ordered by <see cref="Claim.Compare"/>.</param>
    public List<Winner> Resolve(ReadOnlySpan<Claim> claims)
    {
        winners.EnsureCapacity(claims.Length);
        var holding = held.InOrder;
        while (!claims.IsEmpty || !holding.IsEmpty)
        {
            var isHeldFirst = claims.IsEmpty || (!holding.IsEmpty && holding[0].Key.CompareTo(claims[0].Route.Key) < 0);
            var host = (isHeldFirst ? holding[0] : claims[0].Route).Key.Host;
            var (claimed, kept) = (0, 0);
            while (claimed < claims.Length && string.Equals(claims[claimed].Route.Key.Host, host, StringComparison.Ordinal))
            {
                claimed++;
            }

            while (kept < holding.Length && string.Equals(holding[kept].Key.Host, host, StringComparison.Ordinal))
            {
                kept++;
            }

            ResolveHost(claims[..claimed], holding[..kept]);
            claims = claims[claimed..];
            holding = holding[kept..];
        }

        return winners;
    }

    private void ResolveHost(ReadOnlySpan<Claim> claims, ReadOnlySpan<DesiredRoute> holding)
    {
        var (firstWinner, firstOutcome) = (winners.Count, outcomes.Count);
        ResolveKeys(claims, holding, keep);
        if (HostTunnel.Find(CollectionsMarshal.AsSpan(winners)[firstWinner..], holding) is not { } first)
        {
            return;
        }

        // A key may have gone to somebody of another tunnel: each is decided again, among those of this tunnel alone.
        var lost = winners[firstWinner..].FindAll(winner => winner.Claim is null && !HostTunnel.Shares(winner.Route, first.Route));
        winners.RemoveRange(firstWinner, winners.Count - firstWinner);
        outcomes.RemoveRange(firstOutcome, outcomes.Count - firstOutcome);
        var all = claims.ToArray();
        foreach (var route in lost.ConvertAll(static winner => winner.Route))
        {
            outcomes.Add(new Claim(route, route.Holder.Workload, []).Outcome(RouteState.Conflict, $"{route.Holder}, which is gone or silent, does not keep this route: '{route.Key.Host}' is served through another tunnel now, by {first.Route.Holder}. A host has one record and so one tunnel."));
        }

        foreach (var claim in Array.FindAll(all, claim => !HostTunnel.Shares(claim.Route, first.Route)))
        {
            outcomes.Add(claim.Outcome(RouteState.Conflict, $"'{claim.Route.Key.Host}' is served through another tunnel, by {first.Route.Holder}. A host has one record and so one tunnel: use another hostname here."));
        }

        ResolveKeys(
            Array.FindAll(all, claim => HostTunnel.Shares(claim.Route, first.Route)),
            holding,
            route => !Array.Exists(all, claim => claim.Route.Key == route.Key && route.Holder.IsHeldBy(claim.Route.Holder))
                && keep(route) is { } kept && HostTunnel.Shares(kept.Route, first.Route) ? kept : null);
    }

    private void ResolveKeys(ReadOnlySpan<Claim> claims, ReadOnlySpan<DesiredRoute> holding, Func<DesiredRoute, Winner?> keep)
    {
        for (var start = 0; start < claims.Length;)
        {
            var key = claims[start].Route.Key;
            var end = start + 1;
            while (end < claims.Length && claims[end].Route.Key == key)
            {
                end++;
            }

            var order = 1;
            while (!holding.IsEmpty && (order = holding[0].Key.CompareTo(key)) < 0)
            {
                KeepUnclaimed(holding[0], keep);
                holding = holding[1..];
            }

            var isHeld = !holding.IsEmpty && order == 0;
            ResolveKey(claims[start..end], isHeld ? holding[0] : null, keep);
            holding = isHeld ? holding[1..] : holding;
            start = end;
        }

        foreach (var route in holding)
        {
            KeepUnclaimed(route, keep);
        }
    }

    private void KeepUnclaimed(DesiredRoute route, Func<DesiredRoute, Winner?> keep)
    {
        if (keep(route) is { } kept)
        {
            winners.Add(kept);
        }
    }

    private void ResolveKey(ReadOnlySpan<Claim> rivals, DesiredRoute? holding, Func<DesiredRoute, Winner?> keep)
    {
        var winner = rivals[0].IsManual || holding is null ? 0 : IndexOfHolder(rivals, holding);
        if (winner < 0 && keep(holding!) is { } kept)
        {
            winners.Add(kept);
            foreach (var rival in rivals)
            {
                outcomes.Add(rival.Outcome(RouteState.Conflict, kept.Presence == HolderPresence.Unknown
                    ? $"'{rival.Route.Key}' is held by {kept.Route.Holder}, whose host has not reported. It is taken over when that host reports that it is gone and its grace period ends; use another hostname or path to be served before."
                    : $"'{rival.Route.Key}' is held by {kept.Route.Holder}, which is gone. It is taken over when the grace period ends; nothing need be done."));
            }

            return;
        }

        var won = rivals[Math.Max(winner, 0)];
        List<Claim>? sharers = null;
        foreach (var rival in rivals)
        {
            if (ReferenceEquals(rival, won))
            {
                continue;
            }

            if (SharesRule(won, rival))
            {
                (sharers ??= []).Add(rival);
            }
            else
            {
                outcomes.Add(rival.Outcome(RouteState.Conflict, Reason(won, rival)));
            }
        }

        winners.Add(new(won.Route, won) { Sharers = sharers });
    }

    // Of several containers of the holding service the one that says what is served already: it does not change while they are replaced one by one.
    private static int IndexOfHolder(ReadOnlySpan<Claim> rivals, DesiredRoute holding)
    {
        var first = -1;
        for (var i = 0; i < rivals.Length; i++)
        {
            if (!holding.Holder.IsHeldBy(rivals[i].Route.Holder))
            {
                continue;
            }

            if (rivals.Length == 1 || (rivals[i].Route.Rule == holding.Rule && rivals[i].Route.Access == holding.Access))
            {
                return i;
            }

            first = first < 0 ? i : first;
        }

        return first;
    }

    private static bool SharesRule(Claim won, Claim other) =>
        won.Route.Holder == other.Route.Holder && won.Route.Rule == other.Route.Rule && won.Route.Access == other.Route.Access && string.Equals(won.Route.TunnelId, other.Route.TunnelId, StringComparison.Ordinal);

    private static string Reason(Claim won, Claim rival) => won.Route.Holder == rival.Route.Holder && !won.IsManual
        ? won.Route.Rule == rival.Route.Rule && won.Route.Access != rival.Route.Access
            ? $"'{rival.Route.Key}' is served by '{won.Container}' of the same service, whose access labels say something else. Give all containers of the service the same labels."
            : $"'{rival.Route.Key}' is served by '{won.Container}' of the same service, with another target ({Labels.ServiceText.Redact(won.Route.Rule.Service)}). Give all containers of the service the same labels and one target, such as service=http://<compose service>:<port>."
        : $"'{rival.Route.Key}' is held by {won.Route.Holder}. Use another hostname or path, or {(won.IsManual ? "remove that rule" : "stop one of the two")}.";
}
