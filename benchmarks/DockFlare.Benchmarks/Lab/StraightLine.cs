using System.Globalization;
using System.Security.Cryptography;
using Docker.DotNet.Models;
using DockFlare.EndToEnd.Tests.Stage;
using DockFlare.Testing;
using DockFlare.Tests.Fixtures;

namespace DockFlare.Benchmarks.Lab;

/// <summary>From the engine's start stamp of a container to its rule and its record at the emulator, through the hosts as they ship.</summary>
internal static class StraightLine
{
    private const int Rounds = 30;

    public static async Task<IReadOnlyList<string>> OwnHostAsync()
    {
        var rows = new List<string> { "| own host | p50 | p99 | least | n |", "|---|---|---|---|---|" };
        await using var engine = await StartEngineAsync();
        foreach (var (routes, latency) in ((int, int)[])[(0, 0), (300, 0), (0, 50), (300, 50)])
        {
            await using var world = await World.CreateAsync(FakePlan.Pro);
            var master = await StartMasterAsync(world, engine, "local");
            await FillAsync(world, engine, routes);
            world.Cloudflare.Latency = TimeSpan.FromMilliseconds(latency);
            rows.Add(LabProgram.Row(string.Create(CultureInfo.InvariantCulture, $"{routes} other routes, {latency} ms a call"), await MeasureAsync(world, engine)));
            await master.Process.StopAsync();
            await engine.RemoveContainersAsync();
        }

        return rows;
    }

    public static async Task<IReadOnlyList<string>> ThroughAgentAsync()
    {
        var rows = new List<string> { "| through an agent and Redis | p50 | p99 | least | n |", "|---|---|---|---|---|" };
        await using var engine = await StartEngineAsync();
        foreach (var latency in (int[])[0, 50])
        {
            await using var world = await World.CreateAsync(FakePlan.Pro);
            await using var redis = await RedisServer.StartAsync(RandomNumberGenerator.GetHexString(16));
            var master = await world.StartMasterAsync(("DOCKFLARE_LOCAL_AGENT", "false"), ("REDIS_URL", redis.Url), ("GRACE_PERIOD", "0"));
            var key = MasterApi.Text(await master.Api.PostAsync("agents/generate-key"), "key")!;
            world.LaunchAgent(("DOCKFLARE_API_KEY", key), ("DOCKER_HOST", engine.Endpoint.OriginalString), ("CLOUDFLARED_IMAGE", TwoEngines.Cloudflared));
            var agents = await Eventually.ReadAsync("an agent", () => master.Api.GetAsync("agents"), static answer => answer.GetProperty("agents").GetArrayLength() == 1);
            await master.Api.PostAsync($"agents/{agents.GetProperty("agents")[0].GetProperty("id").GetString()}/enroll", """{"tunnel_name":"second"}""");
            await world.UntilAsync("a tunnel", static view => view.Tunnels.Any());
            await FillAsync(world, engine, 1);
            world.Cloudflare.Latency = TimeSpan.FromMilliseconds(latency);
            rows.Add(LabProgram.Row(string.Create(CultureInfo.InvariantCulture, $"{latency} ms a call"), await MeasureAsync(world, engine)));
            await master.Process.StopAsync();
            await engine.RemoveContainersAsync();
        }

        return rows;
    }

    /// <summary>20 containers at once with 300 routes present at 50 ms a call: from the last one's start stamp until all are routed.</summary>
    public static async Task<IReadOnlyList<string>> BurstAsync()
    {
        await using var engine = await StartEngineAsync();
        var results = new List<double>();
        for (var round = 0; round < 5; round++)
        {
            await using var world = await World.CreateAsync(FakePlan.Pro);
            var master = await StartMasterAsync(world, engine, "local");
            await FillAsync(world, engine, 300);
            world.Cloudflare.Latency = TimeSpan.FromMilliseconds(50);
            var done = world.TimeWhen(view => view.Records(world.ZoneId).Count(static record => record.Name.StartsWith("burst", StringComparison.Ordinal)) == 20);
            var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => StartAsync(engine, $"burst{i}", $"burst{i}.example.com")));
            var last = DateTimeOffset.MinValue;
            foreach (var id in ids)
            {
                var stamp = await StampAsync(engine, id);
                last = stamp > last ? stamp : last;
            }

