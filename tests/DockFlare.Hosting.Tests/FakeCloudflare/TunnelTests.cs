using System.Text;
using System.Text.Json;
using DockFlare.Testing;

namespace DockFlare.Tests.Fake;

public sealed class TunnelTests : FakeCase
{
    private const string CatchAll = """{"config":{"ingress":[{"service":"http_status:404"}]}}""";

    private string Tunnels => $"/accounts/{Account}/cfd_tunnel";

    private async Task<string> Create(string name = "main", string source = "cloudflare") => (await Post(Tunnels, $$"""{"name":"{{name}}","config_src":"{{source}}"}""")).Id;

    [Fact]
    public async Task A_new_tunnel_is_inactive_and_carries_its_token_once()
    {
        var secret = Convert.ToBase64String(new byte[32]);
        var created = await Post(Tunnels, $$"""{"name":"main","config_src":"cloudflare","tunnel_secret":"{{secret}}"}""");

        Assert.Equal(("200", "inactive", "cloudflare", "True", null), (created.Verdict, created.Text("status"), created.Text("config_src"), created.Text("remote_config"), created.Text("deleted_at")));
        Assert.Equal($$"""{"a":"{{Account}}","t":"{{created.Id}}","s":"{{secret}}"}""", Encoding.UTF8.GetString(Convert.FromBase64String(created.Text("token")!)));
        Assert.Equal(secret, created.Result.GetProperty("credentials_file").GetProperty("TunnelSecret").GetString());
        var shown = (await Get($"{Tunnels}/{created.Id}")).Result;
        Assert.Equal((false, false, false), (shown.TryGetProperty("token", out _), shown.TryGetProperty("connections", out _), created.Result.TryGetProperty("connections", out _)));
        Assert.Equal(created.Text("token"), (await Get($"{Tunnels}/{created.Id}/token")).Result.GetString());
    }

    [Fact]
    public async Task The_source_of_the_configuration_is_local_unless_said()
    {
        Assert.Equal("local", (await Post(Tunnels, """{"name":"main"}""")).Text("config_src"));
    }

    [Fact]
    public async Task A_name_is_taken_while_its_tunnel_lives()
    {
        var id = await Create();

        Assert.Equal("409/1013", (await Post(Tunnels, """{"name":"main"}""")).Code);
        await Delete($"{Tunnels}/{id}");
        var second = await Create();
        Assert.NotEqual(id, second);
        var third = await Create("third");
        Assert.Equal("409/1013", (await Patch($"{Tunnels}/{third}", """{"name":"main"}""")).Code);
    }

    [Theory]
    [InlineData("""{"config_src":"cloudflare"}""")]
    [InlineData("""{"name":"main","config_src":"elsewhere"}""")]
    [InlineData("""{"name":"main","tunnel_secret":"c2hvcnQ="}""")]
    public async Task A_tunnel_that_is_wrong_is_refused(string json) => Assert.Equal("400/1001", (await Post(Tunnels, json)).Code);

    [Fact]
    public async Task A_deleted_tunnel_is_shown_but_not_listed_unless_asked_for()
    {
        var id = await Create();
        Assert.NotNull((await Delete($"{Tunnels}/{id}")).Text("deleted_at"));

        var gone = await Get($"{Tunnels}/{id}");
        Assert.Equal(("200", "False"), (gone.Verdict, gone.Text("remote_config")));
        Assert.False(gone.Result.TryGetProperty("config_src", out _));
        Assert.Empty((await Get(Tunnels)).Names());
        Assert.Equal(["main"], (await Get($"{Tunnels}?is_deleted=true")).Names());
        Assert.Equal("404/1003 Tunnel not found", (await Delete($"{Tunnels}/{id}")).Verdict);
        Assert.Equal("404/1003", (await Get($"{Tunnels}/{id}/token")).Code);
        Assert.Equal("404/1003", (await Get($"{Tunnels}/{Guid.NewGuid()}")).Code);
        Assert.Equal("404/1055 Configuration for tunnel not found", (await Get($"{Tunnels}/{id}/configurations")).Verdict);
        Assert.Equal("404/1055 Configuration for tunnel not found", (await Put($"{Tunnels}/{Guid.NewGuid()}/configurations", CatchAll)).Verdict);
    }

