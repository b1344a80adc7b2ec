using DockFlare.Core;
using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;
using DockFlare.Core.Reconciliation;
using DockFlare.Core.Zones;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>One pass: what should be, what is, the plan between them, and its application. Used by the reconcile loop alone.</summary>
internal sealed partial class Reconciler(
    CloudflareSide cloudflare, AgentView agents, TunnelStore tunnels, ManualRouteStore manual, OwnerMark ownerMark, IOptions<MasterOptions> options, LabelOptions labels, PassBoard board, PassHistory history, TimeProvider time,
    DockFlareMetrics metrics, ILogger<Reconciler> logger)
{
    // Making tunnels, finding one gone and writing what depends on them takes this many looks at most.
    private const string AccessUnread = "access";
    private const int MaxRounds = 8;
    private readonly LabelReadings readings = new();
    private long passes;
    private bool deletionsConfirmed;
    private string? confirmedDigest;
    private HashSet<string> blockedHosts = [];

    /// <summary>What operators agreed to.</summary>
    public Confirmations Confirmations { get; } = new(time);

    /// <summary>Runs one pass and publishes what came of it.</summary>
    /// <param name="resync">Look at everything anew rather than trust what is remembered.</param>
    /// <param name="cancellationToken">Ends the pass between two calls.</param>
    public async Task<PassSnapshot> RunOnceAsync(bool resync, CancellationToken cancellationToken)
    {
        var (started, calls) = (time.GetTimestamp(), metrics.CallsMade);
        using var activity = DockFlareActivity.Source.StartActivity("reconcile");
        await agents.LoadAsync(cancellationToken).ConfigureAwait(false);
        await manual.LoadAsync(cancellationToken).ConfigureAwait(false);
        await cloudflare.Access.LoadAsync(cancellationToken).ConfigureAwait(false);
        var snapshot = cloudflare.Account.IsConfigured
            ? await PassAsync(resync, cancellationToken).ConfigureAwait(false)
            : await SetupPassAsync(cancellationToken).ConfigureAwait(false);
        snapshot = snapshot with { Number = ++passes, At = time.GetUtcNow(), Duration = time.GetElapsedTime(started) };
        activity?.SetTag("dockflare.changes", snapshot.Applied.Count);
        var outcome = snapshot.IsConverged ? "converged" : snapshot.Trouble is null ? "unfinished" : "failed";
        metrics.Passed(outcome, snapshot.Duration, snapshot.Applied.Count, metrics.CallsMade - calls, snapshot.Routes);
        board.Publish(snapshot);
        return snapshot;
    }

    private async Task<PassSnapshot> PassAsync(bool resync, CancellationToken cancellationToken)
    {
        AccountView account;
        try
        {
            account = await cloudflare.Account.GetAsync(NeedsZones(resync), cancellationToken).ConfigureAwait(false);
        }
        catch (CloudflareException exception)
        {
            return board.Current with { Trouble = exception.Message, Applied = [], RetryAfter = exception.RetryAfter, MayPass = exception.Fault == CloudflareFault.Passing };
        }

        var resyncIn = resync ? cloudflare.Observer.UntilRefresh : TimeSpan.Zero;
        resync &= resyncIn == TimeSpan.Zero;
        var owner = await ownerMark.GetAsync(cancellationToken).ConfigureAwait(false);
        var applied = new List<Change>();
        var faults = new List<ApplyFault>();
        var unmade = new Dictionary<string, ApplyFault>(StringComparer.Ordinal);
        var ending = options.Value.DryRun ? [] : await cloudflare.Removals.RollSecretsAsync(account.AccountId, cancellationToken).ConfigureAwait(false);
        if (resync)
        {
            cloudflare.Applier.ForgetRefusals();
            cloudflare.Observer.ForgetRefusedRules();
            await history.PruneAsync(cancellationToken).ConfigureAwait(false);
        }

        var looksAnew = Confirmations.TakeNew() || resync;
        (confirmedDigest, deletionsConfirmed) = (Confirmations.TakeDeletions(), false);

        var settled = history.Settled();
        var isAccessFresh = looksAnew;
        for (var round = 1; ; round++)
        {
            var look = await LookAsync(account, owner, looksAnew && round == 1, unmade, cancellationToken).ConfigureAwait(false);
            if (look.IsTunnelGone && round < MaxRounds)
            {
                continue;
            }

            if (round == 1 && await AgainWithNewZonesAsync(account, look.Desired, cancellationToken).ConfigureAwait(false) is { } fresh)
            {
                account = fresh;
                continue;
            }

            if (options.Value.DryRun)
            {
                return Describe(look, account, [], faults) with { WhyNotApplied = "DOCKFLARE_DRY_RUN is on: changes are planned and shown, and nothing is applied." };
            }

            if (!isAccessFresh && round < MaxRounds && OpensGuarded(look, applied))
            {
                // An application may have been deleted since it was last seen: before a host is opened under one, it is seen.
                isAccessFresh = true;
                cloudflare.Access.Forget();
                continue;
            }

            faults.Clear();
            if (!look.Plan.IsEmpty)
            {
                var context = new ApplyContext(account, owner, agents.IsNamedByOperator) { IsLastRound = round == MaxRounds };
                var pending = await history.BeginAsync(look.Desired, look.Observed, look.Plan, settled, cancellationToken).ConfigureAwait(false);
                var result = await cloudflare.Applier.ApplyAsync(look.Plan, look.Desired, context, cancellationToken).ConfigureAwait(false);
                var done = Done(result);
                await history.CompleteAsync(pending, result, done, cancellationToken).ConfigureAwait(false);
                faults.AddRange(result.Faults);
                foreach (var (key, fault) in result.Unmade)
                {
                    unmade[key] = fault;
                }

                applied.AddRange(done);
                if (result.HasMore && round < MaxRounds)
                {
                    // Now that there are tunnels and applications, what depends on their ids can be planned.
                    continue;
                }

                look = await LookAgainAsync(look, account, owner, unmade, cancellationToken).ConfigureAwait(false);
            }

            faults.AddRange(Unresolved(look, unmade, owner));
            (confirmedDigest, deletionsConfirmed) = (null, false);
            await SettleRecordsAsync(look, cancellationToken).ConfigureAwait(false);
            faults.AddRange(ending);
            faults.AddRange(await cloudflare.Removals.StepAsync(account.AccountId, cancellationToken).ConfigureAwait(false));
            return Describe(look, account, applied, faults) with { ResyncIn = resyncIn > TimeSpan.Zero ? resyncIn : null };
        }
    }

    // Whether the plan opens a host that is to be guarded under an application that this pass has neither made nor changed.
    private static bool OpensGuarded(Look look, List<Change> applied)
    {
        var made = applied.OfType<Change.CreateAccess>().Select(static change => change.Desired.Key)
            .Concat(applied.OfType<Change.UpdateAccess>().Select(static change => change.Desired.Key)).ToHashSet(StringComparer.Ordinal);
        var guarded = look.Desired.Routes.Where(route => route.Access is not null && !made.Contains(route.Key.ToString())).Select(static route => route.Key.Host).ToHashSet(StringComparer.Ordinal);
        return guarded.Count > 0 && look.Plan.Changes.Where(static change => change.Phase is ChangePhase.Route or ChangePhase.Publish)
            .SelectMany(static change => change is Change.PutIngress put ? put.Added.Concat(put.Changed).Select(static rule => rule.Hostname) : [change.Subject])
            .Any(guarded.Contains);
    }

    private async Task<Look> LookAsync(AccountView account, string owner, bool refresh, Dictionary<string, ApplyFault> unmade, CancellationToken cancellationToken)
    {
        var assignments = agents.Assignments();
        agents.Publish(assignments);
        var desired = DesiredStateBuilder.Build(Input(assignments, account.Zones));
        var zoneIds = desired.Dns.Select(static record => record.ZoneId).Concat(tunnels.All.SelectMany(static record => record.ZoneIds)).Distinct(StringComparer.Ordinal).ToList();
        var tunnelIds = assignments.Where(static tunnel => !tunnel.IsPlanned).Select(static tunnel => tunnel.TunnelId).Distinct(StringComparer.Ordinal).ToList();
        cloudflare.Observer.DoubtOutrun(agents.Connectors());
        var unread = await cloudflare.Observer.ReadAsync(account.AccountId, zoneIds, tunnelIds, refresh, cancellationToken).ConfigureAwait(false);
        if (await cloudflare.Access.ReadAsync(account.AccountId, desired, refresh, cancellationToken).ConfigureAwait(false) is { } accessFault)
        {
            unread[AccessUnread] = accessFault;
        }

        if (cloudflare.Access.IsInUse)
        {
            // Names of identity providers have a meaning only now.
            desired = DesiredStateBuilder.Build(Input(assignments, account.Zones));
        }

        if (await cloudflare.Access.ReadTeamAsync(account.AccountId, desired, cancellationToken).ConfigureAwait(false) is { } teamFault)
        {
            unread.TryAdd(AccessUnread, teamFault);
        }

        var isTunnelGone = await ForgetGoneTunnelsAsync(unread, cancellationToken).ConfigureAwait(false);
        return await CompareAsync(assignments, desired, unread, owner, unmade, cancellationToken).ConfigureAwait(false) with { IsTunnelGone = isTunnelGone };
    }

    // What was remembered of our own writes is enough to say what is left; nothing is read again.
    private async Task<Look> LookAgainAsync(Look before, AccountView account, string owner, Dictionary<string, ApplyFault> unmade, CancellationToken cancellationToken)
    {
        var assignments = agents.Assignments();
        var desired = DesiredStateBuilder.Build(Input(assignments, account.Zones));
        return await CompareAsync(assignments, desired, before.Unread, owner, unmade, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Look> CompareAsync(
        List<TunnelAssignment> assignments, DesiredState desired, Dictionary<string, CloudflareException> unread, string owner, Dictionary<string, ApplyFault> unmade, CancellationToken cancellationToken)
    {
        var tunnelIds = assignments.Select(static tunnel => tunnel.TunnelId).ToHashSet(StringComparer.Ordinal);
        var ownIds = tunnels.OwnIds();
        var (documents, records) = cloudflare.Observer.Remembered(owner, ownIds.Contains, OwnedIn, withDoubted: false);
        var (knownDocuments, knownRecords) = cloudflare.Observer.HasDoubts ? cloudflare.Observer.Remembered(owner, ownIds.Contains, OwnedIn, withDoubted: true) : (documents, records);
        var observed = new ObservedState
        {
            Tunnels = documents,
            Dns = records,
            UnreadTunnels = unread.Where(pair => tunnelIds.Contains(pair.Key)).Select(static pair => new UnreadObject(pair.Key, pair.Value.Message)).ToEquatableArray(),
            UnreadZones = unread.Where(pair => !tunnelIds.Contains(pair.Key) && pair.Key != AccessUnread).Select(static pair => new UnreadObject(pair.Key, pair.Value.Message)).ToEquatableArray(),
            TakenTunnels = cloudflare.Observer.TakenTunnels,
            RefusedRules = cloudflare.Observer.RefusedRules,
            Access = cloudflare.Access.Observe(unmade.ToDictionary(static pair => pair.Key, static pair => pair.Value.Message, StringComparer.Ordinal)),
            Agents = await agents.ObserveAsync(assignments, cancellationToken).ConfigureAwait(false),
        };
        return new(desired, observed, Compute(desired, observed, owner), unread) { Known = new() { Tunnels = knownDocuments, Dns = knownRecords } };
    }

    // A confirmation is about what was shown: it opens the brake when that is what is held now, and then for the whole pass.
    private Plan Compute(DesiredState desired, ObservedState observed, string owner)
    {
        var plan = Planner.Compute(desired, observed, Policy, owner);
        if (confirmedDigest is null || deletionsConfirmed)
        {
            return plan;
        }

        if (!string.Equals(plan.ConfirmationDigest, confirmedDigest, StringComparison.Ordinal))
        {
            LogConfirmationOutdated();
            confirmedDigest = null;
            return plan;
        }

        deletionsConfirmed = true;
        return Planner.Compute(desired, observed, Policy, owner);
    }

    private PlanPolicy Policy => new()
    {
        Mode = options.Value.Policy,
        MaxDeletePercent = options.Value.MaxDeletePercent,
        DeletionsConfirmed = deletionsConfirmed,
        Adopted = Confirmations.Adoptions,
    };

    // What failed to be made and is still to be made: a call that failed may have been carried out all the same, as the next look has shown.
    private IEnumerable<ApplyFault> Unresolved(Look look, Dictionary<string, ApplyFault> unmade, string owner)
    {
        if (unmade.Count == 0 || look.Observed.Access is not { } access)
        {
            return unmade.Values;
        }

        var open = Planner.Compute(look.Desired, look.Observed with { Access = access with { Unmade = [] } }, Policy, owner).Changes
            .Where(static change => change.Phase == ChangePhase.Guard).Select(static change => change.Subject).ToHashSet(StringComparer.Ordinal);
        return unmade.Values.Where(fault => access.Unread is not null || open.Contains(fault.Subject));
    }

    private ReconcileInput Input(List<TunnelAssignment> assignments, ZoneMap zones) => new()
    {
        Tunnels = assignments.ToEquatableArray(),
        Reports = agents.Reports(),
        Manual = manual.All.Select(route => route with { TunnelId = tunnels.CurrentIdOf(route.TunnelId) }).ToEquatableArray(),
        Zones = zones,
        Access = cloudflare.Access.Catalog(),
        ZoneDefaults = cloudflare.Access.ZoneDefaults,
        FallbackZoneId = cloudflare.FallbackZoneId,
        Held = agents.Held(),
        Ended = agents.Ended(),
        Authorities = agents.Authorities(),
        Now = time.GetUtcNow(),
        GracePeriod = options.Value.GracePeriod,
        Labels = labels,
        Readings = readings,
    };

    private EquatableArray<RuleIdentity> OwnedIn(string tunnelId, IngressDocument document) =>
        tunnels.FindById(tunnelId)?.OwnedIn(document).ToEquatableArray() ?? [];

    // A tunnel that somebody deleted at Cloudflare is made anew under its name; its records are still known to be ours.
    private async ValueTask<bool> ForgetGoneTunnelsAsync(Dictionary<string, CloudflareException> unread, CancellationToken cancellationToken)
    {
        var isGone = false;
        foreach (var (id, fault) in unread)
        {
            if (fault.Fault != CloudflareFault.NotFound || tunnels.FindById(id) is not { } record)
            {
                continue;
            }

            LogTunnelGone(record.Name, id);
            await tunnels.SaveAsync(
                record with
                {
                    TunnelId = null,
                    FormerIds = record.FormerIds.Append(id).ToEquatableArray(),
                    Generation = record.Generation + 1,
                    Owned = [],
                    Routes = record.Routes.Select(route => route with { TunnelId = TunnelAssignment.Planned(record.Name) }).ToEquatableArray(),
                },
                cancellationToken).ConfigureAwait(false);
            cloudflare.Observer.Forget(id);
            isGone = true;
        }

        return isGone;
    }

    // What the store remembers is brought up to what was seen: routes and their grace, versions that were not known, rules and zones that are done with.
    private async ValueTask SettleRecordsAsync(Look look, CancellationToken cancellationToken)
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
            var owned = known is null || cloudflare.Observer.IsDoubted(known.TunnelId) ? record.Owned : Settle(record, known, own);
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
    private bool KeepsIntent(TunnelRecord record) => cloudflare.Observer.IsDoubted(record.TunnelId!) && record.Owned.Any(static rule => rule.Since == 0);

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

    private PassSnapshot Describe(Look look, AccountView account, List<Change> applied, List<ApplyFault> faults)
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

    // Without a token nothing at Cloudflare can be seen: what the labels ask for is shown, with the zone each host would belong to taken for granted.
    private async Task<PassSnapshot> SetupPassAsync(CancellationToken cancellationToken)
    {
        await cloudflare.Removals.StepAsync(accountId: null, cancellationToken).ConfigureAwait(false);
        const string Reason = "CF_API_TOKEN is not set, so nothing is applied (setup mode). Set it to a token with 'Zone / Zone / Read', 'Zone / DNS / Edit' and 'Account / Cloudflare Tunnel / Edit'.";
        var assignments = agents.Assignments();
        var hosts = DesiredStateBuilder.Build(Input(assignments, ZoneMap.Empty)).Outcomes.Select(static outcome => outcome.Host).OfType<string>();
        var desired = DesiredStateBuilder.Build(Input(assignments, new ZoneMap(hosts.Select(LastTwoLabels).Distinct(StringComparer.Ordinal).Select(static name => new Zone(name, name)))));
        return new()
        {
            WhyNotApplied = Reason,
            Desired = desired,
            Remaining = Planner.Compute(desired, ObservedState.Empty),
            Routes = desired.Outcomes.Select(static outcome => outcome.State == RouteState.Pending && outcome.Reason is null ? outcome with { Reason = "Waits for CF_API_TOKEN." } : outcome).ToEquatableArray(),
        };
    }

    private static string LastTwoLabels(string host)
    {
        var last = host.LastIndexOf('.');
        return last <= 0 ? host : host[(host.LastIndexOf('.', last - 1) + 1)..];
    }

    // A host that is blocked for the first time may belong to a zone that was added since the list was read; null when nothing is to be looked at again.
    private async ValueTask<AccountView?> AgainWithNewZonesAsync(AccountView account, DesiredState desired, CancellationToken cancellationToken)
    {
        var blocked = desired.Outcomes.Where(static outcome => outcome.State == RouteState.Blocked).Select(static outcome => outcome.Host).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var isNew = !blocked.IsSubsetOf(blockedHosts);
        blockedHosts = blocked;
        if (!isNew)
        {
            return null;
        }

        try
        {
            var fresh = await cloudflare.Account.GetAsync(refresh: true, cancellationToken).ConfigureAwait(false);
            return fresh.All.SequenceEqual(account.All) ? null : fresh;
        }
        catch (CloudflareException)
        {
            // The pass goes on with the list it has; what keeps the list from being read is said at the resync.
            return null;
        }
    }

    // The list of zones is read again when a host found none at the last look, and otherwise once an hour.
    private bool NeedsZones(bool resync) =>
        resync && (cloudflare.Account.IsOlderThan(TimeSpan.FromHours(1)) || board.Current.Desired.Outcomes.Any(static outcome => outcome.State == RouteState.Blocked));

    private List<Change> Done(ApplyResult result)
    {
        var failed = result.Faults.Concat(result.Unmade.Select(static fault => fault.Fault)).Select(static fault => fault.Subject).ToHashSet(StringComparer.Ordinal);
        var done = result.Tried.Where(change => !failed.Contains(change.Subject)).ToList();
        foreach (var change in done)
        {
            LogApplied(change.Describe());
            if (change.AdoptionId is { } adoption)
            {
                Confirmations.Done(adoption);
            }
        }

        return done;
    }

    private sealed record Look(DesiredState Desired, ObservedState Observed, Plan Plan, Dictionary<string, CloudflareException> Unread)
    {
        public bool IsTunnelGone { get; init; }

        /// <summary>With what is in doubt: good enough to show and to remember where to look, never to act on.</summary>
        public ObservedState Known { get; init; } = ObservedState.Empty;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Change}")]
    private partial void LogApplied(string change);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What is held back has changed since it was confirmed, so nothing of it is done. Look at the plan and confirm it again.")]
    private partial void LogConfirmationOutdated();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tunnel '{Name}' ({Id}) was deleted at Cloudflare; it is made anew and its connectors are told.")]
    private partial void LogTunnelGone(string name, string id);
}

/// <summary>Cloudflare's side of a pass.</summary>
internal sealed record CloudflareSide(CloudflareAccount Account, CloudflareObserver Observer, AccessView Access, PlanApplier Applier, AgentRemovals Removals, IOptions<CloudflareOptions> Options)
{
    public string? FallbackZoneId => Options.Value.ZoneId;
}
