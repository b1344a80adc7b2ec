using System.Text.Json;
using DockFlare.EndToEnd.Tests.Stage;
using DockFlare.Tests.Fixtures;

namespace DockFlare.EndToEnd.Tests;

/// <summary>The same straight line from a second host: an agent behind a socket proxy, a master with Redis.</summary>
[Collection(EngineTests.Name)]
public sealed class SecondHostTests(TwoEngines engines) : IAsyncDisposable
{
    [Fact]
    public async Task An_agent_brings_its_host_to_its_own_tunnel_and_routes_outlive_agent_and_master()
    {
        await using var world = await World.CreateAsync();
        await using var redis = await RedisServer.StartAsync(world.Keep("the Redis password", World.Secret()));
        await using var proxy = await SocketProxy.StartAsync(engines.Second, "CONTAINERS", "EVENTS", "NETWORKS", "IMAGES", "POST", "PING", "EXEC");
        await using var ownEdge = new Edge(world.Cloudflare, engines.Own);
        await using var edge = new Edge(world.Cloudflare, engines.Second);
        (string, string)[] settings =
        [
            ("REDIS_URL", redis.Url), ("DOCKER_HOST", engines.Own.Endpoint.OriginalString), ("CLOUDFLARED_IMAGE", TwoEngines.Cloudflared),
            ("GRACE_PERIOD", "2s"), ("LOG_LEVEL", "trace"),
        ];
        var master = await world.StartMasterAsync(settings);
        await TwoEngines.RunAsync(engines.Own, "blog", "blog.example.com");
        await TwoEngines.RunAsync(engines.Second, "nas", "nas.example.com");
        await master.Api.UntilAsync("blog.example.com", "live");

        // A new agent waits, and nothing of it is published.
        var generated = await master.Api.PostAsync("agents/generate-key", """{"owner":"the cellar"}""");
        var key = world.Keep("the agent's key", generated.GetProperty("key").GetString()!);
        (string, string)[] agentSettings =
        [
            ("DOCKFLARE_API_KEY", key), ("DOCKER_HOST", proxy.Endpoint.OriginalString), ("CLOUDFLARED_IMAGE", TwoEngines.Cloudflared),
            ("AGENT_DISPLAY_NAME", "cellar"), ("LOG_LEVEL", "trace"),
        ];
        var agent = world.LaunchAgent(agentSettings);
        await agent.UntilLineAsync("Registered as agent");
        var pending = await Eventually.ReadAsync("the agent is listed", () => AgentAsync(master.Api, "cellar"), static found => found is not null);
        Assert.Equal("pending", MasterApi.Text(pending!.Value, "status"));
        await PassAsync(master.Api);
        Assert.Equal(RouteSeen.None, await master.Api.RouteAsync("nas.example.com"));
        await master.Api.UntilNothingToChangeAsync();
        Assert.DoesNotContain(world.Cloudflare.Records(world.ZoneId), static record => record.Name == "nas.example.com");
        Assert.Empty(await engines.Second.CliAsync("ps", "-q", "--filter", "label=dockflare.connector"));

        // Enrolled with a tunnel that is not there yet, its container becomes a live route on it.
        var id = MasterApi.Text(pending.Value, "id")!;
        await master.Api.PostAsync($"agents/{id}/enroll", """{"tunnel_name":"cellar"}""");
        var route = await master.Api.UntilAsync("nas.example.com", "live");
        await master.Api.UntilNothingToChangeAsync();
        await agent.UntilLineAsync("is done (attempt 1)");
        var tunnel = world.Cloudflare.FindTunnelByName("cellar")!;
        Assert.Equal((tunnel.Id, id), (route.TunnelId, route.Agent));
        Assert.NotEqual(tunnel.Id, (await master.Api.RouteAsync("blog.example.com")).TunnelId);
        Assert.Contains("\"nas.example.com\"", tunnel.Configuration.Json, StringComparison.Ordinal);
        Assert.Contains($"{tunnel.Id}.cfargotunnel.com", world.Cloudflare.Records(world.ZoneId).Select(static record => record.Content));
        Assert.Contains($"\"TUNNEL_TOKEN={tunnel.Token}\"", await engines.Second.CliAsync("inspect", "-f", "{{json .Config.Env}}", "dockflare-agent-tunnel"), StringComparison.Ordinal);

        // The end of a container on its host takes its route away after the grace period, and the rest stays.
        await TwoEngines.RunAsync(engines.Second, "tv", "tv.example.com");
        await master.Api.UntilAsync("tv.example.com", "live");
        await engines.Second.CliAsync("stop", "tv");
        await master.Api.UntilAsync("tv.example.com", "none");
        await master.Api.UntilNothingToChangeAsync();
        Assert.Equal(["blog.example.com", "nas.example.com"], Names(world));

        // An agent that is killed is missed, not obeyed: its routes stay.
        var before = world.Cloudflare.Snapshot();
        await agent.KillAsync();
        world.Cloudflare.Log.Reset();
        await PassAsync(master.Api);
        Assert.Equal("live", (await master.Api.RouteAsync("nas.example.com")).State);

        // A master that starts again writes nothing, and reads little.
        await master.Process.StopAsync();
        world.Cloudflare.Log.Reset();
        master = await world.StartMasterAsync(settings);
        await master.Api.UntilReadyAsync();
        agent = world.LaunchAgent(agentSettings);
        await agent.UntilLineAsync("Registered as agent");
        await master.Api.UntilAsync("blog.example.com", "live");
        await master.Api.UntilAsync("nas.example.com", "live");
        await master.Api.UntilNothingToChangeAsync();
        Assert.Equal(0, world.Cloudflare.Log.Writes);
        Assert.True(world.Cloudflare.Log.Reads <= 8, string.Join('\n', world.Cloudflare.Log.Calls));
        Assert.Equal(before, world.Cloudflare.Snapshot());

        // A key that is revoked shuts its agent out at once; what it serves goes on. The agent that was started anew takes commands by now, so it waits for one.
        var redeploy = MasterApi.Text(await master.Api.PostAsync($"agents/{id}/redeploy-tunnel"), "command_id");
        await agent.UntilLineAsync($"Command '{redeploy}' is done (attempt 1)");
        var revoked = TimeProvider.System.GetTimestamp();
        await master.Api.PostAsync("agents/revoke-key", $$"""{"key":"{{key}}"}""");
        await agent.UntilLineAsync("The master refused the agent's key (DOCKFLARE_API_KEY)");
        var took = TimeProvider.System.GetElapsedTime(revoked);
        Assert.True(took < TimeSpan.FromSeconds(3), $"It took {took.TotalSeconds:0.0} s.");
        await PassAsync(master.Api);
        Assert.Equal(["blog.example.com", "nas.example.com"], Names(world));
        Assert.Equal("true", await engines.Second.CliAsync("inspect", "-f", "{{.State.Running}}", "dockflare-agent-tunnel"));
    }

    public async ValueTask DisposeAsync()
    {
        await engines.Own.RemoveContainersAsync();
        await engines.Second.RemoveContainersAsync();
    }

    private static string[] Names(World world) => [.. world.Cloudflare.Records(world.ZoneId).Select(static record => record.Name).Order(StringComparer.Ordinal)];

    /// <summary>Waits for a whole pass that begins after now.</summary>
    private static async Task PassAsync(MasterApi api)
    {
        var before = await NumberAsync();
        await api.PostAsync("reconcile");
        await Eventually.ReadAsync("another pass", NumberAsync, number => number > before);

        async Task<long> NumberAsync() => (await api.GetAsync("overview")).GetProperty("last_pass").GetProperty("number").GetInt64();
    }

    private static async Task<JsonElement?> AgentAsync(MasterApi api, string name)
    {
        foreach (var agent in (await api.GetAsync("agents")).GetProperty("agents").EnumerateArray())
        {
            if (MasterApi.Text(agent, "display_name") == name)
            {
                return agent;
            }
        }

        return null;
    }
}