    [Fact]
    public async Task A_list_is_filtered_by_name_prefix_status_and_id()
    {
        var (one, _, three) = (await Create("df-one"), await Create("df-two"), await Create("other"));
        using var connected = new Connected(Fake, three);

        Assert.Equal(["df-one", "df-two"], (await Get($"{Tunnels}?include_prefix=df-")).Names());
        Assert.Equal(["other"], (await Get($"{Tunnels}?exclude_prefix=df-")).Names());
        Assert.Equal(["df-one"], (await Get($"{Tunnels}?name=df-one")).Names());
        Assert.Empty((await Get($"{Tunnels}?name=df")).Names());
        Assert.Equal(["df-one"], (await Get($"{Tunnels}?uuid={one}")).Names());
        Assert.Equal(["other"], (await Get($"{Tunnels}?status=healthy")).Names());
        Assert.Equal("""{"page":2,"per_page":2,"count":1,"total_count":3}""", (await Get($"{Tunnels}?per_page=2&page=2")).Json.GetProperty("result_info").GetRawText());
        Assert.Equal("400/1001", (await Get($"{Tunnels}?per_page=1001")).Code);
    }

    [Fact]
    public async Task Connectors_drive_the_status_and_hold_up_a_deletion()
    {
        var id = await Create();
        var connector = Fake.Connect(Fake.FindTunnel(id)!.Token, "2026.8.0");

        Assert.Equal("healthy", (await Get($"{Tunnels}/{id}")).Text("status"));
        var connections = await Get($"{Tunnels}/{id}/connections");
        Assert.False(connections.Json.TryGetProperty("result_info", out _));
        var only = Assert.Single(connections.Result.EnumerateArray());
        Assert.Equal((connector.Id, "2026.8.0", 4), (only.GetProperty("id").GetString(), only.GetProperty("version").GetString(), only.GetProperty("conns").GetArrayLength()));
        Assert.Equal(connector.Id, (await Get($"{Tunnels}/{id}/connectors/{connector.Id}")).Id);
        Assert.Equal(
            "400/1022 This tunnel has active connections. Please stop all cloudflared replicas, or wait a few minutes for connections to close, then try again.",
            (await Delete($"{Tunnels}/{id}")).Verdict);
        Assert.Equal("200", (await Delete($"{Tunnels}/{id}/connections")).Verdict);
        Assert.Equal("healthy", (await Get($"{Tunnels}/{id}")).Text("status"));
        connector.Disconnect();
        Assert.Equal("down", (await Get($"{Tunnels}/{id}")).Text("status"));
        Assert.Equal("200", (await Delete($"{Tunnels}/{id}")).Verdict);
    }

    [Fact]
    public async Task Cascade_deletes_a_tunnel_under_its_connectors()
    {
        var id = await Create();
        var connector = Fake.Connect(Fake.FindTunnel(id)!.Token);

        Assert.Equal("200", (await Delete($"{Tunnels}/{id}?cascade=true")).Verdict);
        Assert.False(connector.IsConnected);
    }

    [Fact]
    public async Task A_new_secret_changes_the_token_and_the_old_one_no_longer_connects()
    {
        var id = await Create();
        var old = Fake.FindTunnel(id)!.Token;

        await Patch($"{Tunnels}/{id}", $$"""{"tunnel_secret":"{{Convert.ToBase64String(new byte[32])}}"}""");

        Assert.NotEqual(old, (await Get($"{Tunnels}/{id}/token")).Result.GetString());
        Assert.Throws<FakeConnectException>(() => Fake.Connect(old));
        Assert.Throws<FakeConnectException>(() => Fake.Connect("nonsense"));
        Assert.True(Fake.Connect(Fake.FindTunnel(id)!.Token).IsConnected);
    }

    [Fact]
    public async Task A_configuration_starts_at_version_0_and_each_PUT_replaces_it_whole()
    {
        var id = await Create();
        var path = $"{Tunnels}/{id}/configurations";

        var first = await Get(path);
        Assert.Equal(("0", null, "cloudflare"), (first.Text("version"), first.Text("config"), first.Text("source")));
        var put = await Put(path, """{"config":{"ingress":[{"hostname":"x.invalid","service":"http://a:1","originRequest":{"noTLSVerify":true}},{"service":"http_status:404"}],"originRequest":{}}}""");
        Assert.Equal("1", put.Text("version"));
        Assert.Equal(
            """{"ingress":[{"hostname":"x.invalid","service":"http://a:1","originRequest":{"noTLSVerify":true}},{"service":"http_status:404"}],"originRequest":{},"warp-routing":{"enabled":false}}""",
            put.Result.GetProperty("config").GetRawText());
        Assert.Equal("2", (await Put(path, CatchAll)).Text("version"));
        Assert.Equal("3", (await Put(path, CatchAll)).Text("version"));
        Assert.Equal("""{"ingress":[{"service":"http_status:404"}],"warp-routing":{"enabled":false}}""", (await Get(path)).Result.GetProperty("config").GetRawText());
        Assert.Equal("405/10405", (await Patch(path, CatchAll)).Code);
        Assert.Equal("400/1056", (await Put(path, """{"nothing":1}""")).Code);
    }

