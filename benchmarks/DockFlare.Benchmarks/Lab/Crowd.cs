using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using DockFlare.EndToEnd.Tests.Stage;
using DockFlare.Testing;
using DockFlare.Tests.Fixtures;

namespace DockFlare.Benchmarks.Lab;

/// <summary>
/// Many agents on one master with Redis. Each has 20 labelled containers, one of them routed, and 20 agents share a tunnel. The generator runs on the
/// same cores as the master; what it took is a row of its own.
/// </summary>
internal static class Crowd
{
    private const int Containers = 20;
    private const int PerTunnel = 20;
    private static readonly int Agents = int.TryParse(Environment.GetEnvironmentVariable("DOCKFLARE_LAB_AGENTS"), CultureInfo.InvariantCulture, out var count) ? count : 10_000;

    /// <summary>Long polls, heartbeats at the pace the master sets, changes and commands; then the master is ended and started, and all come back at once.</summary>
    public static async Task<IReadOnlyList<string>> RunAsync()
    {
        await using var stage = await StartAsync(Agents);
        var rows = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture, $"| {Agents} agents, {Agents / PerTunnel} tunnels, {Containers} containers each | p50 | p99 | least | n |"), "|---|---|---|---|---|",
        };

        var (own, master) = (Cpu(Process.GetCurrentProcess()), stage.Master.Process.Cpu);
        var since = Stopwatch.GetTimestamp();
        var before = await stage.Master.Api.MetricsAsync();
        var load = await stage.SteadyAsync(TimeSpan.FromSeconds(120));
        var after = await stage.Master.Api.MetricsAsync();
        var seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
        rows.AddRange(load.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => LabProgram.Row(pair.Key, [.. pair.Value])));
        rows.Add(string.Create(CultureInfo.InvariantCulture,
            $"| cores in use: master {(stage.Master.Process.Cpu - master).TotalSeconds / seconds:0.00}, generator {(Cpu(Process.GetCurrentProcess()) - own).TotalSeconds / seconds:0.00} | | | | |"));
        rows.Add(string.Create(CultureInfo.InvariantCulture, $"| the master's memory at its most | {stage.Master.Process.PeakMegabytes:0} MB | | | |"));
        rows.Add(Insight(before, after));
        rows.Add(stage.Refusals("steady"));

        var storm = await stage.StormAsync();
        rows.Add(string.Create(CultureInfo.InvariantCulture, $"| all back after a restart of the master | {storm.TotalSeconds:0.0} s | | | {Agents} |"));
        rows.Add(string.Create(CultureInfo.InvariantCulture, $"| the new master's memory at its most | {stage.Master.Process.PeakMegabytes:0} MB | | | |"));
        rows.Add(stage.Refusals("after the restart"));
        return rows;
    }

    /// <summary>As many heartbeats as the master takes, over 64 connections: of many agents, as a single key is held to its own limit.</summary>
    public static async Task<IReadOnlyList<string>> HeartbeatsAsync()
    {
        var rows = new List<string> { "| heartbeats | a second | p50 | p99 | master, cores | generator, cores |", "|---|---|---|---|---|---|" };
        foreach (var agents in (int[])[Agents])
        {
            await using var stage = await StartAsync(agents);
            await stage.BeatAsync(TimeSpan.FromSeconds(5));
            var (own, master) = (Cpu(Process.GetCurrentProcess()), stage.Master.Process.Cpu);
            var since = Stopwatch.GetTimestamp();
            var times = await stage.BeatAsync(TimeSpan.FromSeconds(30));
            var seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
            var sorted = times.Order().ToList();
            rows.Add(string.Create(CultureInfo.InvariantCulture,
                $"| {agents} agents | {sorted.Count / seconds:0} | {sorted[sorted.Count / 2]:0.0} ms | {sorted[(int)(sorted.Count * 0.99)]:0.0} ms | {(stage.Master.Process.Cpu - master).TotalSeconds / seconds:0.00} | {(Cpu(Process.GetCurrentProcess()) - own).TotalSeconds / seconds:0.00} |"));
        }

        return rows;
    }

    private static async Task<CrowdStage> StartAsync(int agents)
    {
        var stage = new CrowdStage(await World.CreateAsync(FakePlan.Pro), await RedisServer.StartAsync(RandomNumberGenerator.GetHexString(16)), agents, Containers, PerTunnel);
        await stage.StartMasterAsync();
        await stage.FillAsync();
        return stage;
    }

    // What the slowest calls may have waited for.
    private static string Insight(IReadOnlyDictionary<string, double> before, IReadOnlyDictionary<string, double> after)
    {
        var passes = More("dockflare_pass_duration_seconds_count");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| passes {passes:0}, {More("dockflare_pass_duration_seconds_sum") / passes * 1000:0} ms each; collections {More("dotnet_gc_collections_total{gc_heap_generation=\"gen0\"}"):0} / {More("dotnet_gc_collections_total{gc_heap_generation=\"gen1\"}"):0} / {More("dotnet_gc_collections_total{gc_heap_generation=\"gen2\"}"):0}, {More("dotnet_gc_pause_time_seconds_total"):0.0} s of pauses; {More("dotnet_gc_heap_total_allocated_bytes_total") / 1e6:0} MB allocated; heap {after.Where(static pair => pair.Key.StartsWith("dotnet_gc_last_collection_heap_size_bytes", StringComparison.Ordinal)).Sum(static pair => pair.Value) / 1e6:0} MB | | | | |");

        double More(string name) => after.GetValueOrDefault(name) - before.GetValueOrDefault(name);
    }

    private static TimeSpan Cpu(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime;
    }
}

