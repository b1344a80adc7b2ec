using System.Globalization;
using CsCheck;
using DockFlare.Core.Commands;
using DockFlare.Hosting.Commands;
using DockFlare.Hosting.Redis;

namespace DockFlare.Hosting.Tests.Redis;

/// <summary>Redis answers what the model answers, whatever is asked in whatever order. All of it with <c>DOCKFLARE_TESTS=long</c>.</summary>
public sealed class RedisScheduleTests(RedisFixture fixture) : IClassFixture<RedisFixture>
{
    private static readonly AgentId Nas = new("nas");

    private static readonly int[] Pauses = [1, 99, 100, 200, 450, 1000];

    private static readonly QueueOptions Rules = new()
    {
        Retry = new RetryPolicy { MaxAttempts = 3, FirstDelay = TimeSpan.FromMilliseconds(300), MaxDelay = TimeSpan.FromMilliseconds(900) },
        Limits = new QueueLimits { Pending = 4, DeadLetters = 3, History = 6 },
    };

    private static readonly Gen<Operation> AnyOperation = Gen.Frequency(
        (6, Gen.Int[1, 5].Select(static n => (Operation)new Enqueue(Command(n)))),
        (6, Gen.Int[1, 4].Select(static n => (Operation)new Lease(n * 200))),
        (3, Gen.Int[0, 5].Select(static n => (Operation)new Ack(n))),
        (4, Gen.Int[0, 5].Select(static n => (Operation)new Nack(n))),
        (2, Gen.Select(Gen.Int[0, 5], Gen.Int[1, 4], static (n, ms) => (Operation)new Renew(n, ms * 150))),
        (2, Gen.Int[1, 5].Select(static n => (Operation)new Retry(Command(n).Id))),
        (5, Gen.Int[0, 5].Select(static n => (Operation)new Pass(Pauses[n]))),
        (1, Gen.Const((Operation)new Clear())));

    private abstract record Operation;

    private sealed record Enqueue(AgentCommand Command) : Operation;

    private sealed record Lease(int Milliseconds) : Operation;

    /// <param name="Nth">Which of the leases so far, from the newest.</param>
    private sealed record Ack(int Nth) : Operation;

    private sealed record Nack(int Nth) : Operation;

    private sealed record Renew(int Nth, int Milliseconds) : Operation;

    private sealed record Retry(CommandId Command) : Operation;

    private sealed record Pass(int Milliseconds) : Operation;

    private sealed record Clear : Operation;

    [Fact]
    public async Task Redis_answers_every_schedule_like_the_model()
    {
        var isLong = Environment.GetEnvironmentVariable("DOCKFLARE_TESTS") == "long";
        var now = 0L;
        await using var master = new RedisMaster(fixture.Server.Url, Rules, () => Interlocked.Read(ref now));

        await Check.SampleAsync(
            AnyOperation.Array[1, 60],
            async operations =>
            {
                await fixture.Server.FlushAsync();
                await CompareAsync(operations, master.Queue, to => Interlocked.Exchange(ref now, to));
            },
            seed: isLong ? null : "0000KsTMNVe5",
            iter: isLong ? 5000 : 150,
            threads: 1);
    }

    private static async Task CompareAsync(Operation[] operations, RedisCommandQueue redis, Action<long> setClock)
    {
        var model = new CommandQueueModel(Nas, Rules.Retry, Rules.Limits);
        var now = DateTimeOffset.FromUnixTimeMilliseconds(1_795_000_000_000);
        setClock(now.ToUnixTimeMilliseconds());

        // The same lease on both sides; fences are compared by order alone, as Redis's also rise across queues.
        var leases = new List<(LeaseToken Model, LeaseToken Redis)>();
        for (var i = 0; i < operations.Length; i++)
        {
            var (expected, actual) = operations[i] switch
            {
                Enqueue enqueue => (model.Enqueue(enqueue.Command, now) == EnqueueResult.Full, await IsRefusedAsync(redis, enqueue.Command)),
                Ack ack when Find(leases, ack.Nth) is { } pair => (model.Ack(pair.Model, now), await redis.AckAsync(pair.Redis, default)),
                Nack nack when Find(leases, nack.Nth) is { } pair => (model.Nack(pair.Model, "no image", 1, now), await redis.NackAsync(pair.Redis, "no image", default)),
                Renew renew when Find(leases, renew.Nth) is { } pair =>
                    (model.Renew(pair.Model, TimeSpan.FromMilliseconds(renew.Milliseconds), now), await redis.RenewAsync(pair.Redis, TimeSpan.FromMilliseconds(renew.Milliseconds), default)),
                Retry retry => (model.RetryDeadLetter(retry.Command, now), await redis.RetryDeadLetterAsync(Nas, retry.Command, default)),
                Lease lease => (true, await LeaseBothAsync(model, redis, lease, now, leases)),
                _ => (true, true),
            };
            Assert.True(expected == actual, $"Step {i}, {operations[i]}: the model says {expected}, Redis {actual}.");

            if (operations[i] is Pass pass)
            {
                now += TimeSpan.FromMilliseconds(pass.Milliseconds);
                setClock(now.ToUnixTimeMilliseconds());
            }
            else if (operations[i] is Clear)
            {
                model.Clear();
                await redis.ClearAsync(Nas, default);
            }

            Assert.Equal(model.Pending(now), await redis.PendingAsync(Nas, default));
            Assert.Equal(model.History(now), await redis.HistoryAsync(Nas, default));
            Assert.Equal(model.DeadLetters(now), await redis.DeadLettersAsync(Nas, default).ToListAsync());
        }
    }

    private static async Task<bool> LeaseBothAsync(CommandQueueModel model, RedisCommandQueue redis, Lease lease, DateTimeOffset now, List<(LeaseToken Model, LeaseToken Redis)> leases)
    {
        var visibility = TimeSpan.FromMilliseconds(lease.Milliseconds);
        var expected = model.Lease(visibility, now);
        var actual = await redis.LeaseAsync(Nas, visibility, TimeSpan.Zero, default);
        Assert.Equal((expected?.Command, expected?.Attempt, expected?.ExpiresAt), (actual?.Command, actual?.Attempt, actual?.ExpiresAt));
        if (expected is null || actual is null)
        {
            return true;
        }

        Assert.True(leases.Count == 0 || actual.Token.Fence > leases[^1].Redis.Fence, "A fence went backwards.");
        leases.Add((expected.Token, actual.Token));
        return true;
    }

    private static (LeaseToken Model, LeaseToken Redis)? Find(List<(LeaseToken Model, LeaseToken Redis)> leases, int nth) =>
        nth < leases.Count ? leases[^(nth + 1)] : null;

    private static async Task<bool> IsRefusedAsync(RedisCommandQueue redis, AgentCommand command)
    {
        try
        {
            await redis.EnqueueAsync(Nas, command, default);
            return false;
        }
        catch (CommandQueueException exception) when (exception.Message.Contains("takes no more", StringComparison.Ordinal))
        {
            return true;
        }
    }

    // Few names, so that they meet again; one of them with two contents.
    private static AgentCommand Command(int n) => n switch
    {
        1 => new AgentCommand.StopTunnel(new CommandId("stop")),
        2 => new AgentCommand.EnsureTunnel(new CommandId("ensure-3"), "6ff42ae2", "home", 3) { Restart = true },
        _ => new AgentCommand.EnsureTunnel(new CommandId(string.Create(CultureInfo.InvariantCulture, $"ensure-{n}")), "6ff42ae2", "home", n),
    };
}
