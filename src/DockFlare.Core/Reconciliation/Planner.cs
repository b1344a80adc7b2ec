using System.Globalization;
using DockFlare.Core.Commands;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Reconciliation;

/// <summary>Compares what should be with what is. Equal inputs give equal plans; a plan that was applied leaves nothing to plan.</summary>
public static class Planner
{
    /// <summary>The plan from <paramref name="observed"/> to <paramref name="desired"/>.</summary>
    /// <param name="desired">What should be.</param>
    /// <param name="observed">What is.</param>
    /// <param name="policy">What the plan may do by itself; default everything with the brake.</param>
    /// <param name="owner">This installation's mark, as records carry it.</param>
    public static Plan Compute(DesiredState desired, ObservedState observed, PlanPolicy? policy = null, string owner = "")
    {
        ArgumentNullException.ThrowIfNull(desired);
        ArgumentNullException.ThrowIfNull(observed);

        policy ??= PlanPolicy.Default;
        (observed, var releases) = Releases.Of(desired, observed, policy.Released);
        var pass = new Pass(desired, observed, policy, owner, new(policy), releases);
        pass.Provision();
        pass.Adopt();
        pass.Routes();
        pass.Records();
        pass.Rules();
        pass.Guards();
        pass.Commands();
        return pass.Finish();
    }

    private sealed class Pass(DesiredState desired, ObservedState observed, PlanPolicy policy, string owner, Adoptions adoptions, List<Change> changes)
    {
        private readonly List<HeldChange> held = [];
        private readonly List<BlockedRoute> blocked = [];
        private readonly HostTable hosts = new(desired, observed);
        private readonly Dictionary<string, string> unreadTunnels = ById(observed.UnreadTunnels);
        private readonly List<(TunnelAssignment Tunnel, TunnelPlan Plan)> tunnels = [];
        private readonly HashSet<string> heldRecords = new(StringComparer.Ordinal);
        private readonly Dictionary<string, HashSet<RuleIdentity>> ownedRules = new(StringComparer.Ordinal);
        private readonly AccessPlanner access = new(desired, observed, owner, adoptions);
        private HashSet<string>? refusedHosts;

        public void Provision()
        {
            foreach (var tunnel in desired.Tunnels.Where(static tunnel => tunnel.IsPlanned).DistinctBy(static tunnel => tunnel.TunnelId))
            {
                var taken = observed.TakenTunnels.FirstOrDefault(taken => string.Equals(taken.Name, tunnel.Name, StringComparison.Ordinal));
                changes.Add(taken is not null && new Change.AdoptTunnel(tunnel, taken.TunnelId) is var adoption && adoptions.IsAgreed(adoption) ? adoption : new Change.CreateTunnel(tunnel));
            }
        }

        /// <summary>
        /// Finds the records in the way that may be taken over. An A or AAAA record is somebody's own server: only its owner can say that it is to go.
        /// </summary>
        public void Adopt()
        {
            foreach (ref var host in hosts.All)
            {
                if (host is { Foreign: { Type: "CNAME" } foreign, Ours: null } && !TunnelAssignment.IsPlannedId(host.Record.TunnelId) && adoptions.IsAgreed(new Change.AdoptDns(foreign, host.Record)))
                {
                    (host.Adopted, host.Foreign) = (foreign, null);
                }
            }
        }

        /// <summary>Finds which routes their tunnel can carry.</summary>
        public void Routes()
        {
            var documents = new Dictionary<string, ObservedTunnel>(StringComparer.Ordinal);
            foreach (var tunnel in observed.Tunnels)
            {
                documents.TryAdd(tunnel.TunnelId, tunnel);
            }

            var rules = RulesByTunnel(documents);
            foreach (var tunnel in desired.Tunnels.DistinctBy(static tunnel => tunnel.TunnelId))
            {
                var wanted = rules.GetValueOrDefault(tunnel.TunnelId) ?? [];
                if (unreadTunnels.TryGetValue(tunnel.TunnelId, out var unread))
                {
                    Wait(tunnel, wanted, unread);
                    continue;
                }

                var there = documents.GetValueOrDefault(tunnel.TunnelId) ?? new(tunnel.TunnelId, IngressDocument.Empty, 0);
                var plan = new TunnelPlan(tunnel, there, wanted, []);
                if (!plan.Taken.IsEmpty && AdoptRules(tunnel, there, wanted, plan.Taken) is { Count: > 0 } adopted)
                {
                    plan = new(tunnel, there with { Owned = [.. there.Owned, .. adopted] }, wanted, adopted);
                }

                tunnels.Add((tunnel, plan));
                MarkServed(tunnel, plan, wanted);
            }
        }

