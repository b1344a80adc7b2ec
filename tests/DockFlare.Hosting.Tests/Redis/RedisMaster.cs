using DockFlare.Core.Commands;
using DockFlare.Hosting.Commands;
using DockFlare.Hosting.Redis;
using DockFlare.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;

namespace DockFlare.Hosting.Tests.Redis;

/// <summary>One master's end of Redis.</summary>
internal sealed class RedisMaster : IAsyncDisposable
{
    public RedisMaster(string url, QueueOptions? rules = null, Func<long>? clock = null)
    {
        Connection = new RedisConnection(RedisOptions.Parse(url), TimeProvider.System, NullLogger<RedisConnection>.Instance);
        Queue = new RedisCommandQueue(Connection, rules ?? new QueueOptions(), TimeProvider.System, static () => 1, clock);
    }

    public RedisConnection Connection { get; }

    public RedisCommandQueue Queue { get; }

    public ValueTask DisposeAsync() => Connection.DisposeAsync();
}
