using DockFlare.Core.Access;
using DockFlare.Core.Commands;
using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;
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

        var pass = new Pass(input);
        pass.ClaimManual();
        foreach (var report in input.Reports)
        {
            pass.ClaimReport(report);
        }

        return pass.Finish();
    }

    private sealed class Pass(ReconcileInput input)
    {
        private readonly LabelReadings readings = input.Readings ?? new();
        private readonly List<Claim> claims = [];
        private readonly List<RouteOutcome> outcomes = [];
        private readonly Dictionary<AgentId, List<TunnelAssignment>> tunnels = ByAgent(input.Tunnels);
        private readonly Dictionary<AgentId, bool> complete = [];
        private readonly HashSet<(AgentId Agent, string Workload)> present = [];
        private readonly HashSet<(AgentId Agent, string Workload)> ended = [];
        private readonly HashSet<(RouteHolder Holder, RuleKey Key)> waiting = [];
        private readonly HashSet<(RouteHolder Holder, RuleKey Key)> refused = [];
        private readonly Dictionary<RuleKey, DesiredRoute> heldByKey = ByKey(input.Held);

        public void ClaimManual()
        {
            foreach (var manual in input.Manual)
            {
                var holder = new RouteHolder(default, manual.Rule.Key.ToString(), RouteSource.Manual);
                var tunnel = Find(input.Tunnels, manual.TunnelId);
                if (tunnel is null)
                {
                    Report(RouteState.Rejected, manual.Rule, holder, "", null, $"There is no tunnel '{manual.TunnelId}'.");
                    continue;
                }

                ClaimIn(tunnel, manual.Rule, holder, "", manual.ZoneName, manual.Access, proxied: true, comment: null);
            }
        }

        public void ClaimReport(AgentReport report)
        {
            complete[report.Agent] = report.IsComplete;
            foreach (var container in report.Ended)
            {
                ended.Add((report.Agent, Workload(container)));
            }

            foreach (var container in report.Containers)
            {
                var reading = readings.Read(container, input.Labels);
                if (reading.IsLabelled)
                {
                    ClaimContainer(report.Agent, container, reading);
                }
            }
        }

        public DesiredState Finish()
        {
            var claimed = new HashSet<(RouteHolder, RuleKey)>(claims.Count);
            foreach (var claim in claims)
            {
                claimed.Add((claim.Route.Holder, claim.Route.Key));
            }

            DateTimeOffset? expiry = null;
            foreach (var route in input.Held)
            {
                if (claimed.Contains((route.Holder, route.Key)))
                {
                    continue;
                }

                var kept = tunnels.Count == 0 || Find(input.Tunnels, route.TunnelId) is null
                    ? null
                    : Retention.Decide(route, Presence(route), input.Now, input.GracePeriod);
                if (kept is null)
                {
                    heldByKey.Remove(route.Key);
                }
                else
                {
                    heldByKey[route.Key] = kept;
                    if (kept.GoneSince is { } since && since + input.GracePeriod > input.Now && (expiry is null || since + input.GracePeriod < expiry))
                    {
                        expiry = since + input.GracePeriod;
                    }
                }
            }

            var winners = ClaimResolver.Resolve(claims, heldByKey, outcomes);
            return Assemble(winners, expiry);
        }

        private DesiredState Assemble(List<(DesiredRoute Route, string Container)> winners, DateTimeOffset? expiry)
        {
            var guards = new RouteGuards(input, winners);
            var routes = new DesiredRoute[winners.Count];
            var records = new List<DesiredRecord>(winners.Count);
            for (var i = 0; i < winners.Count; i++)
            {
                var (route, container) = winners[i];
                routes[i] = route = guards.Guard(route);
                outcomes.Add(new Claim(route, container).Outcome(
                    route.GoneSince is null ? RouteState.Pending : RouteState.Grace,
                    route.GoneSince is { } since
                        ? $"{route.Holder} is gone since {since.ToUniversalTime():u}; the route is kept until {(since + input.GracePeriod).ToUniversalTime():u}."
                        : null));
                if (records.Count == 0 || !string.Equals(records[^1].Name, route.Key.Host, StringComparison.Ordinal))
                {
                    records.Add(new(route.ZoneId, route.Key.Host, route.TunnelId) { Proxied = route.DnsProxied, Comment = route.DnsComment });
                }
            }

            outcomes.Sort(CompareOutcomes);
            return new()
            {
                Tunnels = input.Tunnels.OrderBy(tunnel => tunnel.TunnelId, StringComparer.Ordinal).ToEquatableArray(),
                Routes = routes.ToEquatableArray(),
                Dns = records.ToEquatableArray(),
                Apps = guards.Apps,
                Policies = guards.Policies,
                Outcomes = outcomes.ToEquatableArray(),
                NextExpiry = expiry,
            };
        }

        private void ClaimContainer(AgentId agent, ContainerSnapshot container, LabelReading reading)
        {
            var holder = new RouteHolder(agent, Workload(container), RouteSource.Label);
            present.Add((agent, holder.Workload));
            foreach (var error in reading.Errors)
            {
                outcomes.Add(new(error.Host ?? container.Name, RouteState.Rejected, agent, container.Name) { Host = error.Host, Reason = error.Message, Label = error.Label });
            }

            foreach (var rule in reading.Rules)
            {
                ClaimRule(agent, container, holder, rule);
            }
        }

        private void ClaimRule(AgentId agent, ContainerSnapshot container, RouteHolder holder, LabelRule rule)
        {
            var ingress = new IngressRule(rule.Key, rule.Service) { Origin = rule.Origin, Priority = rule.Priority };
            if (!tunnels.TryGetValue(agent, out var own))
            {
                Report(RouteState.Pending, ingress, holder, container.Name, null, $"Agent '{agent}' has no tunnel yet: enrol it.");
                return;
            }

            var tunnel = rule.Tunnel is null ? own[0] : own.Find(candidate =>
                string.Equals(candidate.Name, rule.Tunnel, StringComparison.Ordinal) || string.Equals(candidate.TunnelId, rule.Tunnel, StringComparison.Ordinal));
            if (tunnel is null)
            {
                Report(RouteState.Rejected, ingress, holder, container.Name, rule.Tunnel,
                    $"Agent '{agent}' has no authority over a tunnel '{rule.Tunnel}'; its own is '{own[0].Name}'. Remove the tunnel label or name that one.");
                return;
            }

            if (rule.PublishWhenHealthy && container.Health != ContainerHealth.Healthy)
            {
                waiting.Add((holder, rule.Key));
                if (!heldByKey.TryGetValue(rule.Key, out var held) || held.Holder != holder)
                {
                    Report(RouteState.Pending, ingress, holder, container.Name, null, container.Health == ContainerHealth.None
                        ? $"'{container.Name}' has no health check, and publish_when=healthy waits for one. Add a HEALTHCHECK or remove the label."
                        : $"Waits for the health check of '{container.Name}'.", refuse: false);
                }

                return;
            }

            ClaimIn(tunnel, ingress, holder, container.Name, rule.ZoneName, rule.Access, rule.DnsProxied, rule.DnsComment);
        }

        private void ClaimIn(TunnelAssignment tunnel, IngressRule rule, RouteHolder holder, string container, string? zoneName, AccessWish? access, bool proxied, string? comment)
        {
            var match = input.Zones.Find(rule.Key.Host, zoneName, input.FallbackZoneId);
            var zoneId = match.Zone?.Id;
            if (zoneId is null)
            {
                if (!heldByKey.TryGetValue(rule.Key, out var held) || held.Holder != holder)
                {
                    Report(RouteState.Blocked, rule, holder, container, null, match.Message);
                    return;
                }

                // It is served already: a zone that cannot be seen just now does not end it.
                zoneId = held.ZoneId;
            }

            claims.Add(new(new(rule, tunnel.TunnelId, zoneId, holder) { Access = access, DnsProxied = proxied, DnsComment = comment }, container));
        }

        private void Report(RouteState state, IngressRule rule, RouteHolder holder, string container, string? label, string? reason, bool refuse = true)
        {
            if (refuse)
            {
                refused.Add((holder, rule.Key));
            }

            outcomes.Add(new(rule.Key.ToString(), state, holder.Agent, container) { Host = rule.Key.Host, Reason = reason, Service = rule.Service, Source = holder.Source, Label = label });
        }

        private HolderPresence Presence(DesiredRoute route)
        {
            if (route.Holder.Source == RouteSource.Manual || refused.Contains((route.Holder, route.Key)))
            {
                return HolderPresence.Renounced;
            }

            if (waiting.Contains((route.Holder, route.Key)))
            {
                return HolderPresence.Gone;
            }

            if (!complete.GetValueOrDefault(route.Holder.Agent) && !ended.Contains((route.Holder.Agent, route.Holder.Workload)))
            {
                return HolderPresence.Unknown;
            }

            return present.Contains((route.Holder.Agent, route.Holder.Workload)) ? HolderPresence.Renounced : HolderPresence.Gone;
        }

        // Replaced containers of a compose service have new names for a moment; the service is what stays.
        private static string Workload(ContainerSnapshot container) =>
            container is { ComposeProject: { } project, ComposeService: { } service } ? $"{project}/{service}" : container.Name;

        private static int CompareOutcomes(RouteOutcome left, RouteOutcome right)
        {
            var byRoute = string.CompareOrdinal(left.Route, right.Route);
            if (byRoute != 0)
            {
                return byRoute;
            }

            var byAgent = left.Agent.CompareTo(right.Agent);
            if (byAgent != 0)
            {
                return byAgent;
            }

            var byContainer = string.CompareOrdinal(left.Container, right.Container);
            if (byContainer != 0)
            {
                return byContainer;
            }

            return left.State != right.State ? left.State.CompareTo(right.State) : string.CompareOrdinal(left.Reason, right.Reason);
        }

        private static Dictionary<AgentId, List<TunnelAssignment>> ByAgent(EquatableArray<TunnelAssignment> tunnels)
        {
            var byAgent = new Dictionary<AgentId, List<TunnelAssignment>>();
            foreach (var tunnel in tunnels)
            {
                if (!byAgent.TryGetValue(tunnel.Agent, out var list))
                {
                    byAgent.Add(tunnel.Agent, list = []);
                }

                list.Add(tunnel);
            }

            foreach (var list in byAgent.Values)
            {
                list.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
            }

            return byAgent;
        }

        private static Dictionary<RuleKey, DesiredRoute> ByKey(EquatableArray<DesiredRoute> held)
        {
            var byKey = new Dictionary<RuleKey, DesiredRoute>(held.Count);
            foreach (var route in held)
            {
                byKey[route.Key] = route;
            }

            return byKey;
        }

        private static TunnelAssignment? Find(EquatableArray<TunnelAssignment> tunnels, string tunnelId)
        {
            foreach (var tunnel in tunnels)
            {
                if (string.Equals(tunnel.TunnelId, tunnelId, StringComparison.Ordinal))
                {
                    return tunnel;
                }
            }

            return null;
        }
    }
}
