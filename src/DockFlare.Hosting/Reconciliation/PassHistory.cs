using DockFlare.Core;
using DockFlare.Core.Ingress;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Cloudflare;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>Writes a pass's changes into the history, with what they are changed from and why.</summary>
internal sealed class PassHistory(HistoryStore store, PassBoard board, AgentView agents, TunnelStore tunnels)
{
    /// <summary>The routes that were in place when the last pass ended, or when the process before this one did.</summary>
    public EquatableArray<DesiredRoute> Settled()
    {
        var last = board.Current;
        if (last.Desired.Routes.IsEmpty)
        {
            return agents.Held().Where(IsWritten).ToEquatableArray();
        }

        var open = last.Remaining.Changes.SelectMany(HostsOf)
            .Concat(last.Remaining.Blocked.Where(static blocked => !blocked.IsServed).Select(static blocked => blocked.Key.Host))
            .ToHashSet(StringComparer.Ordinal);
        return last.Desired.Routes.Where(route => !open.Contains(route.Key.Host)).ToEquatableArray();
    }

    public ValueTask<PendingHistory?> BeginAsync(DesiredState desired, ObservedState observed, Plan plan, EquatableArray<DesiredRoute> settled, CancellationToken cancellationToken)
    {
        var recorder = new ChangeRecorder(desired, observed, plan, settled);
        return store.BeginAsync([.. plan.Changes.SelectMany(change => recorder.Record(change).Select(line => (change, line)))], cancellationToken);
    }

    public ValueTask CompleteAsync(PendingHistory? pending, ApplyResult result, List<Change> done, CancellationToken cancellationToken) => pending is null
        ? ValueTask.CompletedTask
        : store.CompleteAsync(pending, done, result.Faults.Concat(result.Unmade.Select(static unmade => unmade.Fault)), cancellationToken);

    public ValueTask PruneAsync(CancellationToken cancellationToken) => store.PruneAsync(cancellationToken);

    private bool IsWritten(DesiredRoute route)
    {
        var identity = RuleIdentity.Of(route.Key);
        return tunnels.FindById(route.TunnelId) is { } record && record.Owned.Any(rule => rule.Since > 0 && rule.Identity == identity);
    }

    private static IEnumerable<string> HostsOf(Change change) => change switch
    {
        Change.PutIngress put => put.Added.Concat(put.Changed).Concat(put.Removed).Select(static rule => rule.Hostname),
        Change.CreateAccess or Change.UpdateAccess or Change.AdoptAccess or Change.DeleteAccess or Change.ReleaseAccess => [change.Subject.Split('/')[0]],
        _ => [change.Subject],
    };
}
