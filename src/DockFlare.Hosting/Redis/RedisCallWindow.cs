using System.Globalization;
using DockFlare.Hosting.Commands;
using StackExchange.Redis;

namespace DockFlare.Hosting.Redis;

/// <summary>Counts the calls that several processes make inside one sliding window, by reservations. Lost with Redis, and then counted anew.</summary>
/// <param name="connection">The connection.</param>
/// <param name="clock">Milliseconds since 1970 in place of Redis's clock: for tests.</param>
internal sealed class RedisCallWindow(RedisConnection connection, Func<long>? clock = null)
{
    /// <summary>
    /// Reserves calls.
    /// <para><c>KEYS</c>: 1 the window (hash: reservation → <c>calls:when they leave it</c>).</para>
    /// <para>
    /// <c>ARGV</c>: 1 the time in milliseconds since 1970, or empty for Redis's own, 2 the window, 3 for how long a reservation may be used, both in
    /// milliseconds, 4 the most calls in the window, 5 how many are wanted, 6 the new reservation, 7 the one before or empty, 8 how many of its calls were made.
    /// </para>
    /// <para>Answers how many were granted and, if none, in how many milliseconds some leave the window. The one before counts from now on with what was made of it.</para>
    /// </summary>
    private const string Reserve =
        """
        local now
        if ARGV[1] ~= '' then
            now = tonumber(ARGV[1])
        else
            local time = redis.call('TIME')
            now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
        end
        local window, validity = tonumber(ARGV[2]), tonumber(ARGV[3])

        if ARGV[7] ~= '' and redis.call('HEXISTS', KEYS[1], ARGV[7]) == 1 then
            redis.call('HSET', KEYS[1], ARGV[7], ARGV[8] .. ':' .. string.format('%.0f', now + window))
        end

        local made, soonest = 0, nil
        local entries = redis.call('HGETALL', KEYS[1])
        for i = 1, #entries, 2 do
            local calls, till = string.match(entries[i + 1], '(%d+):(%d+)')
            calls, till = tonumber(calls), tonumber(till)
            if calls == 0 or till <= now then
                redis.call('HDEL', KEYS[1], entries[i])
            else
                made = made + calls
                if not soonest or till < soonest then soonest = till end
            end
        end

        local granted = math.min(tonumber(ARGV[5]), tonumber(ARGV[4]) - made)
        if granted <= 0 then
            return {0, soonest and soonest - now or window}
        end
        redis.call('HSET', KEYS[1], ARGV[6], granted .. ':' .. string.format('%.0f', now + validity + window))
        redis.call('PEXPIRE', KEYS[1], validity + window)
        return {granted, 0}
        """;

    private readonly string process = Guid.NewGuid().ToString("N")[..8];
    private long reservations;

    /// <summary>Reserves up to that many calls.</summary>
    /// <param name="key">Whose window: no secret.</param>
    /// <param name="wanted">How many.</param>
    /// <param name="limit">The most calls in the window.</param>
    /// <param name="window">Its length.</param>
    /// <param name="validity">For how long they may be made.</param>
    /// <param name="last">The reservation before, and how many of its calls were made.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <returns>The reservation, how many it has and how long to wait when it has none; null when Redis is away.</returns>
    public async ValueTask<(string Id, int Calls, TimeSpan Wait)?> ReserveAsync(
        string key, int wanted, int limit, TimeSpan window, TimeSpan validity, (string? Id, int Used) last, CancellationToken cancellationToken)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{process}-{Interlocked.Increment(ref reservations)}");
        try
        {
            var redis = await connection.GetAsync(cancellationToken).ConfigureAwait(false);
            var answer = await redis.GetDatabase().ScriptEvaluateAsync(
                Reserve, [RedisKeys.Calls(key)],
                [clock is null ? "" : clock(), (long)window.TotalMilliseconds, (long)validity.TotalMilliseconds, limit, wanted, id, last.Id ?? "", last.Used]).WaitAsync(cancellationToken).ConfigureAwait(false);
            var numbers = (long[])answer!;
            return (id, (int)numbers[0], TimeSpan.FromMilliseconds(numbers[1]));
        }
        catch (Exception exception) when (RedisFaults.IsRedis(exception) || exception is CommandQueueException)
        {
            // The connection says so, once; the caller goes on by itself.
            return null;
        }
    }
}
