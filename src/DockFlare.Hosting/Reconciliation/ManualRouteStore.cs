using System.Collections.Immutable;
using System.Text.Json;
using DockFlare.Core;
using DockFlare.Core.Ingress;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Persistence;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>The routes that operators wrote.</summary>
internal sealed class ManualRouteStore(IStateStore store, ReconcileSignal signal) : IDisposable
{
    private const string Kind = "manual-route";
    private readonly SemaphoreSlim writing = new(1, 1);
    private ImmutableSortedDictionary<RuleKey, (ManualRoute Route, long Version)> routes = ImmutableSortedDictionary<RuleKey, (ManualRoute, long)>.Empty;
    private bool isLoaded;

    /// <summary>Every route, by key.</summary>
    public EquatableArray<ManualRoute> All => routes.Values.Select(static entry => entry.Route).ToEquatableArray();

    public async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (isLoaded)
            {
                return;
            }

            foreach (var document in await store.ListAsync(Kind, cancellationToken).ConfigureAwait(false))
            {
                var route = JsonSerializer.Deserialize(document.Json.Span, StateJson.Default.ManualRoute)
                    ?? throw new StateStoreException($"The manual rule '{document.Id}' in the state store is empty. Restore the data directory from a backup.");
                routes = routes.SetItem(route.Rule.Key, (route, document.Version));
            }

            isLoaded = true;
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Adds a route. False when there is one of its host and path.</summary>
    public async ValueTask<bool> TryAddAsync(ManualRoute route, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken).ConfigureAwait(false);
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (routes.ContainsKey(route.Rule.Key))
            {
                return false;
            }

            var json = JsonSerializer.SerializeToUtf8Bytes(route, StateJson.Default.ManualRoute);
            var written = await store.TryPutAsync(Kind, route.Rule.Key.ToString(), json, 0, cancellationToken).ConfigureAwait(false)
                ?? throw new StateStoreException($"Somebody else wrote the manual rule '{route.Rule.Key}': two masters share one state store. Stop one of them.");
            routes = routes.Add(route.Rule.Key, (route, written));
        }
        finally
        {
            writing.Release();
        }

        signal.Raise();
        return true;
    }

    /// <summary>Removes a route. False when there is none of that name.</summary>
    /// <param name="key">As <see cref="RuleKey.ToString"/> writes it.</param>
    /// <param name="cancellationToken">Ends the wait for the store.</param>
    public async ValueTask<bool> RemoveAsync(string key, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken).ConfigureAwait(false);
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var (route, version) = routes.Values.FirstOrDefault(entry => string.Equals(entry.Route.Rule.Key.ToString(), key, StringComparison.Ordinal));
            if (route is null || !await store.TryDeleteAsync(Kind, key, version, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            routes = routes.Remove(route.Rule.Key);
        }
        finally
        {
            writing.Release();
        }

        signal.Raise();
        return true;
    }

    public void Dispose() => writing.Dispose();
}
