using System.Diagnostics;
using System.Globalization;
using DockFlare.EndToEnd.Tests.Stage;
using DockFlare.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DockFlare.Benchmarks.Lab;

/// <summary>
/// An agent as it ships beside a real engine, first alone and then with 200 labelled containers: how soon it is registered, what it needs while nothing
/// happens, and what a report weighs. <c>DOCKFLARE_LAB_MINUTES</c> shortens the ten minutes that each is looked at.
/// </summary>
internal static class Idle
{
    private const int Containers = 200;
    private const int Starts = 10;

    public static async Task<IReadOnlyList<string>> RunAsync()
    {
        var time = TimeSpan.FromMinutes(double.TryParse(Environment.GetEnvironmentVariable("DOCKFLARE_LAB_MINUTES"), CultureInfo.InvariantCulture, out var minutes) ? minutes : 10);
        await using var engine = await StraightLine.StartEngineAsync();
        await using var world = await World.CreateAsync();
        var master = await world.StartMasterAsync(("DOCKFLARE_LOCAL_AGENT", "false"));
        await using var scale = await Scale.StartAsync(world.MasterAddress);
        (string, string)[] settings =
        [
            ("DOCKFLARE_API_KEY", MasterApi.Text(await master.Api.PostAsync("agents/generate-key"), "key")!), ("DOCKER_HOST", engine.Endpoint.OriginalString),
            ("CLOUDFLARED_IMAGE", TwoEngines.Cloudflared), ("DOCKFLARE_MASTER_URL", scale.Address),
        ];

        var starts = new List<double>();
        HostProcess agent = null!;
        for (var i = 0; i < Starts; i++)
        {
            if (agent is not null)
            {
                await agent.StopAsync();
            }

            var since = Stopwatch.GetTimestamp();
            agent = world.LaunchAgent(settings);
            await agent.UntilLineAsync("Registered as agent");
            starts.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
        }

        var rows = new List<string>
        {
            "| agent | p50 | p99 | least | n |", "|---|---|---|---|---|", LabProgram.Row("start to registered", starts), "",
            "| agent, nothing happening | resident | peak | processor | minutes | reports meanwhile |", "|---|---|---|---|---|---|",
        };
        rows.Add(await WatchAsync("no labelled container", agent, scale, time));
        await engine.CliAsync("network", "create", "cloudflare-net");
        for (var i = 0; i < Containers; i++)
        {
            await engine.CliAsync(
                "run", "-d", "--name", $"app{i}", "--network", "cloudflare-net", "--label", "dockflare.enable=true", "--label", $"dockflare.hostname=app{i}.example.com",
                "--label", $"dockflare.service=http://app{i}:8080", "--label", "com.docker.compose.project=lab", "--label", $"com.docker.compose.service=app{i}", TestImages.Workload);
        }

        await Eventually.ReadAsync("a report of all", () => engine.CliAsync("ps", "-q"), static ids => ids.Split('\n').Length >= Containers);
        // The agent has told of the last one when its reports have been quiet for longer than it coalesces.
        for (var told = -1; told != scale.Reports; await Task.Delay(TimeSpan.FromSeconds(5)))
        {
            told = scale.Reports;
        }

        var (largest, sent) = (scale.Largest, scale.Reports);
        rows.Add(await WatchAsync($"{Containers} labelled containers", agent, scale, time));
        rows.Add("");
        rows.Add(string.Create(CultureInfo.InvariantCulture, $"The largest report, of {Containers} containers, had {largest:N0} bytes of body on the wire; {sent} reports were sent until all had started."));
        await agent.StopAsync();
        await master.Process.StopAsync();
        return rows;
    }

    private static async Task<string> WatchAsync(string what, HostProcess agent, Scale scale, TimeSpan time)
    {
        var (cpu, since, reports) = (agent.Cpu, Stopwatch.GetTimestamp(), scale.Reports);
        await Task.Delay(time);
        var share = (agent.Cpu - cpu) / Stopwatch.GetElapsedTime(since);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {what} | {agent.Megabytes:0.0} MB | {agent.PeakMegabytes:0.0} MB | {share * 100:0.000} % of a core | {time.TotalMinutes:0.#} | {scale.Reports - reports} |");
    }

    /// <summary>Stands between the agent and its master and weighs the reports.</summary>
    private sealed class Scale : IAsyncDisposable
    {
        private readonly WebApplication app;
        private readonly HttpClient http;
        private long largest;
        private int reports;

        private Scale(WebApplication app, Uri master)
        {
            this.app = app;
            http = new() { BaseAddress = master, Timeout = Timeout.InfiniteTimeSpan };
            app.Run(PassOnAsync);
        }

        public string Address => app.Urls.Single();

        /// <summary>The body of the heaviest compressed message so far, in bytes.</summary>
        public long Largest => Volatile.Read(ref largest);

        /// <summary>How many reports went by; only they are compressed.</summary>
        public int Reports => Volatile.Read(ref reports);

        public static async Task<Scale> StartAsync(Uri master)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var scale = new Scale(builder.Build(), master);
            await scale.app.StartAsync();
            return scale;
        }

        public async ValueTask DisposeAsync()
        {
            await app.DisposeAsync();
            http.Dispose();
        }

        private async Task PassOnAsync(HttpContext context)
        {
            using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(context.Request.Path + context.Request.QueryString, UriKind.Relative));
            request.Headers.TryAddWithoutValidation("Authorization", context.Request.Headers.Authorization.ToString());
            if (context.Request.ContentLength is > 0 and var length)
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body, context.RequestAborted);
                request.Content = new ByteArrayContent(body.ToArray());
                request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
                if (context.Request.Headers.ContentEncoding.ToString() is { Length: > 0 } encoding)
                {
                    request.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
                    Interlocked.Increment(ref reports);
                    Volatile.Write(ref largest, Math.Max(Largest, length));
                }
            }

            try
            {
                using var answer = await http.SendAsync(request, context.RequestAborted);
                context.Response.StatusCode = (int)answer.StatusCode;
                context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
                await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                // The agent has ended while its poll waited.
            }
        }
    }
}
