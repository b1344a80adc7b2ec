namespace DockFlare.Hosting.Cloudflare;

/// <summary>Asks for calls out of the window that every process with the same token shares.</summary>
/// <param name="request">What is asked for, and what became of what was asked for before.</param>
/// <param name="cancellationToken">Ends the asking.</param>
/// <returns>Null while what the processes share cannot be reached.</returns>
internal delegate ValueTask<CallGrant?> ReserveCalls(CallRequest request, CancellationToken cancellationToken);

/// <summary>Calls that a process wants to make.</summary>
/// <param name="Wanted">How many.</param>
/// <param name="Limit">How many all processes may make inside a window.</param>
internal sealed record CallRequest(int Wanted, int Limit)
{
    /// <summary>For how long they may be made.</summary>
    public required TimeSpan Validity { get; init; }

    /// <summary>How long Cloudflare counts a call, with some slack for calls that are underway.</summary>
    public required TimeSpan Window { get; init; }

    /// <summary>The grant before; null when there was none.</summary>
    public string? Last { get; init; }

    /// <summary>How many of the last grant's calls were made; the rest is given back.</summary>
    public int LastUsed { get; init; }
}

/// <summary>Calls that may be made.</summary>
/// <param name="Id">What to name it by when the next is asked for.</param>
/// <param name="Calls">How many; 0 when the others have used them up.</param>
/// <param name="Wait">How long until there are more, when there are none.</param>
internal sealed record CallGrant(string Id, int Calls, TimeSpan Wait);

/// <summary>
/// One process's part in a budget that several share. Calls are reserved in chunks, so that most calls ask nobody; what is not used within seconds is given
/// back. While what they share is away, each process keeps to half of the ceiling: two of them, as when one replaces the other, stay below it together.
/// </summary>
internal sealed class SharedCalls(ReserveCalls reserve, CloudflareBudget budget, TimeProvider time) : IDisposable
{
    private const int SmallestChunk = 4;
    private const int LargestChunk = 32;
    private static readonly TimeSpan Validity = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim reserving = new(1, 1);
    private CallGrant? grant;
    private int limit;
    private int used;
    private int chunk = SmallestChunk;
    private DateTimeOffset validUntil;
    private DateTimeOffset awayUntil;

    /// <summary>Takes one call and answers zero, or answers how long to wait before asking again.</summary>
    public async ValueTask<TimeSpan> TakeAsync(CallLane lane, CancellationToken cancellationToken)
    {
        await reserving.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var now = time.GetUtcNow();
            var allowed = budget.LimitOf(lane);

            // A lane that has to leave something to others does not use what they reserved.
            if (grant is not null && used < grant.Calls && now < validUntil && limit <= allowed)
            {
                used++;
                return TimeSpan.Zero;
            }

            return now < awayUntil ? TimeSpan.Zero : await ReserveAsync(allowed, now, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            reserving.Release();
        }
    }

    public void Dispose() => reserving.Dispose();

    private async ValueTask<TimeSpan> ReserveAsync(int allowed, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var isInFullUse = grant is not null && used == grant.Calls && now < validUntil;
        chunk = isInFullUse ? Math.Min(chunk * 2, LargestChunk) : SmallestChunk;
        var request = new CallRequest(Math.Min(chunk, allowed), allowed) { Validity = Validity + Slack, Window = CloudflareBudget.Window + Slack, Last = grant?.Id, LastUsed = used };
        var answer = await reserve(request, cancellationToken).ConfigureAwait(false);
        budget.IsHalved = answer is null;
        if (answer is null)
        {
            awayUntil = now + Validity;
            return TimeSpan.Zero;
        }

        (grant, limit, used, validUntil) = (answer, allowed, answer.Calls > 0 ? 1 : 0, now + Validity);
        return answer.Calls > 0 ? TimeSpan.Zero : answer.Wait;
    }
}
