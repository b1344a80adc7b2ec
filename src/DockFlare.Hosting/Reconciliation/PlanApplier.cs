using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Commands;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>
/// Applies a plan phase by phase. What fails takes along only what must not happen without it: a record is not published
/// when its tunnel's rules could not be written.
/// </summary>
internal sealed class PlanApplier(CloudflareApplier cloudflare, AccessApplier access, ICommandQueue queue)
{
    private readonly Dictionary<(Change Change, bool IsNamed), ApplyFault> refused = [];

    /// <summary>What Cloudflare refused for good is asked again.</summary>
    public void ForgetRefusals() => refused.Clear();

    public async Task<ApplyResult> ApplyAsync(Plan plan, DesiredState desired, ApplyContext context, CancellationToken cancellationToken)
    {
        var step = new Step(plan, desired, context);
        if (await ProvisionAsync(step, cancellationToken).ConfigureAwait(false))
        {
            // Now that there are tunnels, the rest is planned with their ids.
            return step.Result(hasMore: true);
        }

        await RecordsAsync(step, ChangePhase.Withdraw, cancellationToken).ConfigureAwait(false);
        if (step.In<Change>(ChangePhase.Guard).ToList() is { Count: > 0 } guard)
        {
            // Closing goes first and waits for nothing. The rest is planned anew with what guarding came to: a host whose guard failed is not in it.
            var unmade = await access.GuardAsync(context.Account.AccountId, context.Owner, guard, cancellationToken).ConfigureAwait(false);
            step.Tried.AddRange(guard);
            return step.Result(hasMore: true) with { Unmade = unmade };
        }

        await IngressAsync(step, ChangePhase.Route, cancellationToken).ConfigureAwait(false);
        await RecordsAsync(step, ChangePhase.Publish, cancellationToken).ConfigureAwait(false);

        // A host that moved leaves its old tunnel or zone only when it is served at the new one.
        await IngressAsync(step, ChangePhase.Unroute, cancellationToken).ConfigureAwait(false);
        await RecordsAsync(step, ChangePhase.Unroute, cancellationToken).ConfigureAwait(false);
        var isLeft = await UnguardAsync(step, cancellationToken).ConfigureAwait(false);
        await DispatchAsync(step, cancellationToken).ConfigureAwait(false);
        return step.Result(hasMore: (isLeft && step.Faults.Count == 0) || step.Faults.Exists(static fault => fault.Fault is CloudflareFault.Conflict or CloudflareFault.NotFound));
    }

    /// <summary>Answers whether some of it has to wait for the next look.</summary>
    private async Task<bool> UnguardAsync(Step step, CancellationToken cancellationToken)
    {
        var (ready, later) = Unguarding(step.Plan);
        foreach (var (fault, change) in (await access.UnguardAsync(step.Context.Account.AccountId, ready, cancellationToken).ConfigureAwait(false)).Select(fault => (fault.Fault, ready.Find(change => string.Equals(change.Subject, fault.Fault.Subject, StringComparison.Ordinal)))))
        {
            step.Fail(change ?? ready[0], fault);
        }

        step.Tried.AddRange(ready);
        return later.Count > 0;
    }

    // An application goes when the record and the rule are seen to be gone, and so never in the same go as they.
    private static (List<Change> Ready, List<Change> Later) Unguarding(Plan plan)
    {
        var unguard = plan.Changes.Where(static change => change.Phase == ChangePhase.Unguard).ToList();
        if (unguard.Count == 0)
        {
            return (unguard, []);
        }

        var hosts = plan.Changes.OfType<Change.DeleteDns>().Select(static delete => delete.Observed.Name)
            .Concat(plan.Changes.OfType<Change.PutIngress>().SelectMany(static put => put.Removed.Concat(put.Changed)).Select(static identity => identity.Hostname))
            .ToHashSet(StringComparer.Ordinal);
        var later = unguard.Where(change => change is Change.DeleteAccess && hosts.Contains(HostOf(change.Subject))).ToHashSet();
        if (later.Count > 0)
        {
            later.UnionWith(unguard.OfType<Change.DeletePolicy>());
        }

        return (unguard.FindAll(change => !later.Contains(change)), [.. later]);
    }

    private static string HostOf(string appKey) => appKey.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash ? appKey[..slash] : appKey;