    [Theory]
    [InlineData("""{"ingress":[]}""", "The config file doesn't contain any ingress rules")]
    [InlineData("""{"ingress":[{"hostname":"a.example.com","service":"http://a:1"}]}""", "The last ingress rule must match all URLs (i.e. it should not have a hostname or path filter)")]
    [InlineData("""{"ingress":[{"hostname":"a.example.com","path":"*","service":"http://a:1"},{"service":"http_status:404"}]}""", "Rule #1 has an invalid regex: error parsing regexp: missing argument to repetition operator: `*`")]
    [InlineData("""{"ingress":[{"hostname":"a.example.com","service":"http://127.0.0.1:2333 "},{"service":"http_status:404"}]}""", "parse \"http://127.0.0.1:2333 \": invalid port \":2333 \" after host")]
    public async Task What_cloudflared_would_not_take_is_refused_in_its_words_and_the_old_version_stays(string config, string words)
    {
        var id = await Create();
        var path = $"{Tunnels}/{id}/configurations";
        await Put(path, CatchAll);

        var refused = await Put(path, $$"""{"config":{{config}}}""");

        Assert.Equal("400/1056", refused.Code);
        using var body = System.Text.Json.JsonDocument.Parse(refused.Body);
        Assert.Equal($"Bad Configuration: Validation failed: {words}\n", body.RootElement.GetProperty("errors")[0].GetProperty("message").GetString());
        Assert.Equal("1", (await Get(path)).Text("version"));
    }

    [Fact]
    public async Task A_connector_gets_what_is_in_force_and_every_later_version()
    {
        var id = await Create();
        Fake.PutConfiguration(id, """{"ingress":[{"service":"http_status:404"}]}""");
        var received = new List<long>();
        var connector = Fake.Connect(Fake.FindTunnel(id)!.Token, onConfiguration: configuration => received.Add(configuration.Version));
        var lagging = Fake.Connect(Fake.FindTunnel(id)!.Token, follows: false);

        await Put($"{Tunnels}/{id}/configurations", CatchAll);

        Assert.Equal([1, 2], received);
        Assert.Equal((2, null), (connector.ConfigVersion, lagging.ConfigVersion));
        lagging.Report(1);
        var versions = (await Get($"{Tunnels}/{id}/connections")).Result.EnumerateArray().Select(static shown => shown.GetProperty("config_version").GetInt64());
        Assert.Equal([2, 1], versions);
    }

    [Fact]
    public async Task A_local_tunnel_takes_a_configuration_and_pushes_none()
    {
        var id = await Create(source: "local");
        var connector = Fake.Connect(Fake.FindTunnel(id)!.Token);

        Assert.Equal("1", (await Put($"{Tunnels}/{id}/configurations", CatchAll)).Text("version"));
        Assert.Null(connector.ConfigVersion);
    }

    [Fact]
    public async Task A_malformed_tunnel_id_does_not_route() => Assert.Equal("400/7003", (await Get($"{Tunnels}/nonsense")).Code);

    private sealed class Connected(FakeCloudflare fake, string tunnelId) : IDisposable
    {
        private readonly FakeConnector connector = fake.Connect(fake.FindTunnel(tunnelId)!.Token);

        public void Dispose() => connector.Disconnect();
    }
}

public sealed class ConnectorLagTests
{
    [Fact]
    public async Task The_edge_believes_in_a_connector_that_left_for_as_long_as_it_is_told_to()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(DateTimeOffset.UnixEpoch);
        await using var fake = await FakeCloudflare.StartAsync(new() { Time = time, ConnectorLag = TimeSpan.FromMinutes(2) }, TestContext.Current.CancellationToken);
        var tunnel = fake.AddTunnel("main");
        var path = $"/accounts/{fake.AccountId}/cfd_tunnel/{tunnel.Id}";
        fake.Connect(tunnel.Token).Disconnect();

        Assert.Equal("healthy", fake.FindTunnel(tunnel.Id)!.Status);
        Assert.Contains("1022", Assert.Throws<InvalidOperationException>(() => fake.Edit("DELETE", path)).Message, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("down", fake.FindTunnel(tunnel.Id)!.Status);
        Assert.Equal(JsonValueKind.String, fake.Edit("DELETE", path).GetProperty("deleted_at").ValueKind);
    }
}