            results.Add((await done - last).TotalMilliseconds);
            await master.Process.StopAsync();
            await engine.RemoveContainersAsync();
        }

        return ["| 20 at once, 300 present, 50 ms a call | p50 | p99 | least | n |", "|---|---|---|---|---|", LabProgram.Row("last start to all routed", results)];
    }

    public static async Task<DockerEngine> StartEngineAsync()
    {
        var engine = await DockerEngine.StartNewAsync();
        await TwoEngines.PrepareAsync(engine);
        return engine;
    }

    public static Task<Master> StartMasterAsync(World world, DockerEngine engine, string tunnel) => world.StartMasterAsync(
        ("DOCKER_HOST", engine.Endpoint.OriginalString), ("CLOUDFLARED_IMAGE", TwoEngines.Cloudflared), ("TUNNEL_NAME", tunnel), ("GRACE_PERIOD", "0"));

    public static async Task<string> StartAsync(DockerEngine engine, string name, string host)
    {
        var id = await CreateAsync(engine, name, Labels(host, $"http://{name}:8080"));
        await engine.Client.Containers.StartContainerAsync(id, null);
        return id;
    }

    public static Dictionary<string, string> Labels(string host, string service) => new()
    {
        ["dockflare.enable"] = "true",
        ["dockflare.hostname"] = host,
        ["dockflare.service"] = service,
    };

    public static async Task<string> CreateAsync(DockerEngine engine, string name, Dictionary<string, string> labels) =>
        (await engine.Client.Containers.CreateContainerAsync(new() { Name = name, Image = TestImages.Workload, Labels = labels, HostConfig = new HostConfig { NetworkMode = "none" } })).ID;

    // Other routes come from one container with many indexed labels: what counts is how many there are at Cloudflare and in the plan.
    private static async Task FillAsync(World world, DockerEngine engine, int routes)
    {
        if (routes == 0)
        {
            return;
        }

        var labels = new Dictionary<string, string> { ["dockflare.enable"] = "true", ["dockflare.service"] = "http://others:8080" };
        for (var i = 0; i < routes; i++)
        {
            labels[$"dockflare.{i}.hostname"] = $"other{i}.example.com";
        }

        var id = await CreateAsync(engine, "others", labels);
        await engine.Client.Containers.StartContainerAsync(id, null);
        await world.UntilAsync("the other routes", view => view.Records(world.ZoneId).Count == routes);
    }

    private static async Task<List<double>> MeasureAsync(World world, DockerEngine engine)
    {
        var results = new List<double>();
        for (var round = 0; round <= Rounds; round++)
        {
            // A lone change: the rush before it is over.
            await Task.Delay(400);
            var host = string.Create(CultureInfo.InvariantCulture, $"app{round}.example.com");
            var done = world.TimeWhen(view => view.Records(world.ZoneId).Any(record => record.Name == host));
            var id = await StartAsync(engine, $"app{round}", host);
            var elapsed = (await done - await StampAsync(engine, id)).TotalMilliseconds;
            await engine.Client.Containers.RemoveContainerAsync(id, new() { Force = true });
            await world.UntilAsync("it is gone", view => !view.Records(world.ZoneId).Any(record => record.Name == host));

            // The first one pays for what is done once: code that was never run, connections.
            if (round > 0)
            {
                results.Add(elapsed);
            }
        }

        return results;
    }

    private static async Task<DateTimeOffset> StampAsync(DockerEngine engine, string id) =>
        DateTimeOffset.Parse((await engine.Client.Containers.InspectContainerAsync(id)).State!.StartedAt!, CultureInfo.InvariantCulture);
}
