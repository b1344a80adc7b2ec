namespace DockFlare.Core.Commands;

/// <summary>How often a command is handed out, and how long one that was given back waits before the next attempt.</summary>
public sealed record RetryPolicy
{
    /// <summary>Five attempts; 5 s before the second, doubling up to 5 minutes.</summary>
    public static RetryPolicy Default { get; } = new();

    /// <summary>How often a command is handed out before it becomes a dead letter; at least 1. 5 by default.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>The longest wait before the second attempt; doubles with each attempt. 5 seconds by default.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>No wait is longer than this. 5 minutes by default.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether a command that was handed out this often has had its attempts.</summary>
    public bool IsSpent(int attempt) => attempt >= MaxAttempts;

    /// <summary>The wait after a failed attempt, in whole milliseconds: between half of the doubled delay and all of it.</summary>
    /// <param name="attempt">Which attempt failed, from 1.</param>
    /// <param name="jitter">Chance from 0 to 1, so that agents that failed together do not come back together.</param>
    public TimeSpan DelayAfter(int attempt, double jitter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempt, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(jitter);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(jitter, 1);

        // 2^52 of anything is past every limit; beyond it the shift would be meaningless.
        var doubled = FirstDelay.TotalMilliseconds * Math.Pow(2, Math.Min(attempt - 1, 52));
        var longest = Math.Min(doubled, MaxDelay.TotalMilliseconds);
        return TimeSpan.FromMilliseconds((long)(longest * (1 + jitter) / 2));
    }
}
