using System.Diagnostics;
using System.Globalization;
using DockFlare.Core;
using DockFlare.Core.Protocol;
using DockFlare.EndToEnd.Tests.Stage;
using DockFlare.Hosting.Agents;
using DockFlare.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DockFlare.Benchmarks.Lab;

/// <summary>What a master needs for 10,000 routes: ten agents over HTTP, each with a tunnel and 1,000 labelled containers, over three zones.</summary>
internal static class Memory
{
    private const int Agents = 10;
    private const int Routes = 10_000;

    public static async Task<IReadOnlyList<string>> RunAsync()
    {
        await using var world = await World.CreateAsync(FakePlan.Pro);
        string[] zones = ["example.com", "example.net", "example.org"];
        var ids = zones.Select((zone, at) => at == 0 ? world.ZoneId : world.Cloudflare.AddZone(zone, FakePlan.Pro)).ToList();
        var master = await world.StartMasterAsync(("DOCKFLARE_LOCAL_AGENT", "false"));
        var rows = new List<string> { "| the master's memory | resident | peak |", "|---|---|---|", Row("no agent yet", master.Process) };

        var since = Stopwatch.GetTimestamp();
        var links = new List<(HttpMasterLink Link, AgentReport Report)>();
        for (var agent = 0; agent < Agents; agent++)
        {
            links.Add(await EnrolAsync(world, master.Api, agent, zones));
        }

        await Task.WhenAll(links.Select(static pair => pair.Link.ReportAsync(pair.Report, CancellationToken.None).AsTask()));
        await world.UntilAsync("all routes", view => ids.Sum(id => view.Records(id).Count) == Routes);
        rows.Add(Row(string.Create(CultureInfo.InvariantCulture, $"{Routes:N0} routes served, {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s after the first registration"), master.Process));

        // A hundred passes more, each with a change in one of the documents and one record, and lists as an operator asks for them.
        for (var round = 0; round < 100; round++)
        {
            var (link, report) = links[round % Agents];
            await link.ReportAsync(report with { Containers = report.Containers.Take(1000 - 1 - round).ToEquatableArray() }, CancellationToken.None);
            await link.ReportAsync(report, CancellationToken.None);
            await master.Api.PostAsync("reconcile");
            if (round % 10 == 0)
            {
                await master.Api.GetAsync("rules");
            }
        }

        rows.Add(Row("after 200 reports more and ten lists of all rules", master.Process));
        return rows;
    }

    private static async Task<(HttpMasterLink Link, AgentReport Report)> EnrolAsync(World world, MasterApi api, int agent, string[] zones)
    {
        var options = Options.Create(new AgentOptions { MasterUrl = world.MasterAddress.ToString(), ApiKey = MasterApi.Text(await api.PostAsync("agents/generate-key"), "key")! });
        var link = new HttpMasterLink(new MasterHttp(new HttpClient(), options), new AgentFiles(options, NullLogger<AgentFiles>.Instance), options, TimeProvider.System);
        var session = await link.RegisterAsync(new(null, $"host{agent}", "0.1.0"), CancellationToken.None);
        await api.PostAsync($"agents/{session.Id.Value}/enroll", $$"""{"tunnel_name":"host{{agent}}"}""");
        var containers = Enumerable.Range(0, Routes / Agents).Select(i => new ContainerSnapshot(
            string.Create(CultureInfo.InvariantCulture, $"{agent:x2}{i:x10}"), $"app{i}",
            new(new Dictionary<string, string>
            {
                ["dockflare.enable"] = "true",
                ["dockflare.hostname"] = $"app{i}-host{agent}.{zones[i % zones.Length]}",
                ["dockflare.service"] = $"http://app{i}:8080",
                ["com.docker.compose.project"] = "lab",
                ["com.docker.compose.service"] = $"app{i}",
            }))
        {
            Networks = [new("cloudflare-net", $"172.18.{i / 250}.{(i % 250) + 2}")],
            Ports = [8080],
        });
        return (link, new(session.Id, IsComplete: true, TunnelGeneration: 0, containers.ToEquatableArray()));
    }

    private static string Row(string what, HostProcess process)
    {
        var status = File.ReadAllLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/status"));
        return $"| {what} | {Megabytes("VmRSS:")} | {Megabytes("VmHWM:")} |";

        string Megabytes(string name)
        {
            var kilobytes = long.Parse(status.Single(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
            return string.Create(CultureInfo.InvariantCulture, $"{kilobytes / 1024.0:0} MB");
        }
    }
}
