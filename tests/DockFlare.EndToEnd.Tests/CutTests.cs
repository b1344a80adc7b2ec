using System.Text.Json;
using DockFlare.EndToEnd.Tests.Stage;

namespace DockFlare.EndToEnd.Tests;

/// <summary>
/// The network between an agent and its master, silent for longer than every time-out between them with <c>DOCKFLARE_TESTS=long</c>, and by default until a
/// command was given to a poll that cannot hear it.
/// </summary>
[Collection(EngineTests.Name)]
public sealed class CutTests(TwoEngines engines) : IAsyncDisposable
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("DOCKFLARE_TESTS") == "long";

    [Fact]
    public async Task After_a_cut_the_command_had_its_effect_once_and_the_routes_are_right()
    {
        await using var world = await World.CreateAsync();
        await using var edge = new Edge(world.Cloudflare, engines.Second);
        var there = new Uri($"http://{engines.Second.HostAddress}:{world.MasterAddress.Port}/");
        var master = await world.StartMasterAsync(
            ("DOCKFLARE_LOCAL_AGENT", "false"), ("GRACE_PERIOD", "1s"), ("AGENT_HEARTBEAT_TIMEOUT", "10s"), ("ASPNETCORE_URLS", $"{world.MasterAddress};{there}"));
        var key = world.Keep("the agent's key", (await master.Api.PostAsync("agents/generate-key")).GetProperty("key").GetString()!);
        var agent = world.LaunchAgentIn(
            engines.Second.NetworkNamespace,
            ("DOCKFLARE_MASTER_URL", there.ToString()), ("DOCKFLARE_API_KEY", key), ("DOCKER_HOST", engines.Second.Endpoint.OriginalString), ("CLOUDFLARED_IMAGE", TwoEngines.Cloudflared));
        await agent.UntilLineAsync("Registered as agent");
        var id = MasterApi.Text((await AgentAsync(master.Api))!.Value, "id")!;
        await master.Api.PostAsync($"agents/{id}/enroll", """{"tunnel_name":"cellar"}""");
        await TwoEngines.RunAsync(engines.Second, "stays", "stays.example.com");
        await TwoEngines.RunAsync(engines.Second, "goes", "goes.example.com");
        await master.Api.UntilAsync("stays.example.com", "live");
        await master.Api.UntilAsync("goes.example.com", "live");
        await agent.UntilLineAsync("is done (attempt 1)");
        var before = await ConnectorAsync();

        // While nothing gets through: a command goes to a poll that is dead, one container ends and another starts. An agent is offline after 90 s, when the
        // poll (60 s), the lease (60 s), the report (30 s) and the heartbeat (30 s) have all timed out.
        await engines.Second.CutAsync();
        try
        {
            await master.Api.PostAsync($"agents/{id}/redeploy-tunnel");
            await engines.Second.CliAsync("rm", "-f", "goes");
            await TwoEngines.RunAsync(engines.Second, "comes", "comes.example.com");
            if (IsLong)
            {
                await Eventually.ReadAsync(
                    "the agent is offline", async () => (await AgentAsync(master.Api))!.Value.GetProperty("online").GetBoolean(), static online => !online, TimeSpan.FromMinutes(3));
                await agent.UntilLineAsync("did not answer within");
            }

            Assert.Equal("live", (await master.Api.RouteAsync("stays.example.com")).State);
            Assert.Equal("live", (await master.Api.RouteAsync("goes.example.com")).State);
            Assert.Equal(RouteSeen.None, await master.Api.RouteAsync("comes.example.com"));
            Assert.Equal(before, await ConnectorAsync());
        }
        finally
        {
            await engines.Second.MendAsync();
        }

        var limit = TimeSpan.FromMinutes(3);
        await Eventually.ReadAsync("the command is done", () => QueueAsync(master.Api, id), static queue => queue.Pending == 0, limit);
        await master.Api.UntilAsync("comes.example.com", "live");
        await master.Api.UntilAsync("goes.example.com", "none");
        await master.Api.UntilNothingToChangeAsync();
        var after = await ConnectorAsync();

        Assert.Equal("live", (await master.Api.RouteAsync("stays.example.com")).State);
        Assert.Equal((0, 0, 1), await QueueAsync(master.Api, id));
        Assert.NotEqual(before, after);
        Assert.Equal(["comes.example.com", "stays.example.com"], world.Cloudflare.Records(world.ZoneId).Select(static record => record.Name).Order(StringComparer.Ordinal));
        Assert.Single(agent.Lines, static line => line.Contains("The connector dockflare-agent-tunnel serves tunnel cellar", StringComparison.Ordinal) && line.Contains("in place of the one before", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync() => await engines.Second.RemoveContainersAsync();

    private Task<string> ConnectorAsync() => engines.Second.CliAsync("inspect", "-f", "{{.Id}}", "dockflare-agent-tunnel");

    private static async Task<JsonElement?> AgentAsync(MasterApi api) => (await api.GetAsync("agents")).GetProperty("agents").EnumerateArray().Cast<JsonElement?>().SingleOrDefault();

    /// <summary>How many commands wait, were given up, and were restarts that ended well.</summary>
    private static async Task<(int Pending, int Dead, int Restarts)> QueueAsync(MasterApi api, string agent)
    {
        var queue = await api.GetAsync($"agents/{agent}/queue");
        return (
            queue.GetProperty("pending").GetArrayLength(),
            queue.GetProperty("dead_letters").GetArrayLength(),
            queue.GetProperty("history").EnumerateArray().Count(static ended => MasterApi.Text(ended, "action") == "restart_tunnel" && MasterApi.Text(ended, "end") == "acked"));
    }
}
