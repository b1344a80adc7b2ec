using DockFlare.Hosting.Commands;
using DockFlare.Hosting.Tests.Commands;
using DockFlare.Tests.Fixtures;

namespace DockFlare.Hosting.Tests.Redis;

/// <summary>The contract on a Redis of its own.</summary>
public class RedisCommandQueueTests : CommandQueueContract
{
    private readonly List<RedisMaster> masters = [];
    private RedisServer server = null!;
    private long now = 1_795_000_000_000;

    protected virtual bool IsCluster => false;

    public override async ValueTask InitializeAsync()
    {
        server = await RedisServer.StartAsync(isCluster: IsCluster);
        Queue = await OfAnotherMasterAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var master in masters)
        {
            await master.DisposeAsync();
        }

        await server.DisposeAsync();
    }

    private protected override ValueTask<ICommandQueue> OfAnotherMasterAsync()
    {
        var master = new RedisMaster(server.Url, Rules, () => Interlocked.Read(ref now));
        masters.Add(master);
        return ValueTask.FromResult<ICommandQueue>(master.Queue);
    }

    protected override void Advance(TimeSpan by) => Interlocked.Add(ref now, (long)by.TotalMilliseconds);
}

/// <summary>The contract on a Cluster, which refuses a script whose keys are not on one node.</summary>
public sealed class RedisClusterCommandQueueTests : RedisCommandQueueTests
{
    protected override bool IsCluster => true;
}
