using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Commands;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>
/// Applies a plan phase by phase. What fails takes along only what must not happen without it: a record is not published
/// when its tunnel's rules could not be written.
/// </summary>
internal sealed class PlanApplier(CloudflareApplier cloudflare, ICommandQueue queue)
{
    public async Task<IReadOnlyList<ApplyFault>> ApplyAsync(Plan plan, DesiredState desired, ApplyContext context, CancellationToken cancellationToken)
    {
        var faults = new List<ApplyFault>();
        foreach (var create in plan.Changes.OfType<Change.CreateTunnel>())
        {
            Add(faults, await cloudflare.CreateTunnelAsync(context.Account.AccountId, create, context.IsNamedByOperator(create.Tunnel), cancellationToken).ConfigureAwait(false));
        }

        if (plan.Changes.Any(static change => change is Change.CreateTunnel))
        {
            // Now that the tunnels have ids, the rest is planned with them.
            return faults;
        }

        var changes = plan.Changes.ToLookup(static change => change.Phase);
        faults.AddRange(await RecordsAsync(changes[ChangePhase.Withdraw], context, cancellationToken).ConfigureAwait(false));

        var stopped = await IngressAsync(changes[ChangePhase.Route], desired, context, faults, cancellationToken).ConfigureAwait(false);
        var publish = changes[ChangePhase.Publish].Where(change => !stopped.Contains(TunnelOf(change)));
        faults.AddRange(await RecordsAsync(publish, context, cancellationToken).ConfigureAwait(false));

        if (faults.Count == 0)
        {
            // A host that moved leaves its old tunnel or zone only when it is served at the new one.
            await IngressAsync(changes[ChangePhase.Unroute], desired, context, faults, cancellationToken).ConfigureAwait(false);
            faults.AddRange(await RecordsAsync(changes[ChangePhase.Unroute].Where(static change => change is Change.DeleteDns), context, cancellationToken).ConfigureAwait(false));
        }

        foreach (var dispatch in changes[ChangePhase.Dispatch].OfType<Change.DispatchCommand>())
        {
            await queue.EnqueueAsync(dispatch.Agent, dispatch.Command, cancellationToken).ConfigureAwait(false);
        }

        return faults;
    }

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

/// <summary>What applying needs to know besides the plan.</summary>
/// <param name="Account">The account and its zones.</param>
/// <param name="Owner">This installation's mark.</param>
/// <param name="IsNamedByOperator">Whether a tunnel of that name may be adopted.</param>
internal sealed record ApplyContext(AccountView Account, string Owner, Func<TunnelAssignment, bool> IsNamedByOperator);
