using DockFlare.Core;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;

namespace DockFlare.Hosting.Tests.Agents;

/// <summary>A published agent 1.0.0, as it behaves, against our master.</summary>
public sealed class ProtocolOneTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<AgentId> RegisterAsync(WireMaster master, string key)
    {
        var (_, body) = await master.PostAsync(key, "/api/v2/agents/register", """{"display_name":"nas","version":"1.0.0","agent_id":"made-up"}""");
        return new((string)body["agent_id"]!);
    }

    [Fact]
    public async Task A_new_agent_gets_an_id_of_its_own_and_waits_to_be_enrolled()
    {
        await using var master = await WireMaster.StartAsync();
        var key = await master.NewKeyAsync();

        var (first, body) = await master.PostAsync(key, "//api/v2/agents/register", """{"display_name":"nas","version":"1.0.0","agent_id":"made-up"}""");
        var id = (string)body["agent_id"]!;
        var (again, _) = await master.PostAsync(key, "/api/v2/agents/register", $$"""{"agent_id":"{{id}}"}""");
        var (other, otherBody) = await master.PostAsync(key, "/api/v2/agents/register", """{"agent_id":"somebody-else"}""");
        var (commands, commandsBody) = await master.GetAsync(key, $"//api/v2/agents/{id}/commands");

        Assert.Equal((201, 200, 403, 200), (first, again, other, commands));
        Assert.NotEqual("made-up", id);
        Assert.Equal("agent_key_mismatch", (string)otherBody["code"]!);
        Assert.Equal("""{"status":"success","commands":[]}""", commandsBody.ToJsonString());
        Assert.DoesNotContain(key, body.ToJsonString(), StringComparison.Ordinal);
        var agent = Assert.Single(master.Registry.All);
        Assert.Equal((id, "nas", 1, Hosting.Agents.AgentStatus.Pending, null), (agent.Id.Value, agent.DisplayName, agent.Protocol, agent.Status, agent.TunnelName));
    }

    [Fact]
    public async Task The_scheme_is_compared_without_case_and_an_unknown_key_gets_401()
    {
        await using var master = await WireMaster.StartAsync();
        var key = await master.NewKeyAsync();
        using var body = new StringContent("{}");
        using var other = new StringContent("{}");

        var (good, _) = await master.CallAsync(HttpMethod.Post, key, "/api/v2/agents/register", body, scheme: "bEARER");
        var (bad, error) = await master.CallAsync(HttpMethod.Post, key + "x", "/api/v2/agents/register", other);

        Assert.Equal((201, 401), (good, bad));
        Assert.Equal(("error", "unauthorized"), ((string)error["status"]!, (string)error["code"]!));
    }

    [Fact]
    public async Task A_start_is_repeated_with_its_token_until_the_tunnel_is_said_to_run()
    {
        await using var master = await WireMaster.StartAsync();
        var key = await master.NewKeyAsync();
        var id = await RegisterAsync(master, key);
        await master.GiveTunnelAsync(id);
        var expected = $$"""{"status":"success","commands":[{"action":"start_tunnel","tunnel_name":"nas","tunnel_id":"{{WireMaster.TunnelId}}","token":"{{WireMaster.Token}}"}]}""";

        var (_, first) = await master.GetAsync(key, $"/api/v2/agents/{id}/commands");
        var (_, second) = await master.GetAsync(key, $"/api/v2/agents/{id}/commands");
        var (status, _) = await master.PostAsync(key, $"/api/v2/agents/{id}/events", """{"type":"tunnel_status","container":{"name":"nas","status":"running"}}""");
        var (_, third) = await master.GetAsync(key, $"/api/v2/agents/{id}/commands");

        Assert.Equal(expected, first.ToJsonString());
        Assert.Equal(expected, second.ToJsonString());
        Assert.Equal(202, status);
        Assert.Equal("""{"status":"success","commands":[]}""", third.ToJsonString());
        Assert.Empty(await master.Queue.PendingAsync(id, Stop));
        Assert.Equal(1, master.Registry.FindReport(id)!.TunnelGeneration);
    }

    [Fact]
    public async Task A_restart_is_handed_out_once()
    {
        await using var master = await WireMaster.StartAsync();
        var key = await master.NewKeyAsync();
        var id = await RegisterAsync(master, key);
        await master.GiveTunnelAsync(id, restart: true);

        var (_, first) = await master.GetAsync(key, $"/api/v2/agents/{id}/commands");
        var (_, second) = await master.GetAsync(key, $"/api/v2/agents/{id}/commands");

        Assert.Equal(
            $$"""{"status":"success","commands":[{"action":"restart_tunnel","tunnel_name":"nas","tunnel_id":"{{WireMaster.TunnelId}}","tunnel_token":"{{WireMaster.Token}}"}]}""",
            first.ToJsonString());
        Assert.Equal("""{"status":"success","commands":[]}""", second.ToJsonString());
    }

    [Fact]
    public async Task Events_become_reports_and_only_a_stop_ends_a_container()
    {
        await using var master = await WireMaster.StartAsync();
        var key = await master.NewKeyAsync();
        var id = await RegisterAsync(master, key);
        var events = $"/api/v2/agents/{id}/events";
        var labels = new LabelMap([new("dockflare.enable", "true")]);
        var blog = new ContainerSnapshot("aaaaaaaaaaaa", "blog", labels);
        var wiki = new ContainerSnapshot("bbbbbbbbbbbb", "wiki", labels);

        await master.PostAsync(key, events, """{"type":"container_start","timestamp":"2026-01-01T00:00:00+00:00","container":{"id":"aaaaaaaaaaaa","name":"/blog","labels":{"dockflare.enable":"true"}}}""");
        await master.PostAsync(key, events, """{"type":"status_report","container":{"containers":[{"id":"bbbbbbbbbbbb","name":"wiki","labels":{"dockflare.enable":"true"},"status":"running"}]}}""");
        await master.PostAsync(key, events, """{"type":"status_report","container":{"containers":[]}}""");
        var both = master.Registry.FindReport(id);
        await master.PostAsync(key, events, """{"type":"container_die","container":{"id":"aaaaaaaaaaaa","name":"blog","labels":{}}}""");
        await master.PostAsync(key, events, """{"type":"container_stop","container":{"id":"aaaaaaaaaaaa","name":"blog","labels":{}}}""");
        var one = master.Registry.FindReport(id);

        Assert.Equal(new AgentReport(id, IsComplete: false, 0, [blog, wiki]), both);
        Assert.Equal(new AgentReport(id, IsComplete: false, 0, [wiki]) { Ended = [blog] }, one);
    }

    [Fact]
    public async Task A_container_that_several_listings_miss_is_shown_and_an_operator_can_end_it()
    {
        await using var master = await WireMaster.StartAsync();
        var key = await master.NewKeyAsync();
        var id = await RegisterAsync(master, key);
        var events = $"/api/v2/agents/{id}/events";
        Task ListAsync(string containers) => master.PostAsync(key, events, $$$"""{"type":"status_report","container":{"containers":[{{{containers}}}]}}""");
        async Task<string?> AbsentAsync() => (await master.GetAsync(WireMaster.AdminKey, "/api/v2/agents")).Body["agents"]![0]!["absent"]?.ToJsonString();
        const string Wiki = """{"id":"bbbbbbbbbbbb","name":"wiki","labels":{"dockflare.enable":"true"},"status":"running"}""";

        await master.PostAsync(key, events, """{"type":"container_start","container":{"id":"aaaaaaaaaaaa","name":"blog","labels":{"dockflare.enable":"true"}}}""");
        await ListAsync(Wiki);
        await ListAsync(Wiki);
        await ListAsync("");
        var twice = await AbsentAsync();
        var (early, _) = await master.PostAsync(WireMaster.AdminKey, $"/api/v2/agents/{id}/containers/blog/end", "");
        await ListAsync(Wiki);
        var absent = await AbsentAsync();
        var stays = master.Registry.FindReport(id)!.Containers.Count;
        var (ended, _) = await master.PostAsync(WireMaster.AdminKey, $"/api/v2/agents/{id}/containers/blog/end", "");

        Assert.Equal((null, 404, """["blog"]""", 2, 200), (twice, early, absent, stays, ended));
        Assert.Null(await AbsentAsync());
        Assert.Equal(["blog"], master.Registry.FindReport(id)!.Ended.Select(static container => container.Name));
        Assert.Equal(["wiki"], master.Registry.FindReport(id)!.Containers.Select(static container => container.Name));
    }

    [Fact]
    public async Task An_object_as_the_type_is_refused_and_costs_nothing_else()
    {
        await using var master = await WireMaster.StartAsync();
        var key = await master.NewKeyAsync();
        var id = await RegisterAsync(master, key);

        var (bad, error) = await master.PostAsync(key, $"/api/v2/agents/{id}/events", """{"type":{"id":"aaaa","name":"blog"},"timestamp":"2026-01-01T00:00:00+00:00"}""");
        var (good, body) = await master.PostAsync(key, $"/api/v2/agents/{id}/events", """{"type":"heartbeat"}""");

        Assert.Equal((400, 202), (bad, good));
        Assert.Equal("""{"status":"error","code":"invalid_payload","message":"\u0027type\u0027 must be a string."}""", error.ToJsonString());
        Assert.Equal("success", (string)body["status"]!);
        Assert.True(master.Registry.IsOnline(id));
    }
}
