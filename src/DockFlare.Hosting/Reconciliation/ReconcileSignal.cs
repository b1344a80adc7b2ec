using DockFlare.Hosting.Agents;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>Wakes the reconcile loop. Raising it many times before it is taken is raising it once.</summary>
/// <param name="time">The clock that tells a lone change, which is acted on at once, from a rush, which is waited out.</param>
public sealed class ReconcileSignal(TimeProvider? time = null)
{
    private readonly CoalescingGate gate = new(time ?? TimeProvider.System);
    private volatile bool isAnew;

    /// <summary>Something changed: look again.</summary>
    public void Raise() => gate.Raise();

    /// <summary>An operator wants everything at Cloudflare looked at anew rather than what is remembered.</summary>
    internal void RaiseAnew()
    {
        isAnew = true;
        gate.Raise();
    }

    /// <summary>Whether everything is to be looked at anew, since this was last asked.</summary>
    internal bool TakeAnew()
    {
        var was = isAnew;
        isAnew = false;
        return was;
    }

    /// <summary>Completes when it is time to act: at once for a lone change, after 100 ms of quiet for a rush, at the latest after 2 s.</summary>
    internal ValueTask WaitAsync(CancellationToken cancellationToken) => gate.WaitAsync(cancellationToken);

    /// <summary>Takes the signal if it was raised.</summary>
    internal bool TryTake() => gate.TryTake();
}
