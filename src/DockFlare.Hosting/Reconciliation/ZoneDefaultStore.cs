using System.Collections.Immutable;
using System.Text.Json;
using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Hosting.Persistence;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>The zones that operators want protected as a whole.</summary>
internal sealed class ZoneDefaultStore(IStateStore store, ReconcileSignal signal) : IDisposable
{
    private const string Kind = "zone-default";
    private readonly SemaphoreSlim writing = new(1, 1);
    private ImmutableSortedDictionary<string, (ZoneDefault Default, long Version)> defaults = ImmutableSortedDictionary.Create<string, (ZoneDefault, long)>(StringComparer.Ordinal);
    private bool isLoaded;

    /// <summary>Every default, by zone.</summary>
    public EquatableArray<ZoneDefault> All => defaults.Values.Select(static entry => entry.Default).ToEquatableArray();

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
                var zone = JsonSerializer.Deserialize(document.Json.Span, AccessStateJson.Default.ZoneDefault)
                    ?? throw new StateStoreException($"The default of zone '{document.Id}' in the state store is empty. Restore the data directory from a backup.");
                defaults = defaults.SetItem(document.Id, (zone, document.Version));
            }

            isLoaded = true;
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Sets a zone's default.</summary>
    public async ValueTask PutAsync(ZoneDefault zone, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken).ConfigureAwait(false);
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var version = defaults.GetValueOrDefault(zone.Zone).Version;
            var written = await store.TryPutAsync(Kind, zone.Zone, JsonSerializer.SerializeToUtf8Bytes(zone, AccessStateJson.Default.ZoneDefault), version, cancellationToken).ConfigureAwait(false)
                ?? throw new StateStoreException($"Somebody else wrote the default of zone '{zone.Zone}' at the same moment: look at it again and repeat the change.");
            defaults = defaults.SetItem(zone.Zone, (zone, written));
        }
        finally
        {
            writing.Release();
        }

        signal.Raise();
    }

    /// <summary>Ends a zone's default. Hosts that count on it (<c>access.policy=default_tld</c>) are withdrawn before its application goes. False when there is none.</summary>
    public async ValueTask<bool> DeleteAsync(string zone, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken).ConfigureAwait(false);
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!defaults.TryGetValue(zone, out var found) || !await store.TryDeleteAsync(Kind, zone, found.Version, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            defaults = defaults.Remove(zone);
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
