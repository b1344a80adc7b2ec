using DockFlare.Core;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Persistence;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>The routes that operators wrote.</summary>
internal sealed class ManualRouteStore(IStateStore store, ReconcileSignal signal) : IDisposable
{
    public const string Kind = "manual-route";
    private readonly DocumentSet<ManualRoute> routes = new(store, Kind, StateJson.Default.ManualRoute);

    /// <summary>Every route, by key.</summary>
    public EquatableArray<ManualRoute> All => routes.All.Select(static entry => entry.Value).ToEquatableArray();

    public ValueTask LoadAsync(CancellationToken cancellationToken) => routes.LoadAsync(cancellationToken);

    /// <summary>Adds a route. False when there is one of its host and path.</summary>
    public async ValueTask<bool> TryAddAsync(ManualRoute route, CancellationToken cancellationToken)
    {
        var there = await routes.ChangeAsync(route.Rule.Key.ToString(), old => old is null ? route : null, cancellationToken).ConfigureAwait(false);
        signal.Raise();
        return ReferenceEquals(there, route);
    }

    /// <summary>Removes a route. False when there is none of that name.</summary>
    /// <param name="key">As <see cref="DockFlare.Core.Ingress.RuleKey.ToString"/> writes it.</param>
    /// <param name="cancellationToken">Ends the wait for the store.</param>
    public async ValueTask<bool> RemoveAsync(string key, CancellationToken cancellationToken)
    {
        var isGone = await routes.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        signal.Raise();
        return isGone;
    }

    public void Dispose() => routes.Dispose();
}
