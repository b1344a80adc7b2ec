using System.Threading.Channels;

namespace DockFlare.Hosting.Agents;

/// <summary>
/// Decides when to act on changes that may come in a rush: the first one lets through at once, what follows waits
/// until it has been quiet for a while, but never longer than <paramref name="latest"/>. One waiter.
/// </summary>
internal sealed class CoalescingGate(TimeProvider time, TimeSpan quiet, TimeSpan latest)
{
    private readonly Channel<long> raised = Channel.CreateBounded<long>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long lastRaised;
    private long? lastOpened;

    /// <summary>100 ms of quiet, at the latest 2 s: what the agent's reporter and the reconcile loop both use.</summary>
    public CoalescingGate(TimeProvider time)
        : this(time, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2))
    {
    }

    /// <summary>Something changed. Never blocks; many raises before the gate opens are one.</summary>
    public void Raise()
    {
        var now = time.GetTimestamp();
        Volatile.Write(ref lastRaised, now);
        raised.Writer.TryWrite(now);
    }

    /// <summary>Completes when it is time to act on what was raised since the gate last opened.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        var first = await raised.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        while (Remaining(first) is { Ticks: > 0 } remaining)
        {
            await Task.Delay(remaining, time, cancellationToken).ConfigureAwait(false);
        }

        // Raised meanwhile: whoever acts now sees that change too.
        raised.Reader.TryRead(out _);
        lastOpened = time.GetTimestamp();
    }

    /// <summary>Takes what was raised, whether or not it is time to act on it.</summary>
    public bool TryTake() => raised.Reader.TryRead(out _);

    private TimeSpan Remaining(long first)
    {
        if (lastOpened is not { } opened || time.GetElapsedTime(opened, first) >= quiet)
        {
            return TimeSpan.Zero;
        }

        var untilQuiet = quiet - time.GetElapsedTime(Volatile.Read(ref lastRaised));
        var untilLatest = latest - time.GetElapsedTime(first);
        return untilQuiet < untilLatest ? untilQuiet : untilLatest;
    }
}