/// <summary>One master, its Redis, its Cloudflare and the agents.</summary>
internal sealed class CrowdStage(World world, RedisServer redis, int agents, int containers, int perTunnel) : IAsyncDisposable
{
    private const int Side = 32;
    private readonly ConcurrentDictionary<HttpStatusCode, int> refusals = new();
    private readonly ConcurrentDictionary<CrowdAgent, long> asked = new();
    private CrowdAgent[] crowd = [];

    public Master Master { get; private set; } = null!;

    public async Task StartMasterAsync() => Master = await world.StartMasterAsync(
        ("DOCKFLARE_LOCAL_AGENT", "false"), ("REDIS_URL", redis.Url), ("GRACE_PERIOD", "10m"), ("CF_API_LIMIT", "100000"));

    /// <summary>Keys, registrations, enrolments and first reports.</summary>
    public async Task FillAsync()
    {
        // What is measured is the master, not how long 500 tunnels take at 1,200 calls in 5 minutes.
        world.Cloudflare.RateLimit = new(100_000, TimeSpan.FromMinutes(5));
        for (var zone = 0; zone < 10; zone++)
        {
            world.Cloudflare.AddZone(string.Create(CultureInfo.InvariantCulture, $"zone{zone}.example"), FakePlan.Pro);
        }

        var clients = CrowdAgent.Clients(world.MasterAddress, 8);
        crowd = new CrowdAgent[agents];
        var since = Stopwatch.GetTimestamp();
        await ForAllAsync(async i =>
        {
            var key = MasterApi.Text(await Master.Api.PostAsync("agents/generate-key"), "key")!;
            crowd[i] = new(clients[i % clients.Length], key, i, containers);
            Require(await crowd[i].RegisterAsync());
            await Master.Api.PostAsync($"agents/{crowd[i].Id}/enroll", string.Create(CultureInfo.InvariantCulture, $$"""{"tunnel_name":"crowd-{{i / perTunnel}}"}"""));
        });
        Say(string.Create(CultureInfo.InvariantCulture, $"{agents} agents enrolled after {Stopwatch.GetElapsedTime(since).TotalSeconds:0} s"));
        await ForAllAsync(async i => Require(await crowd[i].ReportAsync(0)));
        await world.UntilAsync("every route is published", view => view.Zones.Sum(zone => view.Records(zone.Id).Count) == agents);
        // Each starts its connector, as it was told at its enrolment, and says so.
        await ForAllAsync(async i =>
        {
            if (await crowd[i].PollAsync(30, CancellationToken.None) is not (HttpStatusCode.OK, true))
            {
                throw new InvalidOperationException("The master told an agent nothing of its tunnel.");
            }
        });
        Say(string.Create(CultureInfo.InvariantCulture, $"all routed after {Stopwatch.GetElapsedTime(since).TotalSeconds:0} s"));
    }

