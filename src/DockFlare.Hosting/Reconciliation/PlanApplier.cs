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
    public async Task<ApplyResult> ApplyAsync(Plan plan, DesiredState desired, ApplyContext context, CancellationToken cancellationToken)
    {
        var faults = new List<ApplyFault>();
        foreach (var create in plan.Changes.OfType<Change.CreateTunnel>())
        {
            Add(faults, await cloudflare.CreateTunnelAsync(context.Account.AccountId, create, context.IsNamedByOperator(create.Tunnel), cancellationToken).ConfigureAwait(false));
        }

        if (plan.Changes.Any(static change => change is Change.CreateTunnel))
        {
            // Now that the tunnels have ids, the rest is planned with them.
            var creations = plan.Changes.Where(static change => change is Change.CreateTunnel).ToList();
            return new(faults, creations) { HasMore = faults.Count < creations.Count };
        }

        var changes = plan.Changes.ToLookup(static change => change.Phase);
        faults.AddRange(await RecordsAsync(changes[ChangePhase.Withdraw], context, cancellationToken).ConfigureAwait(false));
        if (changes[ChangePhase.Guard].ToList() is { Count: > 0 } guard)
        {
            // Closing goes first and waits for nothing. The rest is planned anew with what guarding came to: a host whose guard failed is not in it.
            var unmade = await access.GuardAsync(context.Account.AccountId, guard, cancellationToken).ConfigureAwait(false);
            return new(faults, changes[ChangePhase.Withdraw].Concat(guard).ToList()) { Unmade = unmade, HasMore = true };
        }

        var stopped = await IngressAsync(changes[ChangePhase.Route], desired, context, faults, cancellationToken).ConfigureAwait(false);
        var publish = changes[ChangePhase.Publish].Where(change => !stopped.Contains(TunnelOf(change)));
        faults.AddRange(await RecordsAsync(publish, context, cancellationToken).ConfigureAwait(false));

        if (faults.Count == 0)
        {
            // A host that moved leaves its old tunnel or zone only when it is served at the new one.
            await IngressAsync(changes[ChangePhase.Unroute], desired, context, faults, cancellationToken).ConfigureAwait(false);
            faults.AddRange(await RecordsAsync(changes[ChangePhase.Unroute].Where(static change => change is Change.DeleteDns), context, cancellationToken).ConfigureAwait(false));
        }

        var (ready, later) = Unguarding(plan);
        faults.AddRange((await access.UnguardAsync(context.Account.AccountId, ready, cancellationToken).ConfigureAwait(false)).Select(static fault => fault.Fault));

        foreach (var dispatch in changes[ChangePhase.Dispatch].OfType<Change.DispatchCommand>())
        {
            await queue.EnqueueAsync(dispatch.Agent, dispatch.Command, cancellationToken).ConfigureAwait(false);
        }

        return new(faults, plan.Changes.Except(later).ToList()) { HasMore = later.Count > 0 && faults.Count == 0 };
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

    private async Task<HashSet<string>> IngressAsync(
        IEnumerable<Change> changes, DesiredState desired, ApplyContext context, List<ApplyFault> faults, CancellationToken cancellationToken)
    {
        var stopped = new HashSet<string>(StringComparer.Ordinal);
        foreach (var chunk in changes.OfType<Change.PutIngress>().Chunk(CloudflareApplier.SideBySide))
        {
            var results = await Task.WhenAll(chunk.Select(put => cloudflare.PutIngressAsync(context.Account.AccountId, put, desired, cancellationToken))).ConfigureAwait(false);
            for (var i = 0; i < chunk.Length; i++)
            {
                if (results[i] is { } fault)
                {
                    faults.Add(fault);
                    stopped.Add(chunk[i].Tunnel.TunnelId);
                }
            }
        }

        return stopped;
    }

    private async Task<IEnumerable<ApplyFault>> RecordsAsync(IEnumerable<Change> changes, ApplyContext context, CancellationToken cancellationToken)
    {
        var faults = new List<ApplyFault>();
        foreach (var chunk in changes.GroupBy(ZoneOf, StringComparer.Ordinal).Chunk(CloudflareApplier.SideBySide))
        {
            var results = await Task.WhenAll(chunk.Select(zone =>
                cloudflare.WriteRecordsAsync(zone.Key, [.. zone], context.Account.BatchSize(zone.Key), context.Owner, cancellationToken))).ConfigureAwait(false);
            faults.AddRange(results.SelectMany(static result => result));
        }

        return faults;
    }

    private static string ZoneOf(Change change) => change switch
    {
        Change.CreateDns create => create.Desired.ZoneId,
        Change.UpdateDns update => update.Observed.ZoneId,
        Change.DeleteDns delete => delete.Observed.ZoneId,
        _ => throw new ArgumentException($"{change.GetType().Name} is not a change of a record.", nameof(change)),
    };

    private static string TunnelOf(Change change) => change switch
    {
        Change.CreateDns create => create.Desired.TunnelId,
        Change.UpdateDns update => update.Desired.TunnelId,
        _ => "",
    };

    private static void Add(List<ApplyFault> faults, ApplyFault? fault)
    {
        if (fault is not null)
        {
            faults.Add(fault);
        }
    }
}

/// <summary>What came of applying.</summary>
/// <param name="Faults">What failed.</param>
/// <param name="Tried">What was carried out or tried.</param>
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
internal sealed record ApplyContext(AccountView Account, string Owner, Func<TunnelAssignment, bool> IsNamedByOperator);
