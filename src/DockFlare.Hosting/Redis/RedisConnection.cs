using DockFlare.Hosting.Commands;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace DockFlare.Hosting.Redis;

/// <summary>
/// The one connection to Redis, made when it is first needed and again, with growing pauses, until it stands; from then on the client restores it.
/// Redis that is away never ends the process: who needs it gets a <see cref="CommandQueueException"/>, and <see cref="FindFault"/> says why.
/// </summary>
internal sealed partial class RedisConnection(RedisOptions options, TimeProvider time, ILogger<RedisConnection> logger) : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private Task<IConnectionMultiplexer?>? connecting;
    private Func<IConnectionMultiplexer, Task> subscribe = static _ => Task.CompletedTask;
    private Task restoring = Task.CompletedTask;
    private volatile string? fault;
    private volatile Exception? cause;
    private long failedAt;
    private TimeSpan pause = FirstPause;
    private bool isDisposed;

    public RedisOptions Options => options;

    /// <summary>Sets what is done with each new or restored connection, before anybody is handed it: subscriptions.</summary>
    public void OnConnected(Func<IConnectionMultiplexer, Task> action) => subscribe = action;

    /// <summary>Null when Redis answers; otherwise a sentence for the operator. Begins to connect when nobody has yet.</summary>
    public string? FindFault()
    {
        var task = Begin();
        return fault ?? (task.IsCompleted ? null : $"DockFlare is connecting to {options}.");
    }

    /// <summary>The connection.</summary>
    /// <exception cref="CommandQueueException">Redis is away or refuses us; says which.</exception>
    public async ValueTask<IConnectionMultiplexer> GetAsync(CancellationToken cancellationToken)
    {
        var redis = await Begin().WaitAsync(cancellationToken).ConfigureAwait(false);
        return redis is { IsConnected: true } ? redis : throw new CommandQueueException(fault ?? RedisFaults.Away(options), cause);
    }

    /// <summary>The exception for a call that failed.</summary>
    public CommandQueueException Failed(Exception exception) => new(RedisFaults.Explain(exception, options), exception);

    public async ValueTask DisposeAsync()
    {
        Task<IConnectionMultiplexer?>? last;
        lock (gate)
        {
            isDisposed = true;
            last = connecting;
        }

        if (last is not null && await last.ConfigureAwait(false) is { } redis)
        {
            await redis.DisposeAsync().ConfigureAwait(false);
        }

        await restoring.ConfigureAwait(false);
    }

    private Task<IConnectionMultiplexer?> Begin()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            var mayTryAgain = connecting is { IsCompletedSuccessfully: true } && IsFailed(connecting) && time.GetElapsedTime(failedAt) >= pause;
            if (connecting is null || mayTryAgain)
            {
                connecting = Task.Run(ConnectAsync);
            }

            return connecting;
        }
    }

    private static bool IsFailed(Task<IConnectionMultiplexer?> task) => task.GetAwaiter().GetResult() is null;

    private async Task<IConnectionMultiplexer?> ConnectAsync()
    {
        ConnectionMultiplexer? redis = null;
        try
        {
            redis = await ConnectionMultiplexer.ConnectAsync(options.ToConfiguration()).ConfigureAwait(false);
            if (options.Database != 0 && Array.Exists(redis.GetServers(), static server => server.ServerType == ServerType.Cluster))
            {
                await redis.DisposeAsync().ConfigureAwait(false);
                return Fail($"Database {options.Database} was asked for (REDIS_URL or REDIS_DB_INDEX), but Redis at {options.Where} is a Cluster, which has database 0 alone. Leave the number out.", exception: null);
            }

            redis.ConnectionFailed += (_, failed) => OnFailed(failed);
            redis.ConnectionRestored += (sender, _) => OnRestored((IConnectionMultiplexer)sender!);
            await subscribe(redis).ConfigureAwait(false);
            fault = null;
            pause = FirstPause;
            LogConnected(options);
            return redis;
        }
        catch (Exception exception) when (RedisFaults.IsRedis(exception))
        {
            if (redis is not null)
            {
                await redis.DisposeAsync().ConfigureAwait(false);
            }

            return Fail(RedisFaults.Explain(exception, options), exception);
        }
    }

    private IConnectionMultiplexer? Fail(string message, Exception? exception)
    {
        // Once per reason: it is tried again every few seconds.
        if (fault != message)
        {
            LogUnavailable(exception, message);
        }

        cause = exception;
        fault = message;
        lock (gate)
        {
            failedAt = time.GetTimestamp();
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }

        return null;
    }

    private void OnFailed(ConnectionFailedEventArgs failed)
    {
        if (isDisposed)
        {
            return;
        }

        var message = RedisFaults.Explain(failed.FailureType, failed.Exception, options);
        if (fault is null)
        {
            LogUnavailable(failed.Exception, message);
        }

        cause = failed.Exception;
        fault = message;
    }

    private void OnRestored(IConnectionMultiplexer redis)
    {
        lock (gate)
        {
            restoring = RestoreAsync(restoring, redis);
        }
    }

    private async Task RestoreAsync(Task before, IConnectionMultiplexer redis)
    {
        await before.ConfigureAwait(false);
        try
        {
            await subscribe(redis).ConfigureAwait(false);
            if (redis.IsConnected && fault is not null)
            {
                fault = null;
                LogConnected(options);
            }
        }
        catch (Exception exception) when (RedisFaults.IsRedis(exception) || exception is ObjectDisposedException)
        {
            // It went away again; the next restored connection comes here again.
            LogRestoreFailed(exception);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Connected to {Redis}")]
    private partial void LogConnected(RedisOptions redis);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason}")]
    private partial void LogUnavailable(Exception? exception, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Redis went away while the subscription was restored")]
    private partial void LogRestoreFailed(Exception exception);
}