        /// <summary>Plans the records of the hosts that are served, and the end of the others.</summary>
        public void Records()
        {
            var leaving = new List<ObservedRecord>();
            foreach (ref readonly var host in hosts.All)
            {
                if (host is { IsServed: false, Waits: false, Ours: { } ours } && !hosts.IsUnread(ours.ZoneId))
                {
                    leaving.Add(ours);
                }
                else if (host.IsServed && !unreadTunnels.ContainsKey(host.Record.TunnelId) && !hosts.IsUnread(host.Record.ZoneId))
                {
                    Publish(host.Record, host.Ours, host.Adopted);
                }
            }

            foreach (var record in hosts.Unwanted)
            {
                var at = hosts.IndexOf(record.Name);
                if (at < 0)
                {
                    leaving.Add(record);
                }
                else if (IsSettled(hosts.All[at]))
                {
                    // The host's record belongs in another zone now: the old one goes when the new one is there.
                    AddDeletion(new(record) { AfterMove = true }, Brake.OnDeletions(policy with { DeletionsConfirmed = true }, 1, hosts.Owned, "records"));
                }
            }

            var ordinary = leaving.Count(record => !IsRefused(record.Name));
            var reason = Brake.OnDeletions(policy, ordinary, hosts.Owned, "records");
            foreach (var record in leaving)
            {
                AddDeletion(new(record), IsRefused(record.Name) ? null : reason);
            }
        }

        /// <summary>Plans the writes of the tunnels' documents.</summary>
        public void Rules()
        {
            foreach (var (tunnel, plan) in tunnels)
            {
                plan.Write(identity => EndOf(tunnel, identity.Hostname), policy, changes, held);
            }
        }

        /// <summary>Plans what is made and changed in Access, and what nothing needs any more.</summary>
        public void Guards()
        {
            changes.AddRange(access.Changes);
            blocked.AddRange(access.BlockedDefaults);
            var (apps, policies) = access.Unguard(changes);
            var ended = apps.FindAll(app => desired.Ended.Contains(app.Subject.Split('/')[0]));
            changes.AddRange(ended);
            Release([.. apps.Except(ended)], access.OwnedApps, "Access applications");
            Release(policies, access.OwnedPolicies, "Access policies");
        }

        /// <summary>Plans the commands of agents whose connector does not run what it should.</summary>
        public void Commands()
        {
            var agents = new Dictionary<AgentId, ObservedAgent>();
            foreach (var agent in observed.Agents)
            {
                agents.TryAdd(agent.Agent, agent);
            }

            foreach (var tunnel in desired.Tunnels)
            {
                if (tunnel.IsPlanned || tunnel.IsExternal || tunnel.Agent == default)
                {
                    continue;
                }

                var agent = agents.GetValueOrDefault(tunnel.Agent);
                if (agent is not null && agent.TunnelGeneration >= tunnel.Generation
                    && (agent.TunnelId is null || string.Equals(agent.TunnelId, tunnel.TunnelId, StringComparison.Ordinal)))
                {
                    continue;
                }

                var id = new CommandId(string.Create(CultureInfo.InvariantCulture, $"ensure-{tunnel.TunnelId}-{tunnel.Generation}"));
                if (agent is null || !agent.Commands.Any(command => command.Id == id))
                {
                    changes.Add(new Change.DispatchCommand(tunnel.Agent, new AgentCommand.EnsureTunnel(id, tunnel.TunnelId, tunnel.Name, tunnel.Generation)));
                }
            }
        }

        public Plan Finish() => new()
        {
            Changes = ChangeOrder.Sort(changes, static change => change),
            Held = ChangeOrder.Sort([.. held, .. adoptions.Held], static change => change.Change),
            Blocked = blocked.OrderBy(static route => route.Key).ToEquatableArray(),
        };

