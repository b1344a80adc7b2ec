using DockFlare.EndToEnd.Tests.Stage;
using DockFlare.Tests.Fixtures;

namespace DockFlare.EndToEnd.Tests;

/// <summary>What goes away for a while takes no route with it, and what happened meanwhile is seen afterwards.</summary>
[Collection(EngineTests.Name)]
public sealed class OutageTests(TwoEngines engines) : IAsyncDisposable
{
    [Fact]
    public async Task Engines_and_the_socket_proxy_may_restart_under_master_and_agent_and_no_route_ends()
    {
        await using var world = await World.CreateAsync();
        await using var ownEdge = new Edge(world.Cloudflare, engines.Own);
        await using var edge = new Edge(world.Cloudflare, engines.Second);
        var master = await world.StartMasterAsync(
            ("DOCKER_HOST", engines.Own.Endpoint.OriginalString), ("CLOUDFLARED_IMAGE", TwoEngines.Cloudflared), ("GRACE_PERIOD", "0"), ("AGENT_ENROLLMENT_REQUIRED", "false"));
        var proxy = await SocketProxy.StartAsync(engines.Second);
        var key = world.Keep("the agent's key", (await master.Api.PostAsync("agents/generate-key")).GetProperty("key").GetString()!);
        var agent = world.LaunchAgent(("DOCKFLARE_API_KEY", key), ("DOCKER_HOST", proxy.Endpoint.OriginalString), ("CLOUDFLARED_IMAGE", TwoEngines.Cloudflared));
        await TwoEngines.RunAsync(engines.Own, "blog", "blog.example.com", "--restart", "always");
        await TwoEngines.RunAsync(engines.Second, "nas", "nas.example.com", "--restart", "always");
        await master.Api.UntilAsync("blog.example.com", "live");
        await master.Api.UntilAsync("nas.example.com", "live");
        var ended = WatchForEnds(world);

        // The grace period is nil: a route that anybody takes for ended is ended at once. The containers are killed with the engine that runs them,
        // as at a power cut; a stop of the engine would end them one by one before its eyes, which is an end.
        await engines.Own.KillAsync();
        await proxy.DisposeAsync();
        await agent.UntilLineAsync("Containers cannot be watched");
        await master.Process.UntilLineAsync("Containers cannot be watched");
        await engines.Second.KillAsync();
        await engines.Second.StartAsync();
        await engines.Own.StartAsync();
        await using var again = await SocketProxy.StartAsync(engines.Second, proxy.Endpoint.Port);
        await TwoEngines.RunAsync(engines.Own, "wiki", "wiki.example.com");
        await TwoEngines.RunAsync(engines.Second, "tv", "tv.example.com");
        foreach (var host in (string[])["blog.example.com", "nas.example.com", "wiki.example.com", "tv.example.com"])
        {
            await master.Api.UntilAsync(host, "live");
        }

        await master.Api.UntilNothingToChangeAsync();
        Assert.Empty(ended);
    }

    [Fact]
    public async Task A_redis_that_loses_everything_ends_no_route_and_commands_work_again()
    {
        await using var world = await World.CreateAsync();
        await using var redis = await RedisServer.StartAsync(world.Keep("the Redis password", World.Secret()));
        await using var edge = new Edge(world.Cloudflare, engines.Own);
        var master = await world.StartMasterAsync(
            ("REDIS_URL", redis.Url), ("DOCKER_HOST", engines.Own.Endpoint.OriginalString), ("CLOUDFLARED_IMAGE", TwoEngines.Cloudflared), ("GRACE_PERIOD", "0"));
        await TwoEngines.RunAsync(engines.Own, "blog", "blog.example.com");
        await master.Api.UntilAsync("blog.example.com", "live");
        await master.Api.UntilNothingToChangeAsync();
        var ended = WatchForEnds(world);

        await redis.KillAsync();
        var reason = await master.Api.UntilNotReadyAsync("Redis");
        Assert.Contains($"Redis at 127.0.0.1:{redis.Port}", reason, StringComparison.Ordinal);
        Assert.Contains("REDIS_URL", reason, StringComparison.Ordinal);
        await TwoEngines.RunAsync(engines.Own, "wiki", "wiki.example.com");
        await redis.StartAgainAsync();
        await master.Api.UntilReadyAsync();
        await master.Api.UntilAsync("wiki.example.com", "live");

        // The connector is replaced by a command that an operator asks for.
        var before = await ConnectorAsync();
        await master.Api.PostAsync("agents/local/redeploy-tunnel");
        await Eventually.ReadAsync("another connector runs alone", ConnectorAsync, now => now.Length > 0 && now != before && !now.Contains('\n', StringComparison.Ordinal));
        await master.Api.UntilAsync("blog.example.com", "live");
        await master.Api.UntilAsync("wiki.example.com", "live");
        await master.Api.UntilNothingToChangeAsync();
        Assert.Empty(ended);
    }

    public async ValueTask DisposeAsync()
    {
        await engines.Own.StartAsync();
        await engines.Second.StartAsync();
        await engines.Own.RemoveContainersAsync();
        await engines.Second.RemoveContainersAsync();
    }

    private Task<string> ConnectorAsync() => engines.Own.CliAsync("ps", "-q", "--no-trunc", "--filter", "label=dockflare.connector");

    /// <summary>Each host that stopped being reachable at any moment from now on.</summary>
    private static List<string> WatchForEnds(World world)
    {
        List<string> ended = [];
        var reachable = world.Cloudflare.Read(static view => Hosts(view));
        world.Cloudflare.Observe(view =>
        {
            var now = Hosts(view);
            ended.AddRange(reachable.Except(now));
            reachable.UnionWith(now);
        });
        return ended;

        static HashSet<string> Hosts(DockFlare.Testing.FakeView view) => [.. view.Exposures().Select(static exposure => exposure.Host)];
    }
}
