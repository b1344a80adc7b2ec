using DockFlare.Core.Protocol;
using DockFlare.Core.Zones;

namespace DockFlare.Core.Reconciliation;

/// <summary>Builds what should be, from what containers and operators wish and from nothing else.</summary>
public static class DesiredStateBuilder
{
    /// <summary>The desired state of one host on its own.</summary>
    public static DesiredState Build(TunnelAssignment tunnel, AgentReport report, ZoneMap zones) =>
        Build(new ReconcileInput { Tunnels = [tunnel], Reports = [report], Zones = zones });

    /// <summary>The desired state of all. Equal inputs give equal answers, in whatever order they are listed.</summary>
    public static DesiredState Build(ReconcileInput input)
    {
        ArgumentNullException.ThrowIfNull(input);

        return new Pass(input).Build();
    }

    private sealed class Pass
    {
        private readonly ReconcileInput input;
        private readonly LabelReadings readings;
        private readonly HeldRoutes held;
        private readonly Tunnels tunnels;
        private readonly Presences presences = new();
        private readonly List<RouteOutcome> outcomes;
        private readonly ClaimReader reader;

        public Pass(ReconcileInput input)
        {
            this.input = input;
            readings = input.Readings ?? new();
            outcomes = new(readings.Outcomes.LastCount);
            held = new(input.Held, readings.Held);
            tunnels = new(input.Tunnels);
            reader = new(input, readings, held, tunnels, presences, outcomes);
        }

        public DesiredState Build()
        {
            reader.ReadManual();
            foreach (var report in input.Reports)
            {
                reader.ReadReport(report);
            }

            readings.KeepOnly(input.Reports);

            var claims = readings.Claims.Sort(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(reader.Claims));
            var winners = new ClaimResolver(held, Keep, outcomes).Resolve(claims);
            return Assemble(winners);
        }

        private Winner? Keep(DesiredRoute route)
        {
            var own = tunnels.Of(route.Holder.Agent);
            var authority = input.Authorities.GetValueOrDefault(route.Holder.Agent, AgentAuthority.Default);
            if (route.Holder.Source == RouteSource.Label && authority.FindFault(route.Holder.Agent, route.Key, route.Access) is { } beyond)
            {
                // Nobody claims it just now, as when its agent is away: what it was allowed when it was made does not count any more.
                outcomes.Add(new Claim(route, route.Holder.Workload, []).Outcome(RouteState.Rejected, beyond));
                return null;
            }

            if (!(tunnels.Find(route.TunnelId) is { } other && authority.MayUse(other)) && !own.Exists(tunnel => string.Equals(tunnel.TunnelId, route.TunnelId, StringComparison.Ordinal)))
            {
                // Its tunnel was made anew, or its agent was given another: the route goes along.
                if (own.Count == 0 && (tunnels.Find(route.TunnelId) is null || input.Ended.Contains(route.Key.Host)))
                {
                    return null;
                }

                route = own.Count == 0 ? route : route with { TunnelId = own[0].TunnelId };
            }

            var presence = presences.Of(route);
            return Retention.Decide(route, presence, input.Now, input.GracePeriod) is { } kept ? new(kept, null, presence) : null;
        }

        private DesiredState Assemble(List<Winner> winners)
        {
            var guards = new RouteGuards(input, winners);
            var routes = new DesiredRoute[winners.Count];
            DateTimeOffset? nextExpiry = null;
            outcomes.EnsureCapacity(outcomes.Count + winners.Count);
            for (var i = 0; i < routes.Length; i++)
            {
                var winner = winners[i];
                routes[i] = guards.Guard(winner.Route);
                outcomes.Add(winner.Claim?.Pending ?? Kept(winner));
                foreach (var sharer in winner.Sharers ?? [])
                {
                    outcomes.Add(sharer.Pending);
                }

                if (winner is { Claim: null, Presence: HolderPresence.Gone } && winner.Route.GoneSince + input.GracePeriod is var end && (nextExpiry is null || end < nextExpiry))
                {
                    nextExpiry = end;
                }
            }

            AddWaiting(winners);
            var zoneDefaults = guards.ZoneDefaults();
            return new()
            {
                Tunnels = tunnels.InOrder,
                Routes = new(routes),
                Dns = Records(routes, winners),
                Apps = guards.Apps,
                Policies = guards.Policies,
                ZoneDefaults = zoneDefaults,
                Outcomes = new(readings.Outcomes.Sort(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(outcomes))),
                Ended = input.Ended.Except(routes.Select(static route => route.Key.Host), StringComparer.Ordinal).Order(StringComparer.Ordinal).ToEquatableArray(),
                NextExpiry = nextExpiry,
            };
        }

        // A container that waits while its route is kept, or while another of its service serves it, has no word of its own.
        private void AddWaiting(List<Winner> winners)
        {
            if (reader.Waiting.Count == 0)
            {
                return;
            }

            var served = winners.Select(static winner => (winner.Route.Holder, winner.Route.Key)).ToHashSet();
            foreach (var (claim, reason) in reader.Waiting)
            {
                if (!served.Contains((claim.Route.Holder, claim.Route.Key)))
                {
                    outcomes.Add(claim.Outcome(RouteState.Pending, reason));
                }
            }
        }

        private RouteOutcome Kept(Winner winner)
        {
            var (route, holder) = (winner.Route, winner.Route.Holder);
            var outcome = new Claim(route, holder.Workload, []).Pending;
            if (winner.Presence == HolderPresence.Unknown)
            {
                var note = $"'{holder.Agent}' has not reported everything on its host, so nothing is known of {holder.Workload}; its route is kept until it does.";
                return route.GoneSince is null ? outcome with { Notes = [note] } : outcome with { State = RouteState.Grace, Reason = note };
            }

            var since = route.GoneSince!.Value;
            return outcome with
            {
                State = RouteState.Grace,
                Reason = $"{holder} is {(presences.IsWaiting(route) ? "not healthy" : "gone")} since {since.ToUniversalTime():u}; the route is kept until {(since + input.GracePeriod).ToUniversalTime():u}.",
            };
        }

        // One record for each host. What its routes do not agree on: proxied if any of them is, as a tunnel serves only proxied ones; comment and zone
        // are those of the shortest path that says something.
        private static EquatableArray<DesiredRecord> Records(DesiredRoute[] routes, List<Winner> winners)
        {
            var (records, count) = (new DesiredRecord[routes.Length], 0);
            for (var start = 0; start < routes.Length;)
            {
                var first = routes[start];
                var (isProxied, comment, zoneId) = (first.DnsProxied, first.DnsComment, first.ZoneId);
                var end = start + 1;
                for (; end < routes.Length && string.Equals(routes[end].Key.Host, first.Key.Host, StringComparison.Ordinal); end++)
                {
                    isProxied |= routes[end].DnsProxied;
                    comment = routes[end].DnsComment ?? comment;
                    zoneId = routes[end].ZoneId;
                }

                records[count++] = end == start + 1 && winners[start].Claim is { } claim
                    ? claim.Record
                    : new(zoneId, first.Key.Host, first.TunnelId) { Proxied = isProxied, Comment = comment };
                start = end;
            }

            return count == records.Length ? new(records) : new(records[..count]);
        }
    }
}
