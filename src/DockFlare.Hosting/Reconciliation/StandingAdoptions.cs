using DockFlare.Core;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Persistence;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>What an import agreed to take over, until it is taken over: each counts once.</summary>
internal sealed class StandingAdoptions(IStateStore store) : IDisposable
{
    /// <summary>Its kind in the store; the id is what <see cref="StandingAdoption"/> says, the value where it came from.</summary>
    public const string Kind = "standing-adoption";

    private readonly DocumentSet<string> adoptions = new(store, Kind, StateJson.Default.String);

    public EquatableArray<string> All => adoptions.All.Select(static entry => entry.Key).ToEquatableArray();

    public ValueTask LoadAsync(CancellationToken cancellationToken) => adoptions.LoadAsync(cancellationToken);

    /// <summary>A change was carried out: if what it took over is taken back, that is a new question.</summary>
    public async ValueTask DoneAsync(Change change, CancellationToken cancellationToken)
    {
        if (StandingAdoption.Find(change) is { } adoption)
        {
            await adoptions.DeleteAsync(adoption, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => adoptions.Dispose();
}