        private Dictionary<string, List<IngressRule>> RulesByTunnel(Dictionary<string, ObservedTunnel> documents)
        {
            var unreadZones = ById(observed.UnreadZones);
            var rules = new Dictionary<string, List<IngressRule>>(StringComparer.Ordinal);
            var refused = observed.RefusedRules.ToDictionary(static rule => (rule.TunnelId, rule.Rule), static rule => rule.Reason);
            foreach (var route in desired.Routes)
            {
                var at = hosts.IndexOf(route.Key.Host);
                if (at >= 0 && hosts.All[at].Foreign is { } foreign)
                {
                    // A name that a record of somebody else holds is never routed: its visitors are not ours.
                    blocked.Add(new(route.Key, ForeignReason(hosts.All[at].Record, foreign)));
                    continue;
                }

                if (access.FindBlock(route.Key) is { } unguarded)
                {
                    blocked.Add(new(route.Key, unguarded));
                    continue;
                }

                if (unreadZones.Count > 0 && at >= 0 && unreadZones.TryGetValue(hosts.All[at].Record.ZoneId, out var unread))
                {
                    hosts.All[at].Waits = true;
                    var isHere = IsOwned(documents.GetValueOrDefault(route.TunnelId), route.Key);
                    var isServed = isHere || observed.Tunnels.Any(tunnel => IsOwned(tunnel, route.Key));
                    blocked.Add(new(route.Key, $"The DNS records of the zone of '{route.Key.Host}' could not be read, so the route {(isServed ? "stays as it is" : "waits")}. {unread}") { IsServed = isServed });
                    if (!isHere)
                    {
                        continue;
                    }
                }

                if (!rules.TryGetValue(route.TunnelId, out var list))
                {
                    rules.Add(route.TunnelId, list = []);
                }

                var wanted = access.RuleFor(route);
                if (refused.Count > 0 && refused.TryGetValue((route.TunnelId, wanted), out var reason))
                {
                    // One that is served in another form stays as it is.
                    wanted = FindOwned(documents.GetValueOrDefault(route.TunnelId), route);
                    blocked.Add(new(route.Key, $"Cloudflare does not take the rule of '{route.Key}', so {(wanted is null ? "it is not served" : "it is served as before")}. {reason}") { IsServed = wanted is not null });
                }

                if (wanted is not null)
                {
                    list.Add(wanted);
                }
            }

            return rules;
        }

        private void Release(List<Change> deletions, int owned, string what)
        {
            if (Brake.OnDeletions(policy, deletions.Count, owned, what) is { } reason)
            {
                held.AddRange(deletions.Select(deletion => new HeldChange(deletion, reason)));
            }
            else
            {
                changes.AddRange(deletions);
            }
        }

        private void Wait(TunnelAssignment tunnel, List<IngressRule> wanted, string unread)
        {
            foreach (var rule in wanted)
            {
                var at = hosts.IndexOf(rule.Key.Host);
                var isServed = at >= 0 && hosts.All[at].Ours is not null;
                blocked.Add(new(rule.Key, $"The configuration of tunnel '{tunnel.Name}' could not be read, so the route {(isServed ? "stays as it is" : "waits")}. {unread}") { IsServed = isServed });
                if (at >= 0)
                {
                    hosts.All[at].Waits = true;
                }
            }
        }

        private void MarkServed(TunnelAssignment tunnel, TunnelPlan plan, List<IngressRule> wanted)
        {
            var taken = plan.Taken.IsEmpty ? null : plan.Taken.ToHashSet();
            foreach (var rule in wanted)
            {
                var at = hosts.IndexOf(rule.Key.Host);
                var isTaken = taken is not null && taken.Contains(rule.Key);
                if (isTaken)
                {
                    blocked.Add(new(rule.Key, $"Tunnel '{tunnel.Name}' already has a rule for '{rule.Key}' that DockFlare did not create; it is left as it is, and the rule to {Labels.ServiceText.Redact(rule.Service)} is not written. Remove it or adopt it, or use another hostname or path."));
                }

                if (at >= 0)
                {
                    ref var host = ref hosts.All[at];
                    host.IsServed |= !isTaken;
                    // A host that cannot move to its new tunnel stays at the one it has, and one that a rule of somebody serves stays served.
                    host.Waits |= isTaken && host.Ours is not null;
                }
            }
        }

        private HashSet<RuleIdentity> AdoptRules(TunnelAssignment tunnel, ObservedTunnel there, List<IngressRule> wanted, EquatableArray<RuleKey> taken)
        {
            var adopted = new HashSet<RuleIdentity>();
            var rules = wanted.DistinctBy(static rule => rule.Key).ToDictionary(static rule => rule.Key);
            foreach (var key in taken)
            {
                var identity = RuleIdentity.Of(key);
                if (there.Document.Positions.TryGetValue(identity, out var at) && !there.Document.Entries[at].IsCatchAll
                    && new Change.AdoptRule(tunnel, rules[key], there.Document.Entries[at]) is var adoption && adoptions.IsAgreed(adoption))
                {
                    changes.Add(adoption);
                    adopted.Add(identity);
                }
            }

            return adopted;
        }

