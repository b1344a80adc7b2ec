using DockFlare.Core.Commands;
using DockFlare.Hosting.Commands;
using DockFlare.Hosting.Redis;
using DockFlare.Tests.Fixtures;
using StackExchange.Redis;

namespace DockFlare.Hosting.Tests.Redis;

/// <summary>Redis that is away, comes back empty, forgets its scripts, or refuses us.</summary>
public sealed class RedisConnectionTests
{
    private static readonly AgentId Nas = new("nas");
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly AgentCommand Command = new AgentCommand.EnsureTunnel(new CommandId("ensure-1"), "6ff42ae2", "home", 1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Until_the_first_answer_it_is_said_to_be_connecting()
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        var port = ((System.Net.IPEndPoint)silent.LocalEndpoint).Port;
        await using var master = new RedisMaster($"redis://127.0.0.1:{port}");

        Assert.Equal($"DockFlare is connecting to Redis at 127.0.0.1:{port}, database 0.", master.Connection.FindFault());
    }

    [Fact]
    public async Task Absent_at_start_is_a_fault_with_a_sentence_and_mended_when_it_comes()
    {
        await using var server = RedisServer.Create();
        await using var master = new RedisMaster(server.Url);
        var sentence = $"Redis at 127.0.0.1:{server.Port}, database 0 cannot be reached. Check that it runs and that REDIS_URL is right; DockFlare goes on trying.";

        var exception = await Assert.ThrowsAsync<CommandQueueException>(async () => await master.Queue.EnqueueAsync(Nas, Command, Token));
        Assert.Equal((sentence, sentence), (exception.Message, master.Connection.FindFault()));

        await server.StartAgainAsync();
        await UntilItWorksAsync(master.Queue);
        Assert.Null(master.Connection.FindFault());
        Assert.Equal([Command], await master.Queue.PendingAsync(Nas, Token));
    }

