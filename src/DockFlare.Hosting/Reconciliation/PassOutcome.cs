using DockFlare.Core;
using DockFlare.Core.Ingress;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Cloudflare;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>What a pass leaves behind: the tunnels' records brought up to what was seen, and the snapshot that people are shown.</summary>
internal sealed class PassOutcome(TunnelStore tunnels, AgentView agents, CloudflareObserver observer)
{
    /// <summary>What the store remembers is brought up to what was seen: routes and their grace, versions that were not known, rules and zones that are done with.</summary>
    public async ValueTask SettleAsync(PassLook look, CancellationToken cancellationToken)
    {
        var zonesByTunnel = look.Known.Dns
            .Where(static record => record.IsOwned)
            .ToLookup(static record => DnsNames.FindTunnelId(record.Content)!, static record => record.ZoneId, StringComparer.Ordinal);
        var routes = look.Desired.Routes.ToLookup(static route => route.TunnelId, StringComparer.Ordinal);
        var guarded = look.Observed.Access?.Apps.Select(static app => app.OwnedAs?.Split('/')[0]).OfType<string>().ToHashSet(StringComparer.Ordinal) ?? [];
        foreach (var record in tunnels.All.Where(static record => record.TunnelId is not null).ToList())
        {
            var own = routes[record.TunnelId!].ToEquatableArray();
            var zoneIds = record.ZoneIds.Where(look.Unread.ContainsKey)
                .Concat(record.FormerIds.Append(record.TunnelId!).SelectMany(id => zonesByTunnel[id]))
                .Concat(own.Select(static route => route.ZoneId));
            var known = look.Known.Tunnels.FirstOrDefault(tunnel => string.Equals(tunnel.TunnelId, record.TunnelId, StringComparison.Ordinal));
            var owned = known is null || observer.IsDoubted(known.TunnelId) ? record.Owned : Settle(record, known, own);
            var there = owned.Select(static rule => rule.Hostname).Concat(guarded).ToHashSet(StringComparer.Ordinal);
            await tunnels.SaveAsync(
                record with
                {
                    Routes = KeepsIntent(record) ? record.Routes : own,
                    Owned = owned,
                    Ended = look.Desired.Ended.Where(host => there.Contains(host) && (record.Ended.Contains(host) || record.Routes.Any(route => string.Equals(route.Key.Host, host, StringComparison.Ordinal)))).ToEquatableArray(),
                    ZoneIds = zoneIds.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToEquatableArray(),
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    // What we meant to write proves which rules are ours until the outcome has been seen.
    private bool KeepsIntent(TunnelRecord record) => observer.IsDoubted(record.TunnelId!) && record.Owned.Any(static rule => rule.Since == 0);

    private static EquatableArray<OwnedRule> Settle(TunnelRecord record, ObservedTunnel tunnel, EquatableArray<DesiredRoute> routes)
    {
        var there = tunnel.Document.Entries.Select(static entry => entry.Identity).ToHashSet();
        var wanted = routes.Select(static route => RuleIdentity.Of(route.Key)).ToHashSet();
        var ours = tunnel.Owned.ToHashSet();
        return record.Owned
            .Where(rule => ours.Contains(rule.Identity) && (there.Contains(rule.Identity) || wanted.Contains(rule.Identity)))
            .Select(rule => rule.Since <= 0 && there.Contains(rule.Identity) ? rule with { Since = tunnel.Version } : rule)
            .ToEquatableArray();
    }

    /// <summary>The pass as it is shown.</summary>
    public PassSnapshot Describe(PassLook look, AccountView account, List<Change> applied, List<ApplyFault> faults)
    {
        var messages = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var fault in faults.Where(static fault => fault.Message.Length > 0))
        {
            messages.TryAdd(fault.Subject, fault.Message);
        }

        foreach (var (id, fault) in look.Unread)
        {
            messages.TryAdd(tunnels.FindById(id)?.Name ?? account.ZoneName(id), fault.Message);
        }

        var connectors = agents.Connectors();
        var evidence = new RouteEvidence
        {
            RulesSince = look.Known.Tunnels.ToDictionary(
                static tunnel => tunnel.TunnelId,
                tunnel => (IReadOnlyDictionary<RuleIdentity, long>)(tunnels.FindById(tunnel.TunnelId)?.Owned ?? []).ToDictionary(static rule => rule.Identity, static rule => rule.Since),
                StringComparer.Ordinal),
            PublishedHosts = look.Known.Dns.Where(static record => record.IsOwned).Select(static record => record.Name).ToHashSet(StringComparer.Ordinal),
            Connectors = connectors,
            SilentTunnels = agents.SilentTunnels(look.Desired.Tunnels),
            Faults = messages,
        };
        return new()
        {
            Desired = look.Desired,
            Applied = applied.ToEquatableArray(),
            Remaining = look.Plan,
            Routes = RouteStates.Settle(look.Desired, look.Plan, evidence),
            Faults = messages,
            MayPass = faults.Exists(static fault => fault.Fault is CloudflareFault.Passing or CloudflareFault.NotFound || fault.Message.Length == 0)
                || look.Unread.Values.Any(static fault => fault.Fault == CloudflareFault.Passing),
            RetryAfter = Soonest(
                faults.Where(static fault => fault.Fault is CloudflareFault.Passing).Select(static fault => fault.RetryAfter)
                    .Concat(look.Unread.Values.Where(static fault => fault.Fault is CloudflareFault.Passing).Select(static fault => fault.RetryAfter))),
            Connectors = connectors,
            NeededVersions = evidence.RulesSince.ToDictionary(static tunnel => tunnel.Key, static tunnel => tunnel.Value.Values.DefaultIfEmpty().Max(), StringComparer.Ordinal),
            Zones = account.All,
        };
    }

    // Where only some of it has to wait, the rest does not.
    private static TimeSpan? Soonest(IEnumerable<TimeSpan?> waits)
    {
        var all = waits.ToList();
        return all.Contains(null) ? null : all.Min();
    }
}
