using System.Diagnostics;
using System.Globalization;
using DockFlare.EndToEnd.Tests.Stage;
using DockFlare.Testing;

namespace DockFlare.Benchmarks.Lab;

/// <summary>A start with 300 labelled containers on a real engine: calls and seconds, then a pass with nothing to do and a restart with nothing changed.</summary>
internal static class ColdStart
{
    private const int Containers = 300;

    public static async Task<IReadOnlyList<string>> RunAsync()
    {
        var rows = new List<string> { "| 300 labelled containers, one zone | calls | reads | writes | seconds |", "|---|---|---|---|---|" };
        await using var engine = await StraightLine.StartEngineAsync();
        for (var i = 0; i < Containers; i++)
        {
            await StraightLine.StartAsync(engine, $"app{i}", $"app{i}.example.com");
        }

        foreach (var latency in (int[])[0, 50])
        {
            await using var world = await World.CreateAsync(FakePlan.Pro);
            world.Cloudflare.Latency = TimeSpan.FromMilliseconds(latency);
            await using var edge = new Edge(world.Cloudflare, engine);
            var since = Stopwatch.GetTimestamp();
            var done = world.TimeWhen(view => view.Records(world.ZoneId).Count == Containers);
            var master = await StraightLine.StartMasterAsync(world, engine, "local");
            await done;
            var routed = Stopwatch.GetElapsedTime(since);
            await master.Api.UntilAsync("app0.example.com", "live");
            await master.Api.UntilNothingToChangeAsync();
            rows.Add(Row($"cold start, {latency} ms a call (from the process's start)", world.Cloudflare.Log, routed));

            world.Cloudflare.Log.Reset();
            await master.Process.StopAsync();
            since = Stopwatch.GetTimestamp();
            master = await StraightLine.StartMasterAsync(world, engine, "local");
            await master.Api.UntilAsync("app0.example.com", "live");
            await master.Api.UntilNothingToChangeAsync();
            rows.Add(Row($"restart, nothing changed, {latency} ms a call", world.Cloudflare.Log, Stopwatch.GetElapsedTime(since)));
            await master.Process.StopAsync();
            await engine.CliAsync("rm", "-f", "dockflare-master-tunnel");
        }

        return rows;
    }

    private static string Row(string what, CallLog log, TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"| {what} | {log.Total} | {log.Reads} | {log.Writes} | {time.TotalSeconds:0.00} |");
}
