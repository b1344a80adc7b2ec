namespace DockFlare.Hosting.Commands;

/// <summary>How long a waiting poll sleeps when nothing wakes it.</summary>
internal static class WaitTimes
{
    /// <summary>Until the poll ends or time alone makes a command visible, whichever is first; in whole milliseconds upwards, as timers drop fractions and would fire early.</summary>
    public static TimeSpan Pause(TimeSpan untilEnd, TimeSpan? untilDue)
    {
        var pause = untilDue < untilEnd ? untilDue.Value : untilEnd;
        return TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(pause.TotalMilliseconds)));
    }
}
