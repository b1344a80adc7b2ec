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
    public async Task Enrolling_and_renaming_an_agent()
    {
        await using var master = await WireMaster.StartAsync();
        var (key, id) = await NewAgentAsync(master);

        var (enrolled, agent) = await master.PostAsync(Admin, $"/api/v2/agents/{id}/enroll", """{"tunnel_name":"nas-tunnel"}""");
        await master.PostAsync(Admin, $"/api/v2/agents/{id}/rename", """{"display_name":"The NAS"}""");
        await master.PostAsync(key, "/api/v2/agents/register", """{"display_name":"nas"}""");
        var record = master.Registry.Find(new(id))!;

        Assert.Equal(200, enrolled);
        Assert.Equal("nas-tunnel", (string)agent["agent"]!["assigned_tunnel_name"]!);
        Assert.Equal(("The NAS", "nas-tunnel", true, AgentStatus.Enrolled), (record.DisplayName, record.TunnelName, record.AdoptTunnel, record.Status));
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

    [Theory]
    [InlineData("""{"overlap_seconds":0}""", 200, 401)]
    [InlineData("""{"overlap_seconds":3600}""", 200, 200)]
    [InlineData("""{"overlap_seconds":99999999}""", 400, 200)]
    [InlineData("""{"overlap_seconds":-1}""", 400, 200)]
    public async Task The_operator_says_how_long_the_old_key_is_accepted(string body, int status, int withOld)
    {
        await using var master = await WireMaster.StartAsync();
        var (key, id) = await NewAgentAsync(master);

        var (answered, _) = await master.PostAsync(Admin, $"/api/v2/agents/{id}/roll-key", body);
        var (before, _) = await master.GetAsync(key, $"/api/v2/agents/{id}/commands");

        Assert.Equal((status, withOld), (answered, before));
        if (withOld == 200 && status == 200)
        {
            Assert.InRange(master.Keys.Find(key)!.Record.ExpiresAt!.Value - TimeProvider.System.GetUtcNow(), TimeSpan.FromSeconds(3500), TimeSpan.FromSeconds(3600));
        }
    }

    [Fact]
    public async Task Revoking_the_last_key_ends_a_waiting_poll_and_drops_what_is_queued()
    {
        await using var master = await WireMaster.StartAsync();
        var key = await master.NewKeyAsync();
        var (_, body) = await master.PostAsync(key, "/api/v2/agents/register", """{"supported_protocol_versions":[3]}""");
        var id = (string)body["agent_id"]!;
        await master.GiveTunnelAsync(new(id));
        await master.GetAsync(key, $"/api/v2/agents/{id}/commands");
        var poll = master.GetAsync(key, $"/api/v2/agents/{id}/commands?wait=60");
        var began = TimeProvider.System.GetTimestamp();

        await master.PostAsync(Admin, "/api/v2/agents/revoke-key", $$"""{"key":"{{key}}"}""");
        var (status, _) = await poll;

        Assert.Equal(401, status);
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Empty(await master.Queue.PendingAsync(new(id), Stop));
    }

    [Fact]
    public async Task Revoking_one_of_two_keys_drops_nothing()
    {
        await using var master = await WireMaster.StartAsync();
        var (key, id) = await NewAgentAsync(master);
        await master.PostAsync(Admin, $"/api/v2/agents/{id}/roll-key", "");
        await master.GiveTunnelAsync(new(id));

        await master.CallAsync(HttpMethod.Delete, Admin, $"/api/v2/agents/keys/{key}", null);

        Assert.Single(await master.Queue.PendingAsync(new(id), Stop));
    }

    [Fact]
    public async Task Dead_letters_are_shown_with_their_reason_and_can_be_retried()
    {
        await using var master = await WireMaster.StartAsync(more: static services =>
            services.AddSingleton<DockFlare.Hosting.Commands.ICommandQueue>(new DockFlare.Hosting.Commands.InMemoryCommandQueue(
                new() { Retry = RetryPolicy.Default with { MaxAttempts = 1 } }, TimeProvider.System, static () => 0.5)));
        var (_, id) = await NewAgentAsync(master);
        await master.GiveTunnelAsync(new(id));
        var lease = await master.Queue.LeaseAsync(new(id), TimeSpan.FromMinutes(1), TimeSpan.Zero, Stop);
        await master.Queue.NackAsync(lease!.Token, "The image cannot be pulled.", Stop);

        var (_, shown) = await master.GetAsync(Admin, $"/api/v2/agents/{id}/queue");
        var (retried, _) = await master.PostAsync(Admin, $"/api/v2/agents/{id}/dead-letters/ensure-1/retry", "");
        var (again, _) = await master.PostAsync(Admin, $"/api/v2/agents/{id}/dead-letters/ensure-1/retry", "");

        Assert.Equal(("ensure-1", "The image cannot be pulled.", 1), ((string)shown["dead_letters"]![0]!["id"]!, (string)shown["dead_letters"]![0]!["reason"]!, (int)shown["dead_letters"]![0]!["attempts"]!));
        Assert.Equal((202, 404), (retried, again));
        Assert.Single(await master.Queue.PendingAsync(new(id), Stop));
    }

    [Fact]
    public async Task Authority_is_set_shown_and_checked()
    {
        await using var master = await WireMaster.StartAsync();
        var (_, id) = await NewAgentAsync(master);

        var (_, set) = await master.PostAsync(Admin, $"/api/v2/agents/{id}/authority", """{"authority":"hosts=nas.example.com"}""");
        var (bad, fault) = await master.PostAsync(Admin, $"/api/v2/agents/{id}/authority", """{"authority":"zones=x"}""");

        Assert.Equal("hosts=nas.example.com; tunnels=own; groups=any", (string)set["agent"]!["authority"]!);
        Assert.Equal((400, "'authority' is 'zones=x': 'zones' is not known: write hosts, tunnels or groups."), (bad, (string)fault["message"]!));
    }

    [Fact]
    public async Task Deploy_files_hold_a_placeholder_and_an_operators_template_takes_the_place_of_ours()
    {
        var folder = Directory.CreateTempSubdirectory("dockflare-templates-").FullName;
        await using var master = await WireMaster.StartAsync(more: services => services.Configure<AgentPlaneOptions>(options => options.TemplatesPath = folder));
        var (key, _) = await NewAgentAsync(master);

        var (_, info) = await master.GetAsync(Admin, $"/api/v2/agents/deploy-info/{key}");
        await File.WriteAllTextAsync(Path.Combine(folder, "agent.env"), "URL={{ master_url }} KEY={{ key_placeholder }}", Stop);
        var (_, own) = await master.GetAsync(Admin, $"/api/v2/agents/deploy-info/{key}");
        await File.WriteAllTextAsync(Path.Combine(folder, "agent.env"), "{{ no_such_thing }}", Stop);
        var (status, fault) = await master.GetAsync(Admin, $"/api/v2/agents/deploy-info/{key}");
        Directory.Delete(folder, recursive: true);

        var url = (string)info["master_url"]!;
        var placeholder = $"<agent key {(string)info["meta"]!["fingerprint"]!}>";
        Assert.Contains($"DOCKFLARE_MASTER_URL={url}\nDOCKFLARE_API_KEY={placeholder}\n", (string)info["environment"]!, StringComparison.Ordinal);
        Assert.Contains((string)info["compose"]!, (string)info["script"]!, StringComparison.Ordinal);
        Assert.DoesNotContain(key, info.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal($"URL={url} KEY={placeholder}", (string)own["environment"]!);
        Assert.Equal(500, status);
        Assert.Contains("'agent.env'", (string)fault["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_deploy_script_is_one_that_a_shell_takes()
    {
        await using var master = await WireMaster.StartAsync();
        var (key, _) = await NewAgentAsync(master);

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v2/agents/deploy-script/{key}") { Headers = { { "Authorization", $"Bearer {Admin}" } } };
        using var response = await master.Client.SendAsync(request, Stop);
        var script = await response.Content.ReadAsStringAsync(Stop);
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/bin/sh", ["-n"]) { RedirectStandardInput = true })!;
        await shell.StandardInput.WriteAsync(script);
        shell.StandardInput.Close();
        await shell.WaitForExitAsync(Stop);

        Assert.Equal(0, shell.ExitCode);
        Assert.DoesNotContain(key, script, StringComparison.Ordinal);
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
