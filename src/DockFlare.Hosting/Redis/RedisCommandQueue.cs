using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using DockFlare.Core.Commands;
using DockFlare.Hosting.Commands;
using StackExchange.Redis;

namespace DockFlare.Hosting.Redis;

/// <summary>
/// The queue shared by several masters, kept in Redis and ruled by <see cref="RedisScripts"/>. Leases run by Redis's clock.
/// A waiting poll sleeps until a wake is published, or until time alone makes a command visible.
/// </summary>
internal sealed class RedisCommandQueue : ICommandQueue
{
    private const int MaxDelays = 64;

    private readonly RedisConnection connection;
    private readonly QueueOptions options;
    private readonly TimeProvider time;
    private readonly Func<double> jitter;
    private readonly Func<long>? clock;
    private readonly RedisValue wakeChannel;
    private readonly ConcurrentDictionary<string, WakeSignal> signals = new(StringComparer.Ordinal);
    private long highestFence;

    /// <param name="connection">The connection, ours alone to subscribe on.</param>
    /// <param name="options">The rules.</param>
    /// <param name="time">Measures how long a poll waits; leases run by Redis's clock.</param>
    /// <param name="jitter">Chance from 0 to 1 for backoffs.</param>
    /// <param name="clock">Milliseconds since 1970 in place of Redis's clock: for tests.</param>
    public RedisCommandQueue(RedisConnection connection, QueueOptions options, TimeProvider time, Func<double> jitter, Func<long>? clock = null)
    {
        this.connection = connection;
        this.options = options;
        this.time = time;
        this.jitter = jitter;
        this.clock = clock;
        wakeChannel = (string?)RedisKeys.Wake(connection.Options.Database);
        connection.OnConnected(SubscribeAsync);
    }

    public async ValueTask EnqueueAsync(AgentId agent, AgentCommand command, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        var json = AgentCommandJson.Serialize(command);
        var answer = await RunAsync(RedisScripts.Enqueue, agent, [command.Id.Value, command.Key, json, options.Limits.Pending], cancellationToken).ConfigureAwait(false);
        if ((string?)answer == "full")
        {
            throw options.Full(agent);
        }
    }