    [Theory]
    [InlineData("redis://127.0.0.1:{0}")]
    [InlineData("redis://:wrong-secret@127.0.0.1:{0}")]
    [InlineData("redis://somebody:wrong-secret@127.0.0.1:{0}")]
    public async Task A_refused_password_is_one_sentence_that_names_the_setting(string url)
    {
        await using var server = await RedisServer.StartAsync(password: "right-secret");
        await using var master = new RedisMaster(string.Format(System.Globalization.CultureInfo.InvariantCulture, url, server.Port));

        var exception = await Assert.ThrowsAsync<CommandQueueException>(async () => await master.Queue.EnqueueAsync(Nas, Command, Token));

        Assert.Equal(
            $"Redis at 127.0.0.1:{server.Port} refused the user or password. Correct them in REDIS_URL: redis://user:password@host:6379, or redis://:password@host:6379 without a user; write special characters encoded (%40 for @).",
            exception.Message);
        Assert.Equal(exception.Message, master.Connection.FindFault());
        Assert.DoesNotContain("wrong-secret", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_right_password_works()
    {
        await using var server = await RedisServer.StartAsync(password: "p@ss:word");
        await using var master = new RedisMaster($"redis://default:{Uri.EscapeDataString("p@ss:word")}@127.0.0.1:{server.Port}/2");

        await master.Queue.EnqueueAsync(Nas, Command, Token);

        Assert.Equal([Command], await master.Queue.PendingAsync(Nas, Token));
        await server.SendAsync("SELECT 2");
    }

    [Fact]
    public async Task A_database_other_than_0_is_refused_on_a_Cluster()
    {
        await using var server = await RedisServer.StartAsync(isCluster: true);
        await using var master = new RedisMaster(server.Url + "/3");

        var exception = await Assert.ThrowsAsync<CommandQueueException>(async () => await master.Queue.EnqueueAsync(Nas, Command, Token));

        Assert.Equal(
            $"Database 3 was asked for (REDIS_URL or REDIS_DB_INDEX), but Redis at 127.0.0.1:{server.Port} is a Cluster, which has database 0 alone. Leave the number out.",
            exception.Message);
    }

    [Fact]
    public async Task After_a_restart_that_lost_everything_the_queue_works_and_no_lease_from_before_holds()
    {
        await using var server = await RedisServer.StartAsync();
        await using var master = new RedisMaster(server.Url);
        await master.Queue.EnqueueAsync(Nas, Command, Token);
        var before = (await master.Queue.LeaseAsync(Nas, Minute, TimeSpan.Zero, Token))!;

        await server.KillAsync();
        await Assert.ThrowsAsync<CommandQueueException>(async () => await master.Queue.AckAsync(before.Token, Token));
        await server.StartAgainAsync();
        await UntilItWorksAsync(master.Queue);
        var after = (await master.Queue.LeaseAsync(Nas, Minute, TimeSpan.Zero, Token))!;

        Assert.Equal((Command, 1), (after.Command, after.Attempt));
        Assert.True(after.Token.Fence > before.Token.Fence);
        Assert.False(await master.Queue.AckAsync(before.Token, Token));
        Assert.False(await master.Queue.RenewAsync(before.Token, Minute, Token));
        Assert.True(await master.Queue.AckAsync(after.Token, Token));
    }

    [Fact]
    public async Task Fences_rise_for_a_master_even_when_the_new_primary_has_a_slower_clock()
    {
        await using var server = await RedisServer.StartAsync();
        var now = 1_795_000_000_000L;
        await using var master = new RedisMaster(server.Url, clock: () => now);
        await master.Queue.EnqueueAsync(Nas, Command, Token);
        var before = (await master.Queue.LeaseAsync(Nas, Minute, TimeSpan.Zero, Token))!;

        await server.FlushAsync();
        now -= 5000;
        await master.Queue.EnqueueAsync(Nas, Command, Token);
        var after = (await master.Queue.LeaseAsync(Nas, Minute, TimeSpan.Zero, Token))!;

        Assert.Equal(before.Token.Fence + 1, after.Token.Fence);
        Assert.False(await master.Queue.AckAsync(before.Token, Token));
    }

    [Fact]
    public async Task A_poll_that_waits_through_a_restart_gets_what_another_master_enqueues_afterwards()
    {
        await using var server = await RedisServer.StartAsync();
        await using var master = new RedisMaster(server.Url);
        await using var other = new RedisMaster(server.Url);
        await other.Queue.EnqueueAsync(new AgentId("other"), Command, Token);
        Assert.Null(await master.Queue.LeaseAsync(Nas, Minute, TimeSpan.Zero, Token));
        var poll = master.Queue.LeaseAsync(Nas, Minute, TimeSpan.FromHours(1), Token).AsTask();

        // Answered after the poll's own question, on the same connection: the poll has begun to wait.
        Assert.Empty(await master.Queue.PendingAsync(Nas, Token));

        await server.KillAsync();
        await server.StartAgainAsync();
        await UntilItWorksAsync(other.Queue);

        Assert.Equal(Command, (await poll.WaitAsync(Patience, Token))!.Command);
    }

    [Fact]
    public async Task A_waiting_poll_gets_a_command_whose_lease_runs_out_by_the_servers_clock()
    {
        await using var server = await RedisServer.StartAsync();
        await using var master = new RedisMaster(server.Url);
        await master.Queue.EnqueueAsync(Nas, Command, Token);
        await master.Queue.LeaseAsync(Nas, TimeSpan.FromMilliseconds(30), TimeSpan.Zero, Token);

        var lease = await master.Queue.LeaseAsync(Nas, Minute, TimeSpan.FromHours(1), Token).AsTask().WaitAsync(Patience, Token);

        Assert.Equal((Command, 2), (lease!.Command, lease.Attempt));
    }

    [Fact]
    public async Task Forgotten_scripts_are_sent_again()
    {
        await using var server = await RedisServer.StartAsync();
        await using var master = new RedisMaster(server.Url);
        await master.Queue.EnqueueAsync(Nas, Command, Token);
        await server.SendAsync("SCRIPT FLUSH");

        await master.Queue.EnqueueAsync(Nas, new AgentCommand.StopTunnel(new CommandId("stop")), Token);

        Assert.Equal([new AgentCommand.StopTunnel(new CommandId("stop"))], await master.Queue.PendingAsync(Nas, Token));
    }

    [Fact]
    public async Task Every_key_of_an_agent_has_one_slot_and_every_agent_keys_of_its_own()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{server.Port}");
        string[] names = ["nas", "}", "{}", "a}b", "}{ odd/ü", "6f1c9d1e-0000-4000-8000-000000000000"];

        var keys = names.Select(static name => RedisKeys.Queue(new AgentId(name))).ToArray();

        Assert.Equal(["dockflare:{nas}:pending", "dockflare:{nas}:counter", "dockflare:{nas}:dead", "dockflare:{nas}:history"], keys[0].Select(static key => key.ToString()));
        Assert.All(keys, ofAgent => Assert.Single(ofAgent.Select(redis.HashSlot).Distinct()));
        Assert.Equal(names.Length * 4, keys.SelectMany(static ofAgent => ofAgent).Distinct().Count());
    }

    private static async Task UntilItWorksAsync(RedisCommandQueue queue)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(Patience);
        while (true)
        {
            try
            {
                await queue.EnqueueAsync(Nas, Command, patience.Token);
                return;
            }
            catch (CommandQueueException)
            {
                // Still away: the connection makes the pauses.
                await Task.Delay(20, patience.Token);
            }
        }
    }
}
