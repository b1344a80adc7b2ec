namespace DockFlare.Hosting.Commands;

/// <summary>Wakes the polls that wait for one agent. Safe for concurrent use.</summary>
internal sealed class WakeSignal
{
    private TaskCompletionSource? waiter;

    /// <summary>Completes at the next <see cref="Raise"/>. Take it before looking at the queue, and nothing is missed in between.</summary>
    public Task Next
    {
        get
        {
            var current = Volatile.Read(ref waiter);
            if (current is not null)
            {
                return current.Task;
            }

            var fresh = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (Interlocked.CompareExchange(ref waiter, fresh, null) ?? fresh).Task;
        }
    }

    /// <summary>Lets every waiting poll look again.</summary>
    public void Raise()
    {
        if (Volatile.Read(ref waiter) is not null)
        {
            Interlocked.Exchange(ref waiter, null)?.TrySetResult();
        }
    }

    /// <summary>
    /// Waits for <paramref name="woken"/>, until the poll ends or until time alone makes a command visible, whichever is first.
    /// In whole milliseconds upwards: timers drop fractions and would fire early.
    /// </summary>
    public static async ValueTask WaitAsync(Task woken, TimeSpan untilEnd, TimeSpan? untilDue, TimeProvider time, CancellationToken cancellationToken)
    {
        var pause = untilDue < untilEnd ? untilDue.Value : untilEnd;
        pause = TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(pause.TotalMilliseconds)));
        await woken.WaitAsync(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