        private void Publish(DesiredRecord want, ObservedRecord? have, ObservedRecord? adopted)
        {
            if (adopted is not null)
            {
                changes.Add(new Change.AdoptDns(adopted, want));
            }
            else if (have is null)
            {
                changes.Add(new Change.CreateDns(want));
            }
            else if (!want.SaysTheSameAs(have, owner))
            {
                var update = new Change.UpdateDns(have, want);
                if (Brake.OnUpdates(policy) is { } reason)
                {
                    held.Add(new(update, reason));
                }
                else
                {
                    changes.Add(update);
                }
            }
        }

        private void AddDeletion(Change.DeleteDns deletion, string? reason)
        {
            if (reason is null)
            {
                changes.Add(deletion);
            }
            else
            {
                if (!deletion.AfterMove)
                {
                    heldRecords.Add(deletion.Subject);
                }

                held.Add(new(deletion, reason));
            }
        }

        private RuleEnd EndOf(TunnelAssignment tunnel, string hostname)
        {
            var at = hosts.IndexOf(hostname);
            if (at >= 0 && !string.Equals(hosts.All[at].Record.TunnelId, tunnel.TunnelId, StringComparison.Ordinal) && hosts.All[at].Foreign is null)
            {
                return IsSettled(hosts.All[at]) ? RuleEnd.MovesAway : RuleEnd.Stays;
            }

            // A record that stays keeps its rule: a host is never published without being routed.
            return IsRefused(hostname) ? RuleEnd.Closes : heldRecords.Contains(hostname) ? RuleEnd.Stays : RuleEnd.Goes;
        }

        // Whether, with this plan applied, the host is served where it should be.
        private bool IsSettled(in HostTable.Host host) =>
            host is { IsServed: true, Waits: false } && !hosts.IsUnread(host.Record.ZoneId)
            && (policy.Mode != PlanMode.CreateOnly || host.Ours is null || host.PointsTo(host.Record.TunnelId));

        // What is refused while it is served must go whatever the policy says: it closes an exposure. So must what an operator ended.
        private bool IsRefused(string host)
        {
            refusedHosts ??= desired.Outcomes
                .Where(static outcome => outcome.State is RouteState.Blocked or RouteState.Rejected)
                .Select(static outcome => outcome.Host)
                .OfType<string>()
                .Concat(desired.Ended)
                .ToHashSet(StringComparer.Ordinal);
            return refusedHosts.Contains(host) || access.Closed.Contains(host);
        }

        private string ForeignReason(DesiredRecord want, ObservedRecord foreign)
        {
            if (DnsNames.IsMarked(foreign.Comment, owner))
            {
                return $"The record of '{want.Name}' was made here and has been repointed to {foreign.Content} since; it is left as it is. Delete it, adopt it, or set it back to {want.Content}.";
            }

            var maker = DnsNames.FindOwner(foreign.Comment) is { } other ? $"another installation of DockFlare made ('{other}')" : "DockFlare did not create";
            var remedy = foreign.Type == "CNAME" ? "Delete it or adopt it" : "Delete it";
            return $"'{want.Name}' already has {Article(foreign.Type)} record to {foreign.Content} that {maker}; it is left as it is. {remedy}, or use another hostname than the one that is to point to {want.Content}.";
        }

        private bool IsOwned(ObservedTunnel? tunnel, RuleKey key)
        {
            if (tunnel is null)
            {
                return false;
            }

            if (!ownedRules.TryGetValue(tunnel.TunnelId, out var owned))
            {
                ownedRules.Add(tunnel.TunnelId, owned = [.. tunnel.Owned]);
            }

            return owned.Contains(RuleIdentity.Of(key));
        }

        private IngressRule? FindOwned(ObservedTunnel? tunnel, DesiredRoute route) =>
            IsOwned(tunnel, route.Key) && tunnel!.Document.Positions.TryGetValue(RuleIdentity.Of(route.Key), out var at)
                ? route.Rule with { Service = tunnel.Document.Entries[at].Service, Origin = tunnel.Document.Entries[at].Origin }
                : null;

        private static Dictionary<string, string> ById(EquatableArray<UnreadObject> unread)
        {
            var byId = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var thing in unread)
            {
                byId[thing.Id] = thing.Reason;
            }

            return byId;
        }

        private static string Article(string type) => type.StartsWith('A') ? "an " + type : "a " + type;
    }
}
