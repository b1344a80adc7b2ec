using System.Globalization;

namespace DockFlare.Hosting.Cloudflare;

/// <summary>What a call is for. When calls are short, those that close an exposure go first, then new routes, then looking again.</summary>
internal enum CallLane
{
    /// <summary>New and changed routes.</summary>
    Route,

    /// <summary>What takes something off the Internet.</summary>
    Closing,

    /// <summary>Looking at everything anew.</summary>
    Resync,
}

/// <summary>
/// Keeps our calls under Cloudflare's limit: never more than the ceiling inside any five minutes, a tenth of it kept for closings and another tenth
/// from looking again. Cloudflare's own count, which includes the calls of others with the same token's owner, holds when it is lower.
/// </summary>
internal sealed class CloudflareBudget(int ceiling, TimeProvider time)
{
    /// <summary>The window that Cloudflare counts in.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new();
    private readonly Queue<DateTimeOffset> calls = new();
    private int? quota;
    private int underway;
    private int left = int.MaxValue;
    private DateTimeOffset leftUntil;
    private DateTimeOffset pausedUntil;

    /// <summary>How many calls may still be made in the present window, and of how many.</summary>
    public (int Left, int Of) Standing
    {
        get
        {
            lock (gate)
            {
                var now = time.GetUtcNow();
                var own = Limit - calls.Count(call => now - call < Window);
                return (Math.Max(0, pausedUntil > now ? 0 : leftUntil > now ? Math.Min(own, left - underway) : own), Limit);
            }
        }
    }

    /// <summary>Takes one call and answers zero, or answers how long to wait before asking again. Each call taken is followed by <see cref="Done"/>.</summary>
    public TimeSpan Take(CallLane lane)
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            while (calls.TryPeek(out var oldest) && now - oldest >= Window)
            {
                calls.Dequeue();
            }

            var wait = Latest(pausedUntil - now, UntilOwnCountAllows(lane, now), left - underway <= Kept(lane) ? leftUntil - now : TimeSpan.Zero);
            if (wait > TimeSpan.Zero)
            {
                return wait;
            }

            calls.Enqueue(now);
            underway++;
            return TimeSpan.Zero;
        }
    }

    /// <summary>A call that was taken has ended; takes what its answer says of the limit.</summary>
    /// <param name="rateLimit">The header <c>Ratelimit</c>, such as <c>"default";r=1199;t=1</c>; null when there was none.</param>
    /// <param name="policy">The header <c>Ratelimit-Policy</c>, such as <c>"default";q=1200;w=300</c>.</param>
    public void Done(string? rateLimit, string? policy)
    {
        lock (gate)
        {
            underway--;
            if (Number(policy, "q=") is { } asked and > 0)
            {
                quota = asked;
            }

            if (Number(rateLimit, "r=") is { } remaining)
            {
                left = remaining;
                leftUntil = time.GetUtcNow() + TimeSpan.FromSeconds(Math.Clamp(Number(rateLimit, "t=") ?? 1, 1, (int)Window.TotalSeconds));
            }
        }
    }

    /// <summary>Cloudflare has refused a call as one too many: nobody calls until it may.</summary>
    /// <param name="asked">What <c>retry-after</c> says; without it the whole window is waited out.</param>
    /// <returns>How long that is.</returns>
    public TimeSpan Pause(TimeSpan? asked)
    {
        lock (gate)
        {
            var wait = asked ?? Window;
            var until = time.GetUtcNow() + wait;
            pausedUntil = until > pausedUntil ? until : pausedUntil;
            return wait;
        }
    }

    private TimeSpan UntilOwnCountAllows(CallLane lane, DateTimeOffset now)
    {
        var tooMany = calls.Count - (Limit - Kept(lane) - 1);
        return tooMany <= 0 ? TimeSpan.Zero : calls.ElementAt(Math.Min(tooMany, calls.Count) - 1) + Window - now;
    }

    private int Limit => Math.Min(ceiling, quota ?? ceiling);

    // What this lane leaves to those before it.
    private int Kept(CallLane lane) => lane switch
    {
        CallLane.Closing => 0,
        CallLane.Route => Limit / 10,
        _ => Limit / 5,
    };

    private static TimeSpan Latest(TimeSpan first, TimeSpan second, TimeSpan third)
    {
        var longest = first > second ? first : second;
        return longest > third ? longest : third;
    }

    private static int? Number(string? header, string key)
    {
        var at = header?.IndexOf(key, StringComparison.Ordinal) ?? -1;
        if (at < 0)
        {
            return null;
        }

        var digits = header.AsSpan(at + key.Length);
        var end = digits.IndexOfAnyExceptInRange('0', '9');
        return int.TryParse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