    /// <summary>The day of a crowd: the times of its calls, by kind.</summary>
    public async Task<IReadOnlyDictionary<string, ConcurrentBag<double>>> SteadyAsync(TimeSpan length)
    {
        refusals.Clear();
        var times = new ConcurrentDictionary<string, ConcurrentBag<double>>();
        using var end = new CancellationTokenSource(length);
        var polls = crowd.Select(agent => PollAsync(agent, times, end.Token)).ToList();
        var random = new Random(1);
        var version = 0;
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var calls = new List<Task>();
        var step = 0;
        try
        {
            while (await tick.WaitForNextTickAsync(end.Token))
            {
                step++;
                // 10,000 agents at one sign of life in 300 s are 33 a second; one report of something new each second; one command each second.
                if (step % 3 == 0)
                {
                    calls.Add(CallAsync(times, "heartbeat", crowd[random.Next(crowd.Length)].HeartbeatAsync));
                }

                if (step % 100 == 0)
                {
                    var next = ++version;
                    calls.Add(CallAsync(times, "report of a change", () => crowd[random.Next(crowd.Length)].ReportAsync(next)));
                }

                if (step % 100 == 50)
                {
                    var agent = crowd[random.Next(crowd.Length)];
                    asked[agent] = Stopwatch.GetTimestamp();
                    calls.Add(Master.Api.PostAsync($"agents/{agent.Id}/redeploy-tunnel"));
                }

                if (step % 10 == 5)
                {
                    calls.Add(CallAsync(times, "unchanged report", () => crowd[random.Next(crowd.Length)].ReportAsync(version)));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It is evening.
        }

        await Task.WhenAll(calls);
        await Task.WhenAll(polls);
        return times;
    }

    /// <summary>The master is killed and started anew while everybody asks for it: how long until each agent is registered, has reported and waits again.</summary>
    public async Task<TimeSpan> StormAsync()
    {
        refusals.Clear();
        await Master.Process.KillAsync();
        await StartMasterAsync();
        var since = Stopwatch.GetTimestamp();
        await Task.WhenAll(crowd.Select(async (agent, i) =>
        {
            await AgainAsync(agent.RegisterAsync);
            await AgainAsync(() => agent.ReportAsync(0));
            await AgainAsync(async () => (await agent.PollAsync(0, CancellationToken.None)).Status);
        }));
        return Stopwatch.GetElapsedTime(since);
    }

    public async Task<List<double>> BeatAsync(TimeSpan length)
    {
        var until = Stopwatch.GetTimestamp() + (long)(length.TotalSeconds * Stopwatch.Frequency);
        var times = await Task.WhenAll(Enumerable.Range(0, 64).Select(async lane =>
        {
            var mine = new List<double>();
            for (var i = lane; Stopwatch.GetTimestamp() < until; i += 64)
            {
                var (status, time) = await CrowdAgent.TimedAsync(crowd[i % crowd.Length].HeartbeatAsync);
                Require(status);
                mine.Add(time);
            }

            return mine;
        }));
        return [.. times.SelectMany(static mine => mine)];
    }

    public string Refusals(string when) =>
        $"| answers other than success, {when} | {(refusals.IsEmpty ? "none" : string.Join(", ", refusals.OrderBy(static pair => pair.Key).Select(static pair => string.Create(CultureInfo.InvariantCulture, $"{(int)pair.Key}: {pair.Value}"))))} | | | |";

    public async ValueTask DisposeAsync()
    {
        await world.DisposeAsync();
        await redis.DisposeAsync();
    }

    private async Task PollAsync(CrowdAgent agent, ConcurrentDictionary<string, ConcurrentBag<double>> times, CancellationToken cancellationToken)
    {
        // Not all in one moment: agents start when they start.
        try
        {
            await Task.Delay(Random.Shared.Next(5_000), cancellationToken);
            while (true)
            {
                var since = Stopwatch.GetTimestamp();
                var (status, hasCommand) = await agent.PollAsync(30, cancellationToken);
                Count(status);
                if (hasCommand && asked.TryRemove(agent, out var asking))
                {
                    times.GetOrAdd("command asked for, leased and acknowledged", static _ => []).Add(Stopwatch.GetElapsedTime(asking).TotalMilliseconds);
                }

                if (!hasCommand)
                {
                    // What it took beyond the wait.
                    times.GetOrAdd("long poll, beyond its 30 s", static _ => []).Add(Math.Max(0, Stopwatch.GetElapsedTime(since).TotalMilliseconds - 30_000));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It is evening.
        }
    }

    private async Task CallAsync(ConcurrentDictionary<string, ConcurrentBag<double>> times, string what, Func<Task<HttpStatusCode>> call)
    {
        var (status, time) = await CrowdAgent.TimedAsync(call);
        Count(status);
        times.GetOrAdd(what, static _ => []).Add(time);
    }

    private async Task AgainAsync(Func<Task<HttpStatusCode>> call)
    {
        while (true)
        {
            HttpStatusCode status;
            try
            {
                status = await call();
            }
            catch (HttpRequestException)
            {
                status = 0;
            }

            Count(status);
            if ((int)status is >= 200 and < 300)
            {
                return;
            }

            await Task.Delay(Random.Shared.Next(500, 3_000));
        }
    }

    private void Count(HttpStatusCode status)
    {
        if ((int)status is < 200 or >= 300)
        {
            refusals.AddOrUpdate(status, 1, static (_, count) => count + 1);
        }
    }

    private async Task ForAllAsync(Func<int, Task> act) =>
        await Parallel.ForEachAsync(Enumerable.Range(0, crowd.Length), new ParallelOptions { MaxDegreeOfParallelism = Side }, async (i, _) => await act(i));

    private static void Require(HttpStatusCode status)
    {
        if ((int)status is < 200 or >= 300)
        {
            throw new InvalidOperationException($"The master answered {(int)status}.");
        }
    }

    private static void Say(string text) => Console.Error.WriteLine(text);
}
