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

        var pass = new Pass(desired, observed, policy ?? PlanPolicy.Default, owner);
        pass.Tunnels();
        pass.Ingress(pass.BlockForeignHosts());
        pass.Dns();
        pass.Unguard();
        pass.Commands();
        return pass.Finish();
    }

    private sealed class Pass(DesiredState desired, ObservedState observed, PlanPolicy policy, string owner)
    {
        private readonly List<Change> changes = [];
        private readonly List<HeldChange> held = [];
        private readonly SortedDictionary<RuleKey, string> blocked = [];
        private readonly HashSet<string> servedHosts = new(StringComparer.Ordinal);
        private readonly Dictionary<string, string> unreadZones = ById(observed.UnreadZones);
        private readonly Dictionary<string, string> unreadTunnels = ById(observed.UnreadTunnels);
        private readonly Dictionary<(string Zone, string Name), List<ObservedRecord>> records = ByName(observed.Dns);
        private readonly Dictionary<string, HashSet<RuleIdentity>> ownedRules = new(StringComparer.Ordinal);
        private readonly AccessPlanner access = new(desired, observed, owner);
        private HashSet<string>? refusedHosts;

        public void Tunnels()
        {
            foreach (var tunnel in desired.Tunnels)
            {
                if (tunnel.IsPlanned)
                {
                    changes.Add(new Change.CreateTunnel(tunnel));
                }
            }
        }

        // A name that a record of somebody else holds is never routed: its visitors are not ours.
        public Dictionary<string, string> BlockForeignHosts()
        {
            var reasons = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var record in desired.Dns)
            {
                if (records.TryGetValue((record.ZoneId, record.Name), out var there) && there.Find(static other => !other.IsOwned) is { } foreign)
                {
                    reasons[record.Name] = DnsNames.IsMarked(foreign.Comment, owner)
                        ? $"The record of '{record.Name}' was made here and has been repointed to {foreign.Content} since; it is left as it is. Delete it, or set it back to {record.Content}."
                        : $"'{record.Name}' already has {Article(foreign.Type)} record to {foreign.Content} that DockFlare did not create; it is left as it is. Delete it or adopt it, or use another hostname than the one that is to point to {record.Content}.";
                }
            }

            return reasons;
        }

        public void Ingress(Dictionary<string, string> foreignHosts)
        {
            var documents = observed.Tunnels.ToDictionary(tunnel => tunnel.TunnelId, StringComparer.Ordinal);
            var rules = new Dictionary<string, List<IngressRule>>(StringComparer.Ordinal);
            foreach (var route in desired.Routes)
            {
                if (foreignHosts.TryGetValue(route.Key.Host, out var reason))
                {
                    blocked[route.Key] = reason;
                    continue;
                }

                if (access.FindBlock(route.Key) is { } unguarded)
                {
                    blocked[route.Key] = unguarded;
                    continue;
                }

                if (unreadZones.TryGetValue(route.ZoneId, out var unread) && !IsOwned(documents.GetValueOrDefault(route.TunnelId), route.Key))
                {
                    blocked[route.Key] = $"The DNS records of the zone of '{route.Key.Host}' could not be read, so the route waits. {unread}";
                    continue;
                }

                if (!rules.TryGetValue(route.TunnelId, out var list))
                {
                    rules.Add(route.TunnelId, list = []);
                }

                list.Add(access.RuleFor(route));
            }

            var tunnelOfHost = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var record in desired.Dns)
            {
                tunnelOfHost[record.Name] = record.TunnelId;
            }

            foreach (var tunnel in desired.Tunnels)
            {
                var wanted = rules.GetValueOrDefault(tunnel.TunnelId) ?? [];
                if (unreadTunnels.TryGetValue(tunnel.TunnelId, out var unread))
                {
                    foreach (var rule in wanted)
                    {
                        blocked[rule.Key] = $"The configuration of tunnel '{tunnel.Name}' could not be read, so the route waits. {unread}";
                        servedHosts.Add(rule.Key.Host);
                    }

                    continue;
                }

                var there = documents.GetValueOrDefault(tunnel.TunnelId) ?? new(tunnel.TunnelId, IngressDocument.Empty, 0);
                TunnelIngress(tunnel, wanted, there, host => tunnelOfHost.TryGetValue(host, out var other) && !string.Equals(other, tunnel.TunnelId, StringComparison.Ordinal));
            }
        }

        public void Dns()
        {
            var wanted = new HashSet<(string Zone, string Name)>(desired.Dns.Count);
            foreach (var record in desired.Dns)
            {
                if (!servedHosts.Contains(record.Name))
                {
                    continue;
                }

                wanted.Add((record.ZoneId, record.Name));
                if (unreadTunnels.ContainsKey(record.TunnelId) || unreadZones.ContainsKey(record.ZoneId))
                {
                    continue;
                }

                var there = records.GetValueOrDefault((record.ZoneId, record.Name))?.Find(static other => other.IsOwned);
                if (there is null)
                {
                    changes.Add(new Change.CreateDns(record));
                }
                else if (!SaysTheSame(record, there) && policy.Mode != PlanMode.CreateOnly)
                {
                    changes.Add(new Change.UpdateDns(there, record));
                }
            }

            var leaving = new List<Change.DeleteDns>();
            var owned = 0;
            foreach (var record in observed.Dns)
            {
                if (record.IsOwned)
                {
                    owned++;
                    if (!wanted.Contains((record.ZoneId, record.Name)))
                    {
                        leaving.Add(new(record));
                    }
                }
            }

            foreach (var deletion in leaving)
            {
                if (HoldReason(leaving.Count, owned, "records") is { } reason && !IsRefused(deletion.Observed.Name))
                {
                    held.Add(new(deletion, reason));
                }
                else
                {
                    changes.Add(deletion);
                }
            }
        }

        public void Unguard()
        {
            changes.AddRange(access.Changes);
            var (apps, policies) = access.Unguard(changes);
            Release(apps, access.OwnedApps, "Access applications");
            Release(policies, access.OwnedPolicies, "Access policies");
        }

        public void Commands()
        {
            var agents = observed.Agents.ToDictionary(agent => agent.Agent);
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
            Changes = changes
                .OrderBy(static change => change.Phase)
                .ThenBy(static change => change.Subject, StringComparer.Ordinal)
                .ToEquatableArray(),
            Held = held.OrderBy(static change => change.Change.Subject, StringComparer.Ordinal).ToEquatableArray(),
            Blocked = blocked.Select(static pair => new BlockedRoute(pair.Key, pair.Value)).ToEquatableArray(),
        };

        private void TunnelIngress(TunnelAssignment tunnel, List<IngressRule> wanted, ObservedTunnel there, Func<string, bool> isServedElsewhere)
        {
            var wantedIdentities = wanted.ToDictionary(static rule => RuleIdentity.Of(rule.Key));
            var leaving = there.Owned
                .Where(identity => !wantedIdentities.ContainsKey(identity) && isServedElsewhere(identity.Hostname))
                .ToEquatableArray();
            var gone = there.Owned.Count(identity => !wantedIdentities.ContainsKey(identity)) - leaving.Count;
            var keep = HoldReason(gone, there.Owned.Count, "rules");

            IReadOnlyCollection<RuleIdentity> owned = leaving.IsEmpty ? there.Owned : there.Owned.Except(leaving).ToArray();
            if (keep is not null)
            {
                owned = [.. owned.Where(identity => wantedIdentities.ContainsKey(identity) || IsRefused(identity.Hostname))];
            }

            var merged = IngressMerge.Merge(there.Document, owned, wanted);
            var taken = merged.Taken.Count == 0 ? null : merged.Taken.ToHashSet();
            foreach (var rule in wanted)
            {
                if (taken is not null && taken.Contains(rule.Key))
                {
                    blocked[rule.Key] = $"Tunnel '{tunnel.Name}' already has a rule for '{rule.Key}' that DockFlare did not create; it is left as it is. Remove it or adopt it.";
                }
                else
                {
                    servedHosts.Add(rule.Key.Host);
                }
            }

            if (!merged.Document.SaysTheSameAs(there.Document))
            {
                AddPut(tunnel, taken is null ? wanted : wanted.FindAll(rule => !taken.Contains(rule.Key)), there, merged.Document, keep);
            }

            if (!leaving.IsEmpty && policy.Mode == PlanMode.Sync)
            {
                changes.Add(new Change.PutIngress(tunnel, wanted.ToEquatableArray(), [], [], leaving) { AfterMove = true });
            }
        }

        private void AddPut(
            TunnelAssignment tunnel, List<IngressRule> rules, ObservedTunnel there, IngressDocument merged, string? keep)
        {
            var before = EntriesOf(there.Document);
            var after = EntriesOf(merged);
            var added = after.Keys.Where(identity => !before.ContainsKey(identity)).Where(static identity => identity.Hostname.Length > 0);
            var changed = after.Where(pair => before.TryGetValue(pair.Key, out var old) && old != pair.Value).Select(static pair => pair.Key);
            var removed = before.Keys.Where(identity => !after.ContainsKey(identity)).ToEquatableArray();
            var put = new Change.PutIngress(tunnel, rules.ToEquatableArray(), added.ToEquatableArray(), changed.ToEquatableArray(), removed);
            changes.Add(put);
            if (keep is not null)
            {
                held.Add(new(put with { Added = [], Changed = [] }, keep));
            }
        }

        private void Release(List<Change> deletions, int owned, string what)
        {
            if (HoldReason(deletions.Count, owned, what) is { } reason)
            {
                held.AddRange(deletions.Select(deletion => new HeldChange(deletion, reason)));
            }
            else
            {
                changes.AddRange(deletions);
            }
        }

        private string? HoldReason(int deletions, int owned, string what)
        {
            if (deletions == 0)
            {
                return null;
            }

            if (policy.Mode != PlanMode.Sync)
            {
                return "DOCKFLARE_POLICY does not let DockFlare delete.";
            }

            return !policy.DeletionsConfirmed && deletions >= PlanPolicy.MinHeldDeletions && deletions * 100L > (long)owned * policy.MaxDeletePercent
                ? string.Create(CultureInfo.InvariantCulture, $"{deletions} of {owned} {what} would go at once, more than DOCKFLARE_MAX_DELETE_PERCENT={policy.MaxDeletePercent}; confirm the plan if that is meant.")
                : null;
        }

        // What is refused while it is served must go whatever the policy says: it closes an exposure.
        private bool IsRefused(string host)
        {
            if (refusedHosts is null)
            {
                refusedHosts = new(StringComparer.Ordinal);
                foreach (var outcome in desired.Outcomes)
                {
                    if (outcome.State is RouteState.Blocked or RouteState.Rejected && outcome.Host is { } refused)
                    {
                        refusedHosts.Add(refused);
                    }
                }
            }

            return refusedHosts.Contains(host) || access.Closed.Contains(host);
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

        private static Dictionary<string, string> ById(EquatableArray<UnreadObject> unread)
        {
            var byId = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var thing in unread)
            {
                byId[thing.Id] = thing.Reason;
            }

            return byId;
        }

        private static Dictionary<RuleIdentity, IngressEntry> EntriesOf(IngressDocument document)
        {
            var entries = new Dictionary<RuleIdentity, IngressEntry>(document.Entries.Count);
            foreach (var entry in document.Entries)
            {
                entries.TryAdd(entry.Identity, entry);
            }

            return entries;
        }

        private static Dictionary<(string Zone, string Name), List<ObservedRecord>> ByName(EquatableArray<ObservedRecord> dns)
        {
            var byName = new Dictionary<(string, string), List<ObservedRecord>>(dns.Count);
            foreach (var record in dns)
            {
                if (!byName.TryGetValue((record.ZoneId, record.Name), out var list))
                {
                    byName.Add((record.ZoneId, record.Name), list = new(1));
                }

                list.Add(record);
            }

            return byName;
        }

        private bool SaysTheSame(DesiredRecord want, ObservedRecord have) =>
            string.Equals(want.Content, have.Content, StringComparison.OrdinalIgnoreCase)
            && want.Proxied == have.Proxied
            && string.Equals(DnsNames.Comment(owner, want.Comment), have.Comment, StringComparison.Ordinal);

        private static string Article(string type) => type.StartsWith('A') ? "an " + type : "a " + type;
    }
}