    public async ValueTask<CommandLease?> LeaseAsync(AgentId agent, TimeSpan visibilityTimeout, TimeSpan wait, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(visibilityTimeout, TimeSpan.Zero);
        var began = time.GetTimestamp();
        var signal = signals.GetOrAdd(agent.Value, static _ => new WakeSignal());
        var isFirst = true;
        while (true)
        {
            // Before the script: a wake between its answer and the wait is not missed.
            var woken = signal.Next;
            var (lease, due) = await TryLeaseAsync(agent, visibilityTimeout, canWait: !isFirst && time.GetElapsedTime(began) < wait, cancellationToken).ConfigureAwait(false);
            var left = wait - time.GetElapsedTime(began);
            if (lease is not null || left <= TimeSpan.Zero)
            {
                return lease;
            }

            isFirst = false;
            await WakeSignal.WaitAsync(woken, left, due, time, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask<bool> RenewAsync(LeaseToken token, TimeSpan visibilityTimeout, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(visibilityTimeout, TimeSpan.Zero);
        return (bool)await RunAsync(RedisScripts.Renew, token.Agent, [token.Command.Value, Fence(token), Milliseconds(visibilityTimeout)], cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> AckAsync(LeaseToken token, CancellationToken cancellationToken) =>
        (bool)await RunAsync(RedisScripts.Ack, token.Agent, [token.Command.Value, Fence(token)], cancellationToken).ConfigureAwait(false);

    public async ValueTask<bool> NackAsync(LeaseToken token, string reason, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reason);
        var chance = jitter();
        var delays = Enumerable.Range(1, Math.Clamp(options.Retry.MaxAttempts - 1, 1, MaxDelays))
            .Select(attempt => (RedisValue)Milliseconds(options.Retry.DelayAfter(attempt, chance)));
        return (bool)await RunAsync(RedisScripts.Nack, token.Agent, [token.Command.Value, Fence(token), options.Limits.Shorten(reason), .. delays], cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<DeadLetter> DeadLettersAsync(AgentId agent, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var rows = await ReadAsync(agent, "dead", static json => Deserialize(json, RedisQueueJson.Default.DeadRow), cancellationToken).ConfigureAwait(false);
        foreach (var row in rows)
        {
            yield return new DeadLetter(agent, ReadCommand(row.Command), row.Attempt, row.Reason, DateTimeOffset.FromUnixTimeMilliseconds(row.At));
        }
    }

    public async ValueTask<bool> RetryDeadLetterAsync(AgentId agent, CommandId command, CancellationToken cancellationToken) =>
        (bool)await RunAsync(RedisScripts.RetryDeadLetter, agent, [command.Value, options.Limits.Pending], cancellationToken).ConfigureAwait(false);

    public ValueTask<IReadOnlyList<AgentCommand>> PendingAsync(AgentId agent, CancellationToken cancellationToken) =>
        ReadAsync(agent, "pending", ReadCommand, cancellationToken);

    public ValueTask<IReadOnlyList<EndedCommand>> HistoryAsync(AgentId agent, CancellationToken cancellationToken) =>
        ReadAsync(agent, "history", static json => Ended(Deserialize(json, RedisQueueJson.Default.EndedRow)), cancellationToken);

    public async ValueTask ClearAsync(AgentId agent, CancellationToken cancellationToken) =>
        await RunAsync(RedisScripts.Clear, agent, [], cancellationToken).ConfigureAwait(false);

    private static EndedCommand Ended(EndedRow row) => new(
        ReadCommand(row.Command),
        row.End switch
        {
            "acked" => CommandEnd.Acked,
            "superseded" => CommandEnd.Superseded,
            "dead_letter" => CommandEnd.DeadLetter,
            _ => throw new CommandQueueException($"The history in Redis holds an end '{row.End}' that this DockFlare does not know. Update it."),
        },
        row.Attempts,
        row.Reason,
        DateTimeOffset.FromUnixTimeMilliseconds(row.At));

    private static AgentCommand ReadCommand(string json)
    {
        try
        {
            return AgentCommandJson.Deserialize(json);
        }
        catch (JsonException exception)
        {
            throw new CommandQueueException($"A command in Redis cannot be read. {exception.Message}", exception);
        }
    }

    private static T Deserialize<T>(string json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("It is null.");
        }
        catch (JsonException exception)
        {
            throw new CommandQueueException($"A row in Redis cannot be read. {exception.Message}", exception);
        }
    }

    // Upwards, so that no lease is shorter than was asked for.
    private static long Milliseconds(TimeSpan span) => (long)Math.Ceiling(span.TotalMilliseconds);

    private static RedisValue Fence(LeaseToken token) => token.Fence.ToString(CultureInfo.InvariantCulture);

    private CommandLease ReadLease(AgentId agent, RedisResult answer)
    {
        var command = ReadCommand((string)answer[0]!);
        var fence = long.Parse((string)answer[1]!, NumberStyles.None, CultureInfo.InvariantCulture);
        SeeFence(fence);
        return new CommandLease(command, new LeaseToken(agent, command.Id, fence), (int)answer[2], DateTimeOffset.FromUnixTimeMilliseconds((long)answer[3]));
    }

    /// <summary>The lease, or how long until time alone makes a command visible. While a poll waits, Redis may go away and come back: it looks again then.</summary>
    private async ValueTask<(CommandLease? Lease, TimeSpan? Due)> TryLeaseAsync(AgentId agent, TimeSpan visibilityTimeout, bool canWait, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await RunAsync(RedisScripts.Lease, agent, [Milliseconds(visibilityTimeout), Interlocked.Read(ref highestFence)], cancellationToken).ConfigureAwait(false);
            if (answer.Length == 4)
            {
                return (ReadLease(agent, answer), null);
            }

            var due = (long)answer[0];
            return (null, due < 0 ? null : TimeSpan.FromMilliseconds(due));
        }
        catch (CommandQueueException) when (canWait && connection.FindFault() is not null)
        {
            // The connection has said so, and wakes every poll when it is back.
            return default;
        }
    }

    private void SeeFence(long fence)
    {
        var seen = Interlocked.Read(ref highestFence);
        while (fence > seen)
        {
            var before = Interlocked.CompareExchange(ref highestFence, fence, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    private async ValueTask<IReadOnlyList<T>> ReadAsync<T>(AgentId agent, string list, Func<string, T> read, CancellationToken cancellationToken)
    {
        var answer = await RunAsync(RedisScripts.Read, agent, [list], cancellationToken).ConfigureAwait(false);
        return Array.ConvertAll((string[])answer!, json => read(json));
    }

    private async ValueTask<RedisResult> RunAsync(string script, AgentId agent, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var redis = await connection.GetAsync(cancellationToken).ConfigureAwait(false);
        RedisValue[] all =
        [
            clock is null ? RedisValue.EmptyString : clock(), options.Retry.MaxAttempts, options.Limits.DeadLetters, options.Limits.History,
            CommandQueueModel.LeaseRanOut, wakeChannel, agent.Value, .. arguments,
        ];
        try
        {
            // A script that was sent is waited for: whoever gave up on a lease would leave its command hidden.
            return await redis.GetDatabase().ScriptEvaluateAsync(script, RedisKeys.Queue(agent), all).ConfigureAwait(false);
        }
        catch (Exception exception) when (RedisFaults.IsRedis(exception))
        {
            throw connection.Failed(exception);
        }
    }

    private async Task SubscribeAsync(IConnectionMultiplexer redis)
    {
        var subscriber = redis.GetSubscriber();
        var channel = RedisKeys.Wake(connection.Options.Database);

        // Once per connection: the same handler twice would only wake twice.
        await subscriber.UnsubscribeAsync(channel, OnWake).ConfigureAwait(false);
        await subscriber.SubscribeAsync(channel, OnWake).ConfigureAwait(false);

        // What was published while nobody listened is not told again.
        foreach (var signal in signals.Values)
        {
            signal.Raise();
        }
    }

    private void OnWake(RedisChannel channel, RedisValue agent)
    {
        if (signals.TryGetValue((string?)agent ?? "", out var signal))
        {
            signal.Raise();
        }
    }
}
