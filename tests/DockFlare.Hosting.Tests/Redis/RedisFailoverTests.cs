using System.Globalization;
using DockFlare.Core.Commands;
using DockFlare.Hosting.Commands;
using DockFlare.Tests.Fixtures;

namespace DockFlare.Hosting.Tests.Redis;

/// <summary>A replica that takes over, and a Cluster of several nodes.</summary>
public sealed class RedisFailoverTests
{
    private static readonly AgentId Nas = new("nas");
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static AgentCommand Command(string id) => new AgentCommand.EnsureTunnel(new CommandId(id), "6ff42ae2", "home", 1);

    [Fact]
    public async Task A_replica_that_is_made_master_goes_on_with_what_was_queued_and_leased()
    {
        await using var first = await RedisServer.StartAsync();
        await using var second = await RedisServer.StartAsync();
        await second.SendAsync($"REPLICAOF 127.0.0.1 {first.Port}");
        await using var master = new RedisMaster($"redis://127.0.0.1:{first.Port},127.0.0.1:{second.Port}");
        await master.Queue.EnqueueAsync(Nas, Command("leased"), Token);
        var lease = await master.Queue.LeaseAsync(Nas, TimeSpan.FromMinutes(10), TimeSpan.Zero, Token);
        await master.Queue.EnqueueAsync(Nas, Command("waiting"), Token);
        // The replica has it all when it says so.
        Assert.Equal(":1", await first.SendAsync("WAIT 1 30000"));

        await first.KillAsync();
        await second.SendAsync("REPLICAOF NO ONE");

        Assert.True(await UntilAsync(() => master.Queue.AckAsync(lease!.Token, Token)));
        Assert.Equal(["waiting"], (await master.Queue.PendingAsync(Nas, Token)).Select(static command => command.Id.Value));
        Assert.Equal("waiting", (await master.Queue.LeaseAsync(Nas, Minute, Minute, Token))!.Command.Id.Value);
    }

    [Fact]
    public async Task A_waiting_poll_is_woken_after_the_failover_too()
    {
        await using var first = await RedisServer.StartAsync();
        await using var second = await RedisServer.StartAsync();
        await second.SendAsync($"REPLICAOF 127.0.0.1 {first.Port}");
        await using var master = new RedisMaster($"redis://127.0.0.1:{first.Port},127.0.0.1:{second.Port}");
        await master.Queue.EnqueueAsync(Nas, Command("before"), Token);
        await master.Queue.LeaseAsync(Nas, TimeSpan.FromMinutes(10), TimeSpan.Zero, Token);
        Assert.Equal(":1", await first.SendAsync("WAIT 1 30000"));
        await first.KillAsync();
        await second.SendAsync("REPLICAOF NO ONE");
        await UntilAsync(() => master.Queue.PendingAsync(Nas, Token));

        var poll = master.Queue.LeaseAsync(Nas, Minute, Patience, Token).AsTask();
        await master.Queue.EnqueueAsync(Nas, Command("after"), Token);

        Assert.Equal("after", (await poll)!.Command.Id.Value);
    }

    [Fact]
    public async Task When_a_Sentinel_makes_the_replica_primary_what_was_queued_before_and_after_arrives_once()
    {
        var other = new AgentId("pi");
        await using var first = await RedisServer.StartAsync();
        await using var second = await RedisServer.StartAsync();
        await second.SendAsync($"REPLICAOF 127.0.0.1 {first.Port}");
        await using var master = new RedisMaster($"redis://127.0.0.1:{first.Port}");
        await master.Queue.EnqueueAsync(Nas, Command("before"), Token);
        Assert.Equal(":1", await first.SendAsync("WAIT 1 30000"));
        await using var sentinel = await RedisSentinel.StartAsync(first);
        await using var watched = new RedisMaster(sentinel.Url);
        var pending = await watched.Queue.PendingAsync(Nas, Token);

        await first.KillAsync();
        await sentinel.SwitchedAsync();
        await UntilAsync(async () =>
        {
            await watched.Queue.EnqueueAsync(other, Command("after"), Token);
            return true;
        });

        Assert.Equal(["before"], pending.Select(static command => command.Id.Value));
        foreach (var (agent, id) in ((AgentId, string)[])[(Nas, "before"), (other, "after")])
        {
            var lease = await UntilAsync(() => watched.Queue.LeaseAsync(agent, TimeSpan.FromMinutes(10), TimeSpan.Zero, Token));
            Assert.Equal(id, lease!.Command.Id.Value);
            Assert.True(await watched.Queue.AckAsync(lease.Token, Token));
            Assert.Null(await watched.Queue.LeaseAsync(agent, Minute, TimeSpan.Zero, Token));
            Assert.Equal([id], (await watched.Queue.HistoryAsync(agent, Token)).Select(static ended => ended.Command.Id.Value));
        }
    }

    [Fact]
    public async Task On_a_Cluster_of_three_nodes_each_agents_queue_is_whole()
    {
        var nodes = new List<RedisServer>();
        try
        {
            for (var i = 0; i < 3; i++)
            {
                nodes.Add(await RedisServer.StartAsync(isCluster: true, slots: (i * 5461, i == 2 ? 16383 : (i * 5461) + 5460)));
            }

            await RedisServer.MeetAsync(nodes);
            await using var master = new RedisMaster("redis://" + string.Join(',', nodes.Select(static node => $"127.0.0.1:{node.Port}")));
            AgentId[] agents = [.. Enumerable.Range(0, 30).Select(static n => new AgentId(string.Create(CultureInfo.InvariantCulture, $"agent-{n}")))];
            foreach (var agent in agents)
            {
                await UntilAsync(async () =>
                {
                    await master.Queue.EnqueueAsync(agent, Command($"ensure-{agent}"), Token);
                    return true;
                });
            }

            var leased = new List<CommandLease>();
            foreach (var agent in agents)
            {
                leased.Add((await master.Queue.LeaseAsync(agent, TimeSpan.FromMinutes(10), TimeSpan.Zero, Token))!);
            }

            var acked = 0;
            foreach (var lease in leased)
            {
                acked += await master.Queue.AckAsync(lease.Token, Token) ? 1 : 0;
            }

            var keys = new List<long>();
            foreach (var node in nodes)
            {
                keys.Add(long.Parse((await node.SendAsync("DBSIZE"))[1..], CultureInfo.InvariantCulture));
            }

            Assert.Equal(agents.Select(static agent => $"ensure-{agent}"), leased.Select(static lease => lease.Command.Id.Value));
            Assert.Equal(agents.Length, acked);
            Assert.All(keys, static count => Assert.True(count > 0, "every node holds some of it"));
            Assert.Null(master.Connection.FindFault());
        }
        finally
        {
            foreach (var node in nodes)
            {
                await node.DisposeAsync();
            }
        }
    }

    /// <summary>Asks again while the connection finds its way.</summary>
    private static async Task<T> UntilAsync<T>(Func<ValueTask<T>> ask)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (CommandQueueException) when (TimeProvider.System.GetElapsedTime(began) < Patience)
            {
                await Task.Yield();
            }
        }
    }
}
