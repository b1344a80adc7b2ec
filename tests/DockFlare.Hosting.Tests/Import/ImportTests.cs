using System.Text.Json.Nodes;
using DockFlare.Core.Commands;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Persistence;
using DockFlare.Hosting.Tests.CommandLine;
using DockFlare.Tests.Reconciliation;
using Microsoft.Extensions.Configuration;

namespace DockFlare.Tests.Import;

/// <summary>A master that takes the place of the Python program's: what it served stays served, what guarded stays, and it is all ours in the end.</summary>
public sealed class ImportTests : RigCase
{
    private const string AgentKey = "agent-key-of-the-other-program";
    private static readonly AgentId Nas = new("agent-1");

    [Fact]
    public async Task No_route_drops_no_guard_falls_and_all_of_it_is_ours_in_the_end()
    {
        using var home = new PythonHome();
        var (zone, tunnels) = Seed(home);
        var before = Exposures();
        var app = Cloudflare.Read(static view => Assert.Single(view.AccessApps, static app => app.Type == "self_hosted").Id);
        Assert.Equal(["app.example.com ", "nas.example.com ", "photos.example.com ", $"wiki.example.com {app}"], before);
        List<string> missed = [];
        Cloudflare.Observe(view => missed.AddRange(before.Except(Exposures(view))));

        Assert.Equal(0, (await ImportAsync(home, "--yes")).ExitCode);
        using var store = SqliteStateStore.Open(home.Target);
        await using var rig = MasterRig.Create(Cloudflare, store, Time);

        // Nobody has reported: everything stays, and the records are proven.
        var pass = await rig.ConvergeAsync();
        Assert.True(pass.IsConverged, pass.Remaining.ToString());
        Assert.Equal(4, pass.Routes.Count);
        Assert.All(Cloudflare.Records(zone), static record => Assert.Equal("dockflare:rig-owner", record.Comment));

        // The hosts report the same workloads, by names that no file told.
        var wiki = MasterRig.Wants("wiki.example.com", "http://wiki:80", ("access.group", "family"));
        rig.Report(LocalMasterLink.Local, MasterRig.Wants("app.example.com", "http://app:80"), wiki);
        rig.Report(Nas, MasterRig.Wants("photos.example.com", "http://photos:2342"));
        pass = await rig.ConvergeAsync();
        Assert.True(pass.IsConverged, pass.Remaining.ToString());
        Assert.Empty(pass.Remaining.Held);
        Assert.All(pass.Routes, static route => Assert.True(route.State is RouteState.Live or RouteState.Pending or RouteState.Unproven, $"{route.Route}: {route.State} {route.Reason}"));
        Assert.Equal(["app.example.com", "a manual rule", "photos.example.com", "wiki.example.com"], pass.Desired.Routes.Select(static route => route.Holder.Source == RouteSource.Manual ? route.Holder.ToString() : route.Holder.Workload));
        Assert.Equal(tunnels, (Tunnel("dockflare-tunnel").Id, Tunnel("nas").Id));
        Assert.Empty(missed);

        // From now on it goes with its workload, as what we made does.
        rig.Report(LocalMasterLink.Local, wiki);
        await rig.ConvergeAsync();
        Time.Advance(TimeSpan.FromMinutes(11));
        await rig.ConvergeAsync();
        Assert.Equal(["app.example.com "], missed.Distinct());
        Assert.DoesNotContain(Cloudflare.Records(zone), static record => record.Name == "app.example.com");
        Assert.Contains("by-hand.example.com", Rules("dockflare-tunnel"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Running_agents_go_on_with_the_keys_they_have_and_revoked_ones_stay_out()
    {
        using var home = new PythonHome();
        Seed(home);
        Assert.Equal(0, (await ImportAsync(home, "--yes")).ExitCode);

        using var store = SqliteStateStore.Open(home.Target);
        using var keys = new AgentKeys(store, Time);
        await keys.LoadAsync(Cancellation);
        Assert.Equal(Nas, keys.FindValid(AgentKey)?.Record.Agent);
        Assert.Equal(("mum", Time.GetUtcNow().Date == default), (keys.FindValid(AgentKey)!.Record.Owner, false));
        Assert.Null(keys.FindValid("an-old-key"));
        Assert.NotNull(keys.Find("an-old-key")!.Record.RevokedAt);
        await using var rig = MasterRig.Create(Cloudflare, store, Time);
        await rig.Agents.LoadAsync(Cancellation);
        Assert.Equal(("Basement", AgentStatus.Enrolled, "nas"), rig.Agents.Find(Nas) is { } agent ? (agent.DisplayName, agent.Status, agent.TunnelName) : default);
        Assert.Equal(AgentStatus.Pending, rig.Agents.Find(new("agent-2"))!.Status);
        Assert.Equal("their-master-key", (await File.ReadAllTextAsync(Path.Combine(home.Target, "master_api_key.txt"), Cancellation)).Trim());
    }

    [Fact]
    public async Task What_would_be_taken_over_is_shown_without_a_secret_and_nothing_is_written_before_it_is_asked_for()
    {
        using var home = new PythonHome();
        Seed(home);
        var ran = await ImportAsync(home);

        Assert.Equal((0, false), (ran.ExitCode, Directory.Exists(home.Target)));
        Assert.Contains("3 of containers, kept until their agents report; 1 manual", ran.Output, StringComparison.Ordinal);
        Assert.Contains("3, with 2 keys", ran.Output, StringComparison.Ordinal);
        Assert.Contains("'shell.example.com|': its service is", ran.Output, StringComparison.Ordinal);
        foreach (var secret in (string[])[AgentKey, "an-old-key", "their-master-key", "cf-token", "scrypt"])
        {
            Assert.DoesNotContain(secret, ran.Output + ran.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_protection_set_by_hand_over_the_labels_is_never_opened_by_them()
    {
        using var home = new PythonHome();
        Seed(home);
        home.Rules["app.example.com|"]!["access_policy_ui_override"] = true;
        home.Rules["app.example.com|"]!["access_app_id"] = AddApp("app.example.com", "App by hand");
        home.Write();
        Assert.Equal(0, (await ImportAsync(home, "--yes")).ExitCode);
        using var store = SqliteStateStore.Open(home.Target);
        await using var rig = MasterRig.Create(Cloudflare, store, Time);
        List<string> open = [];
        Cloudflare.Observe(view => open.AddRange(Exposures(view).Where(static exposure => exposure == "app.example.com ")));

        rig.Report(LocalMasterLink.Local, MasterRig.Wants("app.example.com", "http://app:80", ("access.policy", "bypass")));
        await rig.ConvergeAsync();

        Assert.Empty(open);
        Assert.Contains("App by hand", rig.Route("app.example.com").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_import_and_one_beside_a_running_installation_change_nothing()
    {
        using var home = new PythonHome();
        Seed(home);
        Assert.Equal(0, (await ImportAsync(home, "--yes")).ExitCode);
        var before = await File.ReadAllBytesAsync(Path.Combine(home.Target, SqliteDatabase.FileName), Cancellation);

        home.Rule("more.example.com", "http://more:80", Tunnel("nas").Id, "nas", null);
        var ran = await ImportAsync(home.Write(), "--yes");

        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("already, so nothing was imported", ran.Error, StringComparison.Ordinal);
        using var store = SqliteStateStore.Open(home.Target);
        Assert.DoesNotContain(await store.ListAsync("standing-adoption", Cancellation), static document => document.Id.Contains("more.example.com", StringComparison.Ordinal));
        Assert.NotEmpty(before);
    }

    [Theory]
    [InlineData("state.json", "{\"managed_rules\": {\"a|\": {\"hostname\":", "is not whole JSON")]
    [InlineData("state.json", "{\"hello\": 1}", "is of another program")]
    [InlineData("state.json", "[]", "should be an object and is a list")]
    [InlineData("state.json", "{\"managed_rules\": {}, \"state_schema_version\": 3}", "layouts 1 to 2 are known")]
    [InlineData("state.json", "{\"managed_rules\": {\"secret-host|\": {\"hostname\": 5}}}", "'hostname' should be a text and is a number")]
    [InlineData("dockflare.key", "not a key", "is no Fernet key")]
    [InlineData("dockflare.key", "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=", "it was not written with this key")]
    [InlineData("agent_keys.dat", "gAAAAAAdwJ6x", "agent_keys.dat cannot be decrypted")]
    [InlineData("dockflare.key", null, "with which it is encrypted, is not")]
    [InlineData("state.json", null, "has no state.json")]
    public async Task A_damaged_or_foreign_file_is_refused_with_a_reason_and_nothing_is_half_imported(string file, string? content, string reason)
    {
        using var home = new PythonHome();
        Seed(home);
        if (content is null)
        {
            File.Delete(home.File(file));
        }
        else
        {
            await File.WriteAllTextAsync(home.File(file), content, Cancellation);
        }

        var ran = await ImportAsync(home, "--yes");

        Assert.Equal((1, false), (ran.ExitCode, Directory.Exists(home.Target)));
        Assert.Contains(reason, ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_older_layout_without_agents_and_encrypted_files_is_taken_over_too()
    {
        using var home = new PythonHome { Schema = null };
        var zone = Cloudflare.AddZone("example.com");
        var own = Cloudflare.AddTunnel("dockflare-tunnel");
        Cloudflare.PutConfiguration(own.Id, """{"ingress":[{"hostname":"app.example.com","path":"/api","service":"http://app:80"},{"service":"http_status:404"}]}""");
        Cloudflare.AddRecord(zone, "CNAME", "app.example.com", $"{own.Id}.cfargotunnel.com", proxied: true);
        home.Rule("app.example.com", "http://app:80", own.Id, own.Name, zone, path: "/api");
        Assert.Equal(0, (await ImportAsync(home.Write(), "--yes")).ExitCode);
        using var store = SqliteStateStore.Open(home.Target);
        await using var rig = MasterRig.Create(Cloudflare, store, Time);

        var pass = await rig.ConvergeAsync();

        Assert.True(pass.IsConverged, pass.Remaining.ToString());
        Assert.Equal("app.example.com/api", Assert.Single(pass.Routes).Route);
        Assert.Equal(2, JsonNode.Parse(Rules("dockflare-tunnel")!)!["ingress"]!.AsArray().Count);
    }

    // Two tunnels with a rule of somebody else in the first, four hosts, one of them guarded, one agent that works and one that waits.
    private (string Zone, (string Own, string Nas) Tunnels) Seed(PythonHome home)
    {
        var zone = Cloudflare.AddZone("example.com");
        var (own, nas) = (Cloudflare.AddTunnel("dockflare-tunnel"), Cloudflare.AddTunnel("nas"));
        Cloudflare.PutConfiguration(own.Id, """
            {"ingress":[{"hostname":"app.example.com","service":"http://app:80"},{"hostname":"wiki.example.com","service":"http://wiki:80"},
            {"hostname":"nas.example.com","service":"https://192.168.1.2:5001","originRequest":{"noTLSVerify":true}},
            {"hostname":"by-hand.example.com","service":"http://10.0.0.9:80"},{"service":"http_status:404"}]}
            """);
        Cloudflare.PutConfiguration(nas.Id, """{"ingress":[{"hostname":"photos.example.com","service":"http://photos:2342"},{"service":"http_status:404"}]}""");
        foreach (var (host, tunnel) in new[] { ("app", own), ("wiki", own), ("nas", own), ("photos", nas) })
        {
            Cloudflare.AddRecord(zone, "CNAME", $"{host}.example.com", $"{tunnel.Id}.cfargotunnel.com", proxied: true);
        }

        home.Rule("app.example.com", "http://app:80", own.Id, own.Name, zone);
        home.Rule("nas.example.com", "https://192.168.1.2:5001", own.Id, own.Name, zone, source: "manual")["no_tls_verify"] = true;
        var wiki = home.Rule("wiki.example.com", "http://wiki:80", own.Id, own.Name, zone);
        (wiki["access_app_id"], wiki["access_group_id"], wiki["access_policy_type"]) = (AddApp("wiki.example.com", "Wiki by hand"), "family", "group");
        home.Rule("photos.example.com", "http://photos:2342", nas.Id, nas.Name, zone, source: "agent")["agent_id"] = Nas.Value;
        home.Rule("shell.example.com", "ssh//wrong", own.Id, own.Name, zone);
        home.Groups["family"] = JsonNode.Parse("""{"id":"family","display_name":"Family","session_duration":"24h","policies":[{"name":"mum","decision":"allow","include":[{"email":{"email":"mum@example.com"}}]}],"allowed_idps":[]}""");
        home.Agents[Nas.Value] = new JsonObject { ["id"] = Nas.Value, ["display_name"] = "nas", ["custom_name"] = "Basement", ["status"] = "online", ["assigned_tunnel_name"] = nas.Name, ["assigned_tunnel_id"] = nas.Id, ["last_seen"] = 1764000000.5 };
        home.Agents["agent-2"] = new JsonObject { ["id"] = "agent-2", ["display_name"] = "new one", ["status"] = "pending" };
        home.AgentKeys[AgentKey] = new JsonObject { ["owner"] = "mum", ["created_at"] = "2026-01-02T03:04:05", ["bound_agent_id"] = Nas.Value };
        home.AgentKeys["an-old-key"] = new JsonObject { ["owner"] = "mum", ["created_at"] = 1760000000, ["status"] = "revoked", ["revoked_at"] = "2026-02-02T03:04:05Z" };
        home.Config = new() { ["cf_api_token"] = "cf-token", ["tunnel_name"] = own.Name, ["grace_period_seconds"] = 600, ["username"] = "admin", ["password"] = "scrypt:32768:8:1$x$y", ["master_api_key"] = "their-master-key" };
        home.Write();
        return (zone, (own.Id, nas.Id));
    }

    private string AddApp(string host, string name)
    {
        var app = new JsonObject
        {
            ["type"] = "self_hosted",
            ["name"] = name,
            ["domain"] = host,
            ["policies"] = JsonNode.Parse("""[{"name":"p","decision":"allow","include":[{"email":{"email":"mum@example.com"}}]}]"""),
        };
        return Cloudflare.Edit("POST", $"/accounts/{Cloudflare.AccountId}/access/apps", app.ToJsonString()).GetProperty("id").GetString()!;
    }

    private string[] Exposures() => Cloudflare.Read(Exposures);

    private static string[] Exposures(DockFlare.Testing.FakeView view) => [.. view.Exposures().Select(static exposure => $"{exposure.Host}{exposure.Path} {exposure.App?.Id}").Order(StringComparer.Ordinal)];

    // A port that nobody answers at: no master runs.
    private static Task<Ran> ImportAsync(PythonHome home, params string[] more)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("DockFlare:DataPath", home.Target), new("urls", "http://127.0.0.1:9")]).Build();
        return Ran.Async(DockFlareCommandLine.Master(configuration), ["import", "--from", home.Folder, .. more]);
    }
}
