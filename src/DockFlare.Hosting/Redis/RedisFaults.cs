using StackExchange.Redis;

namespace DockFlare.Hosting.Redis;

/// <summary>What went wrong with Redis, as a sentence for the operator.</summary>
internal static class RedisFaults
{
    /// <summary>Whether an exception is Redis's or its client's, and not a bug of ours.</summary>
    public static bool IsRedis(Exception exception) => exception is RedisException or TimeoutException or ObjectDisposedException { ObjectName: nameof(ConnectionMultiplexer) };

    /// <summary>For a connection that broke.</summary>
    public static string Explain(ConnectionFailureType failure, Exception? exception, RedisOptions options) =>
        failure == ConnectionFailureType.AuthenticationFailure || IsRefusal(exception) ? Refused(options) : Away(options);

    /// <summary>For a call that failed.</summary>
    public static string Explain(Exception exception, RedisOptions options) => exception switch
    {
        _ when IsRefusal(exception) => Refused(options),
        RedisServerException => $"Redis at {options.Where} answered '{exception.Message}'. Check that server; REDIS_URL names it.",
        TimeoutException => $"Redis at {options.Where} did not answer within 5 s. Check its load and the network; REDIS_URL names it.",
        _ => Away(options),
    };

    /// <summary>For a server that does not answer.</summary>
    public static string Away(RedisOptions options) =>
        $"{options} cannot be reached. Check that it runs and that REDIS_URL is right; DockFlare goes on trying.";

    private static string Refused(RedisOptions options) =>
        $"Redis at {options.Where} refused the user or password. Correct them in REDIS_URL: redis://user:password@host:6379, or redis://:password@host:6379 without a user; write special characters encoded (%40 for @).";

    private static bool IsRefusal(Exception? exception) =>
        exception is not null
        && (exception is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure }
            || exception.Message.Contains("WRONGPASS", StringComparison.Ordinal)
            || exception.Message.Contains("NOAUTH", StringComparison.Ordinal)
            || exception.Message.Contains("AuthenticationFailure", StringComparison.Ordinal)
            || IsRefusal(exception.InnerException));
}
