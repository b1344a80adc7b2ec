using System.Text.Json.Nodes;
using DockFlare.EndToEnd.Tests.Stage;
using DockFlare.Tests.Fixtures;

namespace DockFlare.EndToEnd.Tests;

/// <summary>The straight line on the master's own Docker host.</summary>
[Collection(EngineTests.Name)]
public sealed class OwnHostTests(TwoEngines engines) : IAsyncDisposable
{
    private const string Before = """
        {"ingress":[{"hostname":"old.example.com","service":"http://old:80"},{"service":"http_status:404"}],"originRequest":{"connectTimeout":7},"warp-routing":{"enabled":true}}
        """;

    private DockerEngine Engine => engines.Own;

    [Fact]
    public async Task One_docker_run_becomes_a_live_route_and_its_end_takes_it_away_and_nothing_else()
    {
        await using var world = await World.CreateAsync();
        await using var edge = new Edge(world.Cloudflare, Engine);
        var home = world.Cloudflare.AddTunnel("home");
        world.Cloudflare.PutConfiguration(home.Id, Before);
        world.Cloudflare.AddRecord(world.ZoneId, "A", "other.example.com", "192.0.2.7");
        world.Cloudflare.AddRecord(world.ZoneId, "CNAME", "old.example.com", $"{home.Id}.cfargotunnel.com", proxied: true);
        var foreign = world.Cloudflare.Records(world.ZoneId);

        var master = await world.StartMasterAsync(
            ("DOCKER_HOST", Engine.Endpoint.OriginalString), ("CLOUDFLARED_IMAGE", TwoEngines.Cloudflared), ("TUNNEL_NAME", "home"),
            ("DOCKFLARE_OWNER_ID", "owner-1"), ("GRACE_PERIOD", "2s"), ("LOG_LEVEL", "trace"));
        await TwoEngines.RunAsync(Engine, "blog", "blog.example.com");

        var route = await master.Api.UntilAsync("blog.example.com", "live");
        await master.Api.UntilNothingToChangeAsync();
        Assert.Equal(home.Id, route.TunnelId);
        await master.Process.UntilLineAsync("is done (attempt 1)");
        AssertDocument(world, home.Id, Before.Replace("[{\"hostname\"", "[{\"hostname\":\"blog.example.com\",\"service\":\"http://blog:8080\"},{\"hostname\"", StringComparison.Ordinal));
        var record = Assert.Single(world.Cloudflare.Records(world.ZoneId), static record => record.Name == "blog.example.com");
        Assert.Equal(("CNAME", $"{home.Id}.cfargotunnel.com", true), (record.Type, record.Content, record.Proxied));
        Assert.Contains("dockflare:owner-1", record.Comment, StringComparison.Ordinal);
        var environment = await Engine.CliAsync("inspect", "-f", "{{.State.Running}} {{json .Config.Env}}", "dockflare-master-tunnel");
        Assert.StartsWith("true ", environment, StringComparison.Ordinal);
        Assert.Contains($"\"TUNNEL_TOKEN={world.Cloudflare.FindTunnel(home.Id)!.Token}\"", environment, StringComparison.Ordinal);

        // One more container: its document is read at most, written, and its record posted.
        world.Cloudflare.Log.Reset();
        await TwoEngines.RunAsync(Engine, "wiki", "wiki.example.com");
        await master.Api.UntilAsync("wiki.example.com", "live");
        await master.Api.UntilNothingToChangeAsync();
        Assert.True(world.Cloudflare.Log.Total <= 3, string.Join('\n', world.Cloudflare.Log.Calls));

        await Engine.CliAsync("stop", "blog", "wiki");
        await master.Api.UntilAsync("blog.example.com", "grace");
        await world.UntilAsync("the records are gone", view => view.Records(world.ZoneId).Count == foreign.Count);
        await master.Api.UntilAsync("blog.example.com", "none");
        await master.Api.UntilAsync("wiki.example.com", "none");
        await master.Api.UntilNothingToChangeAsync();
        Assert.Equal(foreign, world.Cloudflare.Records(world.ZoneId));
        AssertDocument(world, home.Id, Before);
        Assert.Equal("true", await Engine.CliAsync("inspect", "-f", "{{.State.Running}}", "dockflare-master-tunnel"));
    }

    public async ValueTask DisposeAsync() => await Engine.RemoveContainersAsync();

    private static void AssertDocument(World world, string tunnelId, string expected)
    {
        var actual = world.Cloudflare.Configuration(tunnelId).Json!;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), $"Expected {expected}\nActual   {actual}");
    }
}
