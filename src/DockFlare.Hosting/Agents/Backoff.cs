namespace DockFlare.Hosting.Agents;

/// <summary>How long to wait before the next try.</summary>
internal static class Backoff
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>1 s, 2 s, 4 s … 60 s, each between half and all of it by <paramref name="jitter"/> (0 to 1); never less than what the master asked for.</summary>
    public static TimeSpan After(int attempt, TimeSpan? atLeast, double jitter)
    {
        var full = TimeSpan.FromSeconds(Math.Min(Longest.TotalSeconds, Math.Pow(2, Math.Min(attempt, 10) - 1)));
        var delay = full * (0.5 + (jitter / 2));
        return atLeast is { } least && least > delay ? least : delay;
    }
}
