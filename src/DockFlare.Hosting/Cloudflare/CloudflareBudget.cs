using System.Globalization;

namespace DockFlare.Hosting.Cloudflare;

/// <summary>
/// What a call is for. When calls are short, those that close an exposure go first, then new routes, then what new hosts need before they are routed,
/// so that those that have it already do not wait for all the others, then looking again.
/// </summary>
internal enum CallLane
{
    /// <summary>New and changed routes.</summary>
    Route,

    /// <summary>What takes something off the Internet, or puts a login before what is on it.</summary>
    Closing,

    /// <summary>Applications and policies of hosts that are not served yet.</summary>
    Guard,

    /// <summary>Looking at everything anew.</summary>
    Resync,
}

/// <summary>
/// Keeps our calls under Cloudflare's limit: never more than the ceiling inside any five minutes, a tenth of it kept for closings, a twentieth for routes
/// and another for what is not looking again. Cloudflare's own count, which includes the calls of others with the same token's owner, holds when it is lower.
/// </summary>
internal sealed class CloudflareBudget(int ceiling, TimeProvider time)
{
    /// <summary>The window that Cloudflare counts in.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new();
    // When each call ended. Cloudflare counts it at some moment before that, so the window is never shorter than theirs.
    private readonly Queue<DateTimeOffset> ended = new();
    private int? quota;
    private int underway;
    private bool isHalved;
    private int left = int.MaxValue;
    private DateTimeOffset leftUntil;
    private DateTimeOffset pausedUntil;

    /// <summary>Takes one call and answers zero, or answers how long to wait before asking again. Each call taken is followed by <see cref="Done"/> or <see cref="GiveBack"/>.</summary>
    public TimeSpan Take(CallLane lane)
    {
        lock (gate)
        {
            var wait = Until(lane, calls: 1);
            underway += wait > TimeSpan.Zero ? 0 : 1;
            return wait;
        }
    }

    /// <summary>How long until there is room for several calls; zero when there is. None is taken.</summary>
    public TimeSpan WaitFor(CallLane lane, int calls)
    {
        lock (gate)
        {
            return Until(lane, Math.Clamp(calls, 1, Limit - Kept(lane)));
        }
    }

    /// <summary>Whether only half of the ceiling is used, because other processes may use the other half unseen.</summary>
    public bool IsHalved
    {
        set
        {
            lock (gate)
            {
                isHalved = value;
            }
        }
    }

    /// <summary>How many calls in a window leave to the lanes before this one what is kept for them.</summary>
    public int LimitOf(CallLane lane)
    {
        lock (gate)
        {
            return Limit - Kept(lane);
        }
    }

    /// <summary>A call that was taken is not made after all.</summary>
    public void GiveBack()
    {
        lock (gate)
        {
            underway--;
        }
    }

    /// <summary>How many calls may be made now.</summary>
    public int Left
    {
        get
        {
            lock (gate)
            {
                var now = Forget();
                var own = Limit - ended.Count - underway;
                return now < pausedUntil ? 0 : Math.Max(0, now < leftUntil ? Math.Min(own, left - underway) : own);
            }
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
            ended.Enqueue(time.GetUtcNow());
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

    private TimeSpan Until(CallLane lane, int calls)
    {
        var now = Forget();
        var kept = Kept(lane);
        var tooMany = ended.Count + underway + calls - (Limit - kept);
        var own = tooMany <= 0 ? TimeSpan.Zero : tooMany > ended.Count ? Window : ended.ElementAt(tooMany - 1) + Window - now;
        return Latest(pausedUntil - now, own, left - underway - calls < kept ? leftUntil - now : TimeSpan.Zero);
    }

    private DateTimeOffset Forget()
    {
        var now = time.GetUtcNow();
        while (ended.TryPeek(out var oldest) && now - oldest >= Window)
        {
            ended.Dequeue();
        }

        return now;
    }

    private int Limit => Math.Max(1, Math.Min(ceiling, quota ?? ceiling) / (isHalved ? 2 : 1));

    // What this lane leaves to those before it.
    private int Kept(CallLane lane) => lane switch
    {
        CallLane.Closing => 0,
        CallLane.Route => Limit / 10,
        CallLane.Guard => (Limit / 10) + (Limit / 20),
        _ => Limit / 5,
    };

    private static TimeSpan Latest(TimeSpan first, TimeSpan second, TimeSpan third)
    {
        var longest = first > second ? first : second;
        longest = longest > third ? longest : third;
        return longest > TimeSpan.Zero ? longest : TimeSpan.Zero;
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