    private async Task<bool> ProvisionAsync(Step step, CancellationToken cancellationToken)
    {
        var made = 0;
        foreach (var chunk in step.In<Change>(ChangePhase.Provision).Chunk(CloudflareApplier.SideBySide))
        {
            await Task.WhenAll(chunk.Select(change => TryAsync(step, change, async () =>
            {
                var fault = await ProvideAsync(step.Context, change, cancellationToken).ConfigureAwait(false);
                Interlocked.Add(ref made, fault is null ? 1 : 0);
                return fault;
            }))).ConfigureAwait(false);
        }

        return made > 0;
    }

    private async Task<ApplyFault?> ProvideAsync(ApplyContext context, Change change, CancellationToken cancellationToken)
    {
        switch (change)
        {
            case Change.ReleaseDns release:
                return await cloudflare.ReleaseRecordAsync(release, context.Owner, cancellationToken).ConfigureAwait(false);
            case Change.ReleaseRule release:
                await cloudflare.ReleaseRuleAsync(release, cancellationToken).ConfigureAwait(false);
                return null;
            case Change.ReleaseAccess or Change.ReleasePolicy:
                return await access.ReleaseAsync(context.Account.AccountId, context.Owner, change, cancellationToken).ConfigureAwait(false);
            default:
                return await cloudflare.ProvisionAsync(context.Account.AccountId, change, context.IsNamedByOperator, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task IngressAsync(Step step, ChangePhase phase, CancellationToken cancellationToken)
    {
        foreach (var adopt in step.In<Change.AdoptRule>(phase))
        {
            await cloudflare.AdoptRuleAsync(adopt, cancellationToken).ConfigureAwait(false);
            step.Tried.Add(adopt);
        }

        foreach (var chunk in step.In<Change.PutIngress>(phase).Where(step.IsReady).Chunk(CloudflareApplier.SideBySide))
        {
            await Task.WhenAll(chunk.Select(put => TryAsync(step, put, () =>
                cloudflare.PutIngressAsync(step.Context.Account.AccountId, put, step.Desired, cancellationToken)))).ConfigureAwait(false);
        }
    }

    private async Task RecordsAsync(Step step, ChangePhase phase, CancellationToken cancellationToken)
    {
        var changes = step.In<Change>(phase)
            .Where(static change => change is Change.CreateDns or Change.UpdateDns or Change.AdoptDns or Change.DeleteDns)
            .Where(step.IsReady)
            .Where(change => !IsRefused(step, change));
        foreach (var chunk in changes.GroupBy(ZoneOf, StringComparer.Ordinal).Chunk(CloudflareApplier.SideBySide))
        {
            await Task.WhenAll(chunk.Select(async zone =>
            {
                Change[] all = [.. zone];
                var faults = await cloudflare.WriteRecordsAsync(zone.Key, all, step.Context.Account.BatchSize(zone.Key), step.Context.Owner, cancellationToken).ConfigureAwait(false);
                lock (step)
                {
                    step.Tried.AddRange(all);
                    foreach (var (change, fault) in faults)
                    {
                        Fail(step, change, fault);
                    }
                }
            })).ConfigureAwait(false);
        }
    }

    private async Task DispatchAsync(Step step, CancellationToken cancellationToken)
    {
        foreach (var dispatch in step.In<Change.DispatchCommand>(ChangePhase.Dispatch))
        {
            try
            {
                await queue.EnqueueAsync(dispatch.Agent, dispatch.Command, cancellationToken).ConfigureAwait(false);
                step.Tried.Add(dispatch);
            }
            catch (CommandQueueException exception)
            {
                step.Fail(dispatch, new(dispatch.Subject, exception.Message, CloudflareFault.Passing, null));
            }
        }
    }

    private async Task TryAsync(Step step, Change change, Func<Task<ApplyFault?>> apply)
    {
        if (IsRefused(step, change))
        {
            return;
        }

        var fault = await apply().ConfigureAwait(false);
        lock (step)
        {
            step.Tried.Add(change);
            if (fault is not null)
            {
                Fail(step, change, fault);
            }
        }
    }

    private void Fail(Step step, Change change, ApplyFault fault)
    {
        step.Fail(change, fault);
        if (fault.Fault is CloudflareFault.Lasting or CloudflareFault.Permission || (step.Context.IsLastRound && fault.Fault == CloudflareFault.Conflict && fault.Message.Length > 0))
        {
            refused[KeyOf(step, change)] = fault;
        }
    }

    // What was refused for good is not asked again before the resync or a change of it; it stays a fault.
    private bool IsRefused(Step step, Change change)
    {
        lock (step)
        {
            if (!refused.TryGetValue(KeyOf(step, change), out var fault))
            {
                return false;
            }

            step.Fail(change, fault);
            return true;
        }
    }

    private static (Change Change, bool IsNamed) KeyOf(Step step, Change change) =>
        (change, change is Change.CreateTunnel create && step.Context.IsNamedByOperator(create.Tunnel));

    private static string ZoneOf(Change change) => change switch
    {
        Change.CreateDns create => create.Desired.ZoneId,
        Change.UpdateDns update => update.Observed.ZoneId,
        Change.AdoptDns adopt => adopt.Observed.ZoneId,
        Change.DeleteDns delete => delete.Observed.ZoneId,
        _ => throw new ArgumentException($"{change.GetType().Name} is not a change of a record.", nameof(change)),
    };

    /// <summary>How far one application of a plan has come.</summary>
    private sealed class Step(Plan plan, DesiredState desired, ApplyContext context)
    {
        private readonly ILookup<ChangePhase, Change> changes = plan.Changes.ToLookup(static change => change.Phase);
        private readonly HashSet<string> failedTunnels = new(StringComparer.Ordinal);
        private readonly HashSet<string> failedHosts = new(StringComparer.Ordinal);

        public Plan Plan => plan;

        public DesiredState Desired => desired;

        public ApplyContext Context => context;

        public List<ApplyFault> Faults { get; } = [];

        public List<Change> Tried { get; } = [];

        public IEnumerable<T> In<T>(ChangePhase phase) where T : Change => changes[phase].OfType<T>();

        public ApplyResult Result(bool hasMore) => new(Faults, Tried) { HasMore = hasMore };

        public void Fail(Change change, ApplyFault fault)
        {
            Faults.Add(fault);
            if (change is Change.PutIngress put)
            {
                failedTunnels.Add(put.Tunnel.TunnelId);
            }
            else if (change is Change.CreateDns or Change.UpdateDns or Change.AdoptDns)
            {
                failedHosts.Add(change.Subject);
            }
        }

        /// <summary>Whether what has to be there before this change is there.</summary>
        public bool IsReady(Change change)
        {
            switch (change)
            {
                case Change.CreateDns create:
                    return IsRouted(create.Desired);
                case Change.UpdateDns update:
                    return IsRouted(update.Desired);
                case Change.AdoptDns adopt:
                    return IsRouted(adopt.Desired);
                case Change.PutIngress put:
                    return !put.Tunnel.IsPlanned && (!put.AfterMove || (!failedTunnels.Contains(put.Tunnel.TunnelId) && !put.Removed.Any(identity => failedHosts.Contains(identity.Hostname))));
                case Change.DeleteDns delete:
                    return change.Phase == ChangePhase.Withdraw || !failedHosts.Contains(delete.Observed.Name);
                default:
                    return true;
            }
        }

        private bool IsRouted(DesiredRecord record)
        {
            if (!TunnelAssignment.IsPlannedId(record.TunnelId) && !failedTunnels.Contains(record.TunnelId))
            {
                return true;
            }

            failedHosts.Add(record.Name);
            return false;
        }
    }
}

/// <summary>What came of applying.</summary>
/// <param name="Faults">What failed.</param>
/// <param name="Tried">What was carried out or tried; what had to wait for something that failed is not among it.</param>
internal sealed record ApplyResult(IReadOnlyList<ApplyFault> Faults, IReadOnlyList<Change> Tried)
{
    /// <summary>The applications and policies that could not be made or changed.</summary>
    public IReadOnlyList<GuardFault> Unmade { get; init; } = [];

    /// <summary>Whether the rest is to be planned anew at once.</summary>
    public bool HasMore { get; init; }
}

/// <summary>What applying needs to know besides the plan.</summary>
/// <param name="Account">The account and its zones.</param>
/// <param name="Owner">This installation's mark.</param>
/// <param name="IsNamedByOperator">Whether a tunnel of that name may be adopted.</param>
internal sealed record ApplyContext(AccountView Account, string Owner, Func<TunnelAssignment, bool> IsNamedByOperator)
{
    /// <summary>Whether what fails now is not planned again in this pass, and so is left until the resync.</summary>
    public bool IsLastRound { get; init; }
}
