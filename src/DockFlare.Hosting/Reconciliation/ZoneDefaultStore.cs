using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Hosting.Persistence;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>The zones that operators want protected as a whole.</summary>
internal sealed class ZoneDefaultStore(IStateStore store, ReconcileSignal signal) : IDisposable
{
    private readonly DocumentSet<ZoneDefault> defaults = new(store, "zone-default", AccessStateJson.Default.ZoneDefault);

    /// <summary>Every default, by zone.</summary>
    public EquatableArray<ZoneDefault> All => defaults.All.Select(static entry => entry.Value).ToEquatableArray();

    public ValueTask LoadAsync(CancellationToken cancellationToken) => defaults.LoadAsync(cancellationToken);

    /// <summary>Sets a zone's default.</summary>
    public async ValueTask PutAsync(ZoneDefault zone, CancellationToken cancellationToken)
    {
        await defaults.ChangeAsync(zone.Zone, _ => zone, cancellationToken).ConfigureAwait(false);
        signal.Raise();
    }

    /// <summary>Ends a zone's default. Hosts that count on it (<c>access.policy=default_tld</c>) are withdrawn before its application goes. False when there is none.</summary>
    public async ValueTask<bool> DeleteAsync(string zone, CancellationToken cancellationToken)
    {
        var isGone = await defaults.DeleteAsync(zone, cancellationToken).ConfigureAwait(false);
        signal.Raise();
        return isGone;
    }

    public void Dispose() => defaults.Dispose();
}
