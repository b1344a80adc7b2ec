using System.Globalization;
using DockFlare.EndToEnd.Tests.Stage;
using DockFlare.Testing;

namespace DockFlare.Benchmarks.Lab;

/// <summary>Visitors at 200 requests a second for half a minute, while the connector is replaced twice and told of a new configuration.</summary>
internal static class Replace
{
    private const int PerSecond = 200;

    public static async Task<IReadOnlyList<string>> RunAsync()
    {
        await using var engine = await StraightLine.StartEngineAsync();
        await TwoEngines.AddDrainingAsync(engine);
        await using var world = await World.CreateAsync(FakePlan.Pro);
        await using var edge = new Edge(world.Cloudflare, engine);
        var master = await world.StartMasterAsync(
            ("DOCKER_HOST", engine.Endpoint.OriginalString), ("CLOUDFLARED_IMAGE", TwoEngines.DrainingCloudflared), ("TUNNEL_NAME", "local"));
        await StraightLine.StartAsync(engine, "blog", "blog.example.com");
        await master.Api.UntilAsync("blog.example.com", "live");

        var since = TimeProvider.System.GetTimestamp();
        var visitors = new Visitors(edge, PerSecond);
        await using (visitors)
        {
            await visitors.MoreAsync(8 * PerSecond);
            await TwoEngines.ReplaceAsync(engine, master.Api);
            await StraightLine.StartAsync(engine, "wiki", "wiki.example.com");
            await master.Api.UntilAsync("wiki.example.com", "live");
            await visitors.MoreAsync(8 * PerSecond);
            await TwoEngines.ReplaceAsync(engine, master.Api);
            await visitors.MoreAsync(8 * PerSecond);
        }

        var seconds = TimeProvider.System.GetElapsedTime(since).TotalSeconds;
        await master.Process.StopAsync();
        return
        [
            "| requests while the connector is replaced twice | a second | seconds | connectors | failed |", "|---|---|---|---|---|",
            string.Create(CultureInfo.InvariantCulture, $"| {visitors.Served + visitors.Failures.Count:N0} | {visitors.Served / seconds:0} | {seconds:0.0} | {visitors.Connectors} | {visitors.Failures.Count} |"),
            .. visitors.Failures.Take(5),
        ];
    }
}
