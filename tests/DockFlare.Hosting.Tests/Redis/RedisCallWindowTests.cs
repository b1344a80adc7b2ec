using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Redis;
using DockFlare.Tests.Reconciliation;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DockFlare.Hosting.Tests.Redis;

/// <summary>One window of calls shared by several processes, on a real Redis, by a clock the test moves.</summary>
public sealed class RedisCallWindowTests(RedisFixture fixture) : IClassFixture<RedisFixture>, IAsyncLifetime
{
    private const int Ceiling = 100;
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero));
    private readonly List<RedisConnection> connections = [];
    private readonly List<Peer> peers = [];
    private int reservations;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await fixture.Server.FlushAsync();

    public async ValueTask DisposeAsync()
    {
        peers.ForEach(static peer => peer.Dispose());
        foreach (var connection in connections)
        {
            await connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task Two_processes_together_never_make_more_calls_in_a_window_than_one_may()
    {
        var (blue, green) = (Process("token"), Process("token"));
        var made = new List<DateTimeOffset>();
        for (var second = 0; second < 1500; second++)
        {
            foreach (var process in (Peer[])[blue, green])
            {
                for (var i = 0; i < 1 + (second % 3) && await process.TakeAsync(CallLane.Closing) == TimeSpan.Zero; i++)
                {
                    made.Add(time.GetUtcNow());
                }
            }

            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.All(made, at => Assert.InRange(made.Count(other => other >= at && other < at + CloudflareBudget.Window), 1, Ceiling));
        // Most of what the limit allows is made use of, and most calls ask nobody.
        Assert.InRange(made.Count, Ceiling * 4, Ceiling * 5);
    }

    [Fact]
    public async Task In_a_rush_one_question_is_enough_for_many_calls()
    {
        var process = Process("token");

        for (var i = 0; i < 90; i++)
        {
            Assert.Equal(TimeSpan.Zero, await process.TakeAsync(CallLane.Route));
        }

        Assert.InRange(reservations, 1, 6);
    }

    [Fact]
    public async Task What_one_does_not_use_the_other_may()
    {
        var (blue, green) = (Process("token"), Process("token"));
        Assert.Equal(TimeSpan.Zero, await blue.TakeAsync(CallLane.Closing));
        time.Advance(Slack);
        Assert.Equal(TimeSpan.Zero, await blue.TakeAsync(CallLane.Closing));

        // Blue has made two calls and holds four at the most.
        Assert.InRange(await green.TakeAllAsync(CallLane.Closing), Ceiling - 5, Ceiling - 2);
    }

    [Fact]
    public async Task The_lanes_hold_for_all_processes_together()
    {
        var (blue, green) = (Process("token"), Process("token"));

        Assert.Equal(80, await blue.TakeAllAsync(CallLane.Resync));
        Assert.Equal(0, await green.TakeAllAsync(CallLane.Resync));
        Assert.Equal(10, await green.TakeAllAsync(CallLane.Route));
        Assert.Equal(10, await blue.TakeAllAsync(CallLane.Closing));
    }

    [Fact]
    public async Task Another_token_has_a_window_of_its_own()
    {
        Assert.Equal(Ceiling, await Process("token").TakeAllAsync(CallLane.Closing));
        Assert.Equal(Ceiling, await Process("another").TakeAllAsync(CallLane.Closing));
    }

    [Fact]
    public async Task While_redis_is_away_each_keeps_to_half_and_is_whole_again_when_it_is_back()
    {
        await using var server = DockFlare.Tests.Fixtures.RedisServer.Create();
        var process = Process("token", server.Url);

        Assert.Equal(Ceiling / 2, await process.TakeAllAsync(CallLane.Closing));

        await server.StartAgainAsync();
        time.Advance(CloudflareBudget.Window);
        while (reservations == 0)
        {
            Assert.Equal(TimeSpan.Zero, await process.TakeAsync(CallLane.Closing));
            time.Advance(CloudflareBudget.Window);
        }

        Assert.InRange(await process.TakeAllAsync(CallLane.Closing), Ceiling - 4, Ceiling);
    }

    private Peer Process(string token, string? url = null)
    {
        var connection = new RedisConnection(RedisOptions.Parse(url ?? fixture.Server.Url), TimeProvider.System, NullLogger<RedisConnection>.Instance);
        connections.Add(connection);
        var reserve = DockFlareServiceCollectionExtensions.ReserveFrom(new(connection, () => time.GetUtcNow().ToUnixTimeMilliseconds()), token);
        var peer = new Peer(time, async (request, cancellationToken) =>
        {
            var grant = await reserve(request, cancellationToken);
            reservations += grant is null ? 0 : 1;
            return grant;
        });
        peers.Add(peer);
        return peer;
    }

    /// <summary>One process's end: its own budget and its part in the shared one.</summary>
    private sealed class Peer : IDisposable
    {
        private readonly CloudflareBudget budget;
        private readonly SharedCalls shared;

        public Peer(TimeProvider time, ReserveCalls reserve)
        {
            budget = new(Ceiling, time);
            shared = new(reserve, budget, time);
        }

        public void Dispose() => shared.Dispose();

        public async Task<TimeSpan> TakeAsync(CallLane lane)
        {
            var wait = budget.Take(lane);
            if (wait > TimeSpan.Zero)
            {
                return wait;
            }

            wait = await shared.TakeAsync(lane, Cancellation);
            if (wait > TimeSpan.Zero)
            {
                budget.GiveBack();
            }
            else
            {
                budget.Done(null, null);
            }

            return wait;
        }

        public async Task<int> TakeAllAsync(CallLane lane)
        {
            var taken = 0;
            while (await TakeAsync(lane) == TimeSpan.Zero)
            {
                taken++;
            }

            return taken;
        }
    }
}

/// <summary>Two masters with one token, as when one replaces the other, against an account that takes few calls.</summary>
public sealed class SharedBudgetTests(RedisFixture fixture) : RigCase, IClassFixture<RedisFixture>
{
    [Fact]
    public async Task Two_masters_of_one_token_do_their_work_without_a_429()
    {
        await fixture.Server.FlushAsync();
        Cloudflare.AddZone("example.com", DockFlare.Testing.FakePlan.Pro);
        Cloudflare.RateLimit = new(60, TimeSpan.FromMinutes(5));
        await using var connection = new RedisConnection(RedisOptions.Parse(fixture.Server.Url), TimeProvider.System, NullLogger<RedisConnection>.Instance);
        var reserve = DockFlareServiceCollectionExtensions.ReserveFrom(new(connection, () => Time.GetUtcNow().ToUnixTimeMilliseconds()), Cloudflare.Token);
        var masters = new List<MasterRig>();
        foreach (var name in (string[])["blue", "green"])
        {
            var rig = Master(store: new(), owner: name, cloud: static options => (options.CallLimit, options.AccountEmail) = (60, "me@example.com"), reserve: reserve);
            var agent = await rig.EnrolAsync(name, cancellationToken: Cancellation);
            rig.Report(agent, Enumerable.Range(0, 40).Select(i => MasterRig.Wants($"{name}{i}.example.com", more: ("access.policy", "authenticate"))));
            masters.Add(rig);
        }

        for (var round = 0; round < 30 && Served() < 80; round++)
        {
            var passes = await Task.WhenAll(masters.Select(static master => master.PassAsync()));
            Time.Advance(passes.Max(static pass => pass.RetryAfter) ?? TimeSpan.FromSeconds(1));
        }

        Assert.Equal(80, Served());
        Assert.DoesNotContain(Cloudflare.Log.Calls, static call => call.Status == 429);
    }

    private int Served() => Cloudflare.Read(static view => view.Exposures().Count(static exposure => exposure.App is not null));
}
