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
    CloudflareSide cloudflare, AgentView agents, PassReader reader, PassOutcome outcome, OwnerMark ownerMark, IOptions<MasterOptions> options, PassBoard board, PassHistory history, StandingAdoptions standing, TimeProvider time,
    DockFlareMetrics metrics, ILogger<Reconciler> logger)
{
    // Making tunnels, finding one gone and writing what depends on them takes this many looks at most.
    private const int MaxRounds = 8;
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
        await reader.LoadAsync(cancellationToken).ConfigureAwait(false);
        await standing.LoadAsync(cancellationToken).ConfigureAwait(false);
        var snapshot = cloudflare.Account.IsConfigured
            ? await PassAsync(resync, cancellationToken).ConfigureAwait(false)
            : await SetupPassAsync(cancellationToken).ConfigureAwait(false);
        snapshot = snapshot with { Number = ++passes, At = time.GetUtcNow(), Duration = time.GetElapsedTime(started) };
        activity?.SetTag("dockflare.changes", snapshot.Applied.Count);
        var end = snapshot.IsConverged ? "converged" : snapshot.Trouble is null ? "unfinished" : "failed";
        metrics.Passed(end, snapshot.Duration, snapshot.Applied.Count, metrics.CallsMade - calls, snapshot.Routes);
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
        if (!options.Value.DryRun)
        {
            ending.AddRange(await cloudflare.Tokens.StepAsync(account.AccountId, cancellationToken).ConfigureAwait(false));
        }

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
            var look = Planned(await reader.LookAsync(account, owner, looksAnew && round == 1, unmade, cancellationToken).ConfigureAwait(false), owner);
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
                return outcome.Describe(look, account, [], faults) with { WhyNotApplied = "DOCKFLARE_DRY_RUN is on: changes are planned and shown, and nothing is applied." };
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
                var done = await DoneAsync(result, cancellationToken).ConfigureAwait(false);
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

                look = Planned(await reader.LookAgainAsync(look, account, owner, unmade, cancellationToken).ConfigureAwait(false), owner);
            }

            faults.AddRange(Unresolved(look, unmade, owner));
            (confirmedDigest, deletionsConfirmed) = (null, false);
            await outcome.SettleAsync(look, cancellationToken).ConfigureAwait(false);
            faults.AddRange(ending);
            faults.AddRange(await cloudflare.Removals.StepAsync(account.AccountId, cancellationToken).ConfigureAwait(false));
            return outcome.Describe(look, account, applied, faults) with { ResyncIn = resyncIn > TimeSpan.Zero ? resyncIn : null };
        }
    }

    // Whether the plan opens a host that is to be guarded under an application that this pass has neither made nor changed.
    private static bool OpensGuarded(PassLook look, List<Change> applied)
    {
        var made = applied.OfType<Change.CreateAccess>().Select(static change => change.Desired.Key)
            .Concat(applied.OfType<Change.UpdateAccess>().Select(static change => change.Desired.Key)).ToHashSet(StringComparer.Ordinal);
        var guarded = look.Desired.Routes.Where(route => route.Access is not null && !made.Contains(route.Key.ToString())).Select(static route => route.Key.Host).ToHashSet(StringComparer.Ordinal);
        return guarded.Count > 0 && look.Plan.Changes.Where(static change => change.Phase is ChangePhase.Route or ChangePhase.Publish)
            .SelectMany(static change => change is Change.PutIngress put ? put.Added.Concat(put.Changed).Select(static rule => rule.Hostname) : [change.Subject])
            .Any(guarded.Contains);
    }

    // A confirmation is about what was shown: it opens the brake when that is what is held now, and then for the whole pass.
    private PassLook Planned(PassLook look, string owner)
    {
        var plan = Planner.Compute(look.Desired, look.Observed, Policy, owner);
        if (confirmedDigest is null || deletionsConfirmed)
        {
            return look with { Plan = plan };
        }

        if (!string.Equals(plan.ConfirmationDigest, confirmedDigest, StringComparison.Ordinal))
        {
            LogConfirmationOutdated();
            confirmedDigest = null;
            return look with { Plan = plan };
        }

        deletionsConfirmed = true;
        return look with { Plan = Planner.Compute(look.Desired, look.Observed, Policy, owner) };
    }

    private PlanPolicy Policy => new()
    {
        Mode = options.Value.Policy,
        MaxDeletePercent = options.Value.MaxDeletePercent,
        DeletionsConfirmed = deletionsConfirmed,
        Adopted = Confirmations.Adoptions,
        Released = Confirmations.Releases,
        Standing = standing.All,
    };

    // What failed to be made and is still to be made: a call that failed may have been carried out all the same, as the next look has shown.
    private IEnumerable<ApplyFault> Unresolved(PassLook look, Dictionary<string, ApplyFault> unmade, string owner)
    {
        if (unmade.Count == 0 || look.Observed.Access is not { } access)
        {
            return unmade.Values;
        }

        var open = Planner.Compute(look.Desired, look.Observed with { Access = access with { Unmade = [] } }, Policy, owner).Changes
            .Where(static change => change.Phase == ChangePhase.Guard).Select(static change => change.Subject).ToHashSet(StringComparer.Ordinal);
        return unmade.Values.Where(fault => access.Unread is not null || open.Contains(fault.Subject));
    }

    // Without a token nothing at Cloudflare can be seen: what the labels ask for is shown, with the zone each host would belong to taken for granted.
    private async Task<PassSnapshot> SetupPassAsync(CancellationToken cancellationToken)
    {
        await cloudflare.Removals.StepAsync(accountId: null, cancellationToken).ConfigureAwait(false);
        const string Reason = "CF_API_TOKEN is not set, so nothing is applied (setup mode). Set it to a token with 'Zone / Zone / Read', 'Zone / DNS / Edit' and 'Account / Cloudflare Tunnel / Edit'.";
        var desired = reader.WithoutCloudflare();
        return new()
        {
            WhyNotApplied = Reason,
            Desired = desired,
            Remaining = Planner.Compute(desired, ObservedState.Empty),
            Routes = desired.Outcomes.Select(static outcome => outcome.State == RouteState.Pending && outcome.Reason is null ? outcome with { Reason = "Waits for CF_API_TOKEN." } : outcome).ToEquatableArray(),
        };
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

    private async ValueTask<List<Change>> DoneAsync(ApplyResult result, CancellationToken cancellationToken)
    {
        var failed = result.Faults.Concat(result.Unmade.Select(static fault => fault.Fault)).Select(static fault => fault.Subject).ToHashSet(StringComparer.Ordinal);
        var done = result.Tried.Where(change => !failed.Contains(change.Subject)).ToList();
        foreach (var change in done)
        {
            LogApplied(change.Describe());
            if ((change.AdoptionId ?? change.ReleaseId) is { } agreement)
            {
                Confirmations.Done(agreement);
                await standing.DoneAsync(change, cancellationToken).ConfigureAwait(false);
            }
        }

        return done;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Change}")]
    private partial void LogApplied(string change);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What is held back has changed since it was confirmed, so nothing of it is done. Look at the plan and confirm it again.")]
    private partial void LogConfirmationOutdated();

}
