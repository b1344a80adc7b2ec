using DockFlare.Core.Commands;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Persistence;
using Microsoft.Extensions.DependencyInjection;

namespace DockFlare.Hosting.Tests.Agents;

/// <summary>The calls that operators' scripts make, and what outlives the process.</summary>
public sealed class AgentAdminTests
{
    private const string Admin = WireMaster.AdminKey;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<(string Key, string Id)> NewAgentAsync(WireMaster master)
    {
        var (status, made) = await master.PostAsync(Admin, "/api/v2/agents/generate-key", """{"owner":"ops"}""");
        Assert.Equal(201, status);
        var key = (string)made["key"]!;
        var (_, body) = await master.PostAsync(key, "/api/v2/agents/register", """{"display_name":"nas"}""");
        return (key, (string)body["agent_id"]!);
    }

    [Fact]
    public async Task Without_the_master_key_nothing_is_answered_and_an_agent_key_is_no_master_key()
    {
        await using var master = await WireMaster.StartAsync();
        var (key, _) = await NewAgentAsync(master);

        var (wrong, _) = await master.GetAsync("wrong", "/api/v2/agents");
        var (agent, _) = await master.GetAsync(key, "/api/v2/agents");
        var (crossed, _) = await master.PostAsync(Admin, "/api/v2/agents/register", "{}");

        Assert.Equal((401, 401, 401), (wrong, agent, crossed));
    }

    [Fact]
    public async Task Without_a_configured_master_key_the_answer_is_503()
    {
        await using var master = await WireMaster.StartAsync(more: static services => services.AddSingleton(new MasterApiKey()));
        master.MasterKey.Value = null;

        var (status, body) = await master.GetAsync("", "/api/v2/agents");

        Assert.Equal((503, "master_api_key_not_configured"), (status, (string)body["code"]!));
    }

    [Fact]
    public async Task A_key_is_shown_once_and_only_its_hash_is_stored()
    {
        var store = new InMemoryStateStore();
        await using var master = await WireMaster.StartAsync(store);
        var (key, id) = await NewAgentAsync(master);

        var (_, list) = await master.GetAsync(Admin, "/api/v2/agents");
        var (_, info) = await master.GetAsync(Admin, $"/api/v2/agents/deploy-info/{key}");
        var documents = (await store.ListAsync("agent-key", Stop)).Select(static document => System.Text.Encoding.UTF8.GetString(document.Json.Span) + document.Id);

        Assert.Equal(43, key.Length);
        Assert.All([list.ToJsonString(), info.ToJsonString(), .. documents], text => Assert.DoesNotContain(key, text, StringComparison.Ordinal));
        Assert.Equal(id, (string)info["meta"]!["bound_agent_id"]!);
    }

    [Fact]
    public async Task Enrolling_renaming_and_removing_an_agent()
    {
        await using var master = await WireMaster.StartAsync();
        var (key, id) = await NewAgentAsync(master);

        var (enrolled, agent) = await master.PostAsync(Admin, $"/api/v2/agents/{id}/enroll", """{"tunnel_name":"nas-tunnel"}""");
        await master.PostAsync(Admin, $"/api/v2/agents/{id}/rename", """{"display_name":"The NAS"}""");
        await master.PostAsync(key, "/api/v2/agents/register", """{"display_name":"nas"}""");
        var record = master.Registry.Find(new(id))!;
        var (removed, _) = await master.PostAsync(Admin, $"/api/v2/agents/{id}/remove", "");
        var (gone, _) = await master.GetAsync(key, $"/api/v2/agents/{id}/commands");

        Assert.Equal((200, 202, 401), (enrolled, removed, gone));
        Assert.Equal("nas-tunnel", (string)agent["agent"]!["assigned_tunnel_name"]!);
        Assert.Equal(("The NAS", "nas-tunnel", true, AgentStatus.Enrolled), (record.DisplayName, record.TunnelName, record.AdoptTunnel, record.Status));
        Assert.Empty(master.Registry.All);
    }

    [Fact]
    public async Task A_rolled_key_and_the_one_before_it_both_work()
    {
        await using var master = await WireMaster.StartAsync();
        var (key, id) = await NewAgentAsync(master);

        var (_, body) = await master.PostAsync(Admin, $"/api/v2/agents/{id}/roll-key", "");
        var fresh = (string)body["new_key"]!;
        var (with, _) = await master.GetAsync(fresh, $"/api/v2/agents/{id}/commands");
        var (before, _) = await master.GetAsync(key, $"/api/v2/agents/{id}/commands");

        Assert.NotEqual(key, fresh);
        Assert.Equal((200, 200), (with, before));
        Assert.NotNull(master.Keys.Find(key)!.Record.ExpiresAt);
    }

    [Fact]
    public async Task Redeploying_a_tunnel_restarts_the_connector()
    {
        await using var master = await WireMaster.StartAsync();
        var (_, id) = await NewAgentAsync(master);
        var (early, _) = await master.PostAsync(Admin, $"/api/v2/agents/{id}/redeploy-tunnel", "");
        master.Tunnels.Set(new(id), new(WireMaster.TunnelId, "nas", 5));

        var (status, body) = await master.PostAsync(Admin, $"/api/v2/agents/{id}/redeploy-tunnel", "");

        Assert.Equal((409, 202), (early, status));
        Assert.Equal(
            [new AgentCommand.EnsureTunnel(new((string)body["command_id"]!), WireMaster.TunnelId, "nas", 5) { Restart = true }],
            await master.Queue.PendingAsync(new(id), Stop));
    }

    [Fact]
    public async Task Agents_and_keys_outlive_the_master_and_reports_do_not()
    {
        var store = new InMemoryStateStore();
        string key, id;
        await using (var first = await WireMaster.StartAsync(store))
        {
            (key, id) = await NewAgentAsync(first);
            await first.PostAsync(key, $"/api/v2/agents/{id}/events", """{"type":"heartbeat"}""");
        }

        await using var second = await WireMaster.StartAsync(store);
        var (status, _) = await second.GetAsync(key, $"/api/v2/agents/{id}/commands");

        Assert.Equal(200, status);
        Assert.Equal((id, "nas"), (second.Registry.All[0].Id.Value, second.Registry.All[0].DisplayName));
        Assert.Null(second.Registry.FindReport(new(id)));
    }

    [Fact]
    public async Task A_heartbeat_writes_nothing()
    {
        var store = new InMemoryStateStore();
        await using var master = await WireMaster.StartAsync(store);
        var (key, id) = await NewAgentAsync(master);
        async Task<long[]> Versions() =>
            [.. (await store.ListAsync("agent", Stop)).Concat(await store.ListAsync("agent-key", Stop)).Select(static document => document.Version)];
        var before = await Versions();

        await master.PostAsync(key, $"/api/v2/agents/{id}/events", """{"type":"heartbeat"}""");
        await master.PostAsync(key, "/api/v2/agents/register", """{"display_name":"nas"}""");

        Assert.Equal(before, await Versions());
    }
}
