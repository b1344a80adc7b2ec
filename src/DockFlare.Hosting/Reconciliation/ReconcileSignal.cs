using System.Threading.Channels;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>Wakes the reconcile loop. Raising it many times before it is taken is raising it once.</summary>
public sealed class ReconcileSignal
{
    // A semaphore and a flag overflow or miss; a channel of one that drops writes does neither.
    private readonly Channel<bool> channel = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Something changed: look again.</summary>
    public void Raise() => channel.Writer.TryWrite(true);

    /// <summary>Completes when the signal was raised since it was last taken, and takes it.</summary>
    internal ValueTask<bool> TakeAsync(CancellationToken cancellationToken) => channel.Reader.ReadAsync(cancellationToken);

    /// <summary>Takes the signal if it was raised.</summary>
    internal bool TryTake() => channel.Reader.TryRead(out _);
}
