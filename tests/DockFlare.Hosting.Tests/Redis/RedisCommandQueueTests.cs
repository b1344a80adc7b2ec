using DockFlare.Hosting.Commands;
using DockFlare.Hosting.Tests.Commands;
using DockFlare.Tests.Fixtures;

namespace DockFlare.Hosting.Tests.Redis;

/// <summary>The contract on Redis, by the clock the test moves.</summary>
public abstract class RedisCommandQueueContract(RedisFixture fixture) : CommandQueueContract
{
    private readonly List<RedisMaster> masters = [];
    private long now = 1_795_000_000_000;

    public override async ValueTask InitializeAsync()
    {
        await fixture.Server.FlushAsync();
        Queue = await OfAnotherMasterAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var master in masters)
        {
            await master.DisposeAsync();
        }
    }

    private protected override ValueTask<ICommandQueue> OfAnotherMasterAsync()
    {
        var master = new RedisMaster(fixture.Server.Url, Rules, () => Interlocked.Read(ref now));
        masters.Add(master);
        return ValueTask.FromResult<ICommandQueue>(master.Queue);
    }

    protected override void Advance(TimeSpan by) => Interlocked.Add(ref now, (long)by.TotalMilliseconds);
}

/// <summary>On one server.</summary>
public sealed class RedisCommandQueueTests(RedisFixture fixture) : RedisCommandQueueContract(fixture), IClassFixture<RedisFixture>;

/// <summary>On a Cluster, which refuses a script whose keys are not on one node.</summary>
public sealed class RedisClusterCommandQueueTests(RedisClusterFixture fixture) : RedisCommandQueueContract(fixture), IClassFixture<RedisClusterFixture>;

/// <summary>One server for the tests of a class.</summary>
public class RedisFixture : IAsyncLifetime
{
    internal RedisServer Server { get; private set; } = null!;

    protected virtual bool IsCluster => false;

    public async ValueTask InitializeAsync() => Server = await RedisServer.StartAsync(isCluster: IsCluster);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Server.DisposeAsync();
    }
}

/// <summary>One Cluster of one node for the tests of a class.</summary>
public sealed class RedisClusterFixture : RedisFixture
{
    protected override bool IsCluster => true;
}
