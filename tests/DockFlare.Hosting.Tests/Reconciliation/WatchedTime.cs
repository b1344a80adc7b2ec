using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>A clock that a test moves, and that tells of each timer that is set.</summary>
internal sealed class WatchedTime() : FakeTimeProvider(new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero))
{
    private readonly Lock gate = new();
    private readonly Channel<TimeSpan> timers = Channel.CreateUnbounded<TimeSpan>();
    private readonly HashSet<Watched> waiting = [];

    /// <summary>How far off the next timer to be set is due.</summary>
    public ValueTask<TimeSpan> NextTimerAsync(CancellationToken cancellationToken) => timers.Reader.ReadAsync(cancellationToken);

    /// <summary>Moves to when the first timer is due that somebody still waits for.</summary>
    public void AdvanceToNext()
    {
        DateTimeOffset? due;
        lock (gate)
        {
            waiting.RemoveWhere(timer => timer.Due <= GetUtcNow());
            due = waiting.Min(static timer => (DateTimeOffset?)timer.Due);
        }

        if (due is { } at)
        {
            SetUtcNow(at);
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime <= TimeSpan.Zero)
        {
            return timer;
        }

        var watched = new Watched(this, timer, GetUtcNow() + dueTime);
        lock (gate)
        {
            waiting.Add(watched);
        }

        timers.Writer.TryWrite(dueTime);
        return watched;
    }

    private void Forget(Watched timer)
    {
        lock (gate)
        {
            waiting.Remove(timer);
        }
    }

    private sealed class Watched(WatchedTime time, ITimer timer, DateTimeOffset due) : ITimer
    {
        public DateTimeOffset Due => due;

        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

        public void Dispose()
        {
            time.Forget(this);
            timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            time.Forget(this);
            return timer.DisposeAsync();
        }
    }
}
