using System.Globalization;
using System.Net;
using DockFlare.Core;
using StackExchange.Redis;

namespace DockFlare.Hosting.Redis;

/// <summary>Where Redis is, from <c>REDIS_URL</c> and <c>REDIS_DB_INDEX</c>. Printing it shows no password.</summary>
public sealed class RedisOptions
{
    private const string Forms =
        "Write redis://host:6379, rediss://user:password@host:6379/0 for TLS, redis://host1:6379,host2:6379 for several hosts, or redis+sentinel://host1:26379,host2:26379/service for Sentinel.";

    private RedisOptions(RedisUrlParts parts, int database)
    {
        Parts = parts;
        Database = database;
    }

    /// <summary>The hosts with their ports, in the order given.</summary>
    public EquatableArray<DnsEndPoint> Hosts => Parts.Hosts;

    /// <summary>Whether the connection is encrypted (<c>rediss://</c>).</summary>
    public bool IsTls => Parts.IsTls;

    /// <summary>The name Sentinel knows the primary by; null without Sentinel.</summary>
    public string? SentinelService => Parts.SentinelService;

    /// <summary>The database's number, 0 unless given.</summary>
    public int Database { get; }

    /// <summary>The hosts as a message names them.</summary>
    internal string Where => string.Join(", ", Hosts.Select(static host => $"{host.Host}:{host.Port}"));

    private RedisUrlParts Parts { get; }

    /// <summary>Reads the settings.</summary>
    /// <param name="url"><c>REDIS_URL</c>.</param>
    /// <param name="databaseIndex"><c>REDIS_DB_INDEX</c>; null or empty when not set.</param>
    /// <exception cref="FormatException">One cannot be understood; says which and what to write, and repeats no password.</exception>
    public static RedisOptions Parse(string url, string? databaseIndex = null)
    {
        ArgumentNullException.ThrowIfNull(url);
        var parts = RedisUrlParts.Parse(url.Trim(), static fault => new FormatException($"REDIS_URL {fault} {Forms}"));
        var index = ParseIndex(databaseIndex);
        if (parts.Database is { } inUrl && index is { } setApart && inUrl != setApart)
        {
            throw new FormatException($"REDIS_URL names database {inUrl} and REDIS_DB_INDEX {setApart}. Write the same number in both, or leave one out.");
        }

        return new RedisOptions(parts, parts.Database ?? index ?? 0);
    }

    /// <inheritdoc />
    public override string ToString() => SentinelService is null ? $"Redis at {Where}, database {Database}" : $"Redis '{SentinelService}' by Sentinel at {Where}, database {Database}";

    internal ConfigurationOptions ToConfiguration()
    {
        var configuration = new ConfigurationOptions
        {
            ClientName = "dockflare",
            Ssl = IsTls,
            User = Parts.User,
            Password = Parts.Password,
            ServiceName = SentinelService,
            DefaultDatabase = Database,
            AbortOnConnectFail = true,
            ConnectTimeout = 5000,
            AsyncTimeout = 5000,
            ConnectRetry = 1,
            IncludeDetailInExceptions = false,

            // The client's own back-off while Redis is away; who asks meanwhile is told at once (RedisConnection) and asks again.
            ReconnectRetryPolicy = new ExponentialRetry(250, 5000),
        };
        foreach (var host in Hosts)
        {
            configuration.EndPoints.Add(IPAddress.TryParse(host.Host, out var address) ? new IPEndPoint(address, host.Port) : host);
        }

        return configuration;
    }

    private static int? ParseIndex(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? index
            : throw new FormatException($"REDIS_DB_INDEX is '{text}', which is not the number of a database. Write 0, or the number Redis keeps DockFlare's keys in.");
    }
}
