namespace DockFlare.Testing.Wire;

/// <summary>Counts the calls of one owner in a sliding window.</summary>
internal sealed class RateCounter
{
    private readonly Queue<DateTimeOffset> calls = new();
    private DateTimeOffset blockedUntil;

    /// <summary>Counts one call.</summary>
    /// <returns>What is left, in how many seconds one more is, and for how long the owner is blocked (null when it is not).</returns>
    public (int Left, int ResetSeconds, int? BlockedSeconds) Count(FakeRateLimit limit, DateTimeOffset now)
    {
        if (now < blockedUntil)
        {
            return (0, Seconds(blockedUntil - now), Seconds(blockedUntil - now));
        }

        while (calls.TryPeek(out var oldest) && now - oldest >= limit.Window)
        {
            calls.Dequeue();
        }

        if (calls.Count >= limit.Calls)
        {
            blockedUntil = now + limit.Window;
            calls.Clear();
            return (0, Seconds(limit.Window), Seconds(limit.Window));
        }

        calls.Enqueue(now);
        return (limit.Calls - calls.Count, Seconds(calls.Peek() + limit.Window - now), null);
    }

    private static int Seconds(TimeSpan span) => Math.Max(1, (int)Math.Ceiling(span.TotalSeconds));
}
