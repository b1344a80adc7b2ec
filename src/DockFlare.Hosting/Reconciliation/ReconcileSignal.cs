using DockFlare.Hosting.Agents;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>Wakes the reconcile loop. Raising it many times before it is taken is raising it once.</summary>
/// <param name="time">The clock that tells a lone change, which is acted on at once, from a rush, which is waited out.</param>
public sealed class ReconcileSignal(TimeProvider? time = null)
{
    private readonly CoalescingGate gate = new(time ?? TimeProvider.System);

    /// <summary>Something changed: look again.</summary>
    public void Raise() => gate.Raise();

    /// <summary>Completes when it is time to act: at once for a lone change, after 100 ms of quiet for a rush, at the latest after 2 s.</summary>
    internal ValueTask WaitAsync(CancellationToken cancellationToken) => gate.WaitAsync(cancellationToken);

    /// <summary>Takes the signal if it was raised.</summary>
    internal bool TryTake() => gate.TryTake();
}
