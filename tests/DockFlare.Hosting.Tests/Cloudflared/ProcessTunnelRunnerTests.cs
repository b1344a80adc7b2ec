using System.Diagnostics;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Cloudflared;
using DockFlare.Tests.Fixtures;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Tests.Cloudflared;

public sealed class ProcessTunnelRunnerTests : IAsyncLifetime
{
    private const string Token = "eyJhIjoiYWNjb3VudCIsInQiOiI2ZmY0MmFlMiIsInMiOiJzZWNyZXQifQ==";
    private readonly HttpClient http = new();
    private readonly LogLines log = new();
    private readonly List<ProcessTunnelRunner> opened = [];
    private string folder = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        folder = Directory.CreateTempSubdirectory("dockflare-process-").FullName;
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var runner in opened)
        {
            await runner.DisposeAsync();
        }

        http.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_connector_is_started_kept_and_stopped()
    {
        var runner = await RunnerAsync();
        Assert.Null(await runner.ObserveAsync(Cancel));
        await runner.EnsureAsync(Spec(1), Cancel);
        var started = Processes();
        await runner.EnsureAsync(Spec(2), Cancel);

        Assert.Equal(new RunningTunnel(2, new ConnectorStatus("6ff42ae2", "2026.8.0", 4, 1)), await runner.ObserveAsync(Cancel));
        Assert.Equal(started, Processes());
        Assert.Single(started);

        await runner.StopAsync(Cancel);
        await runner.StopAsync(Cancel);
        Assert.Empty(Processes());
        Assert.Null(await runner.ObserveAsync(Cancel));
        Assert.DoesNotContain(log.Lines, line => line.Contains(Token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_replacement_runs_before_the_old_one_is_asked_to_end()
    {
        var runner = await RunnerAsync();
        await runner.EnsureAsync(Spec(1), Cancel);
        var old = Processes();
        await runner.EnsureAsync(Spec(1) with { Restart = true }, Cancel);

        Assert.NotEqual(old, Processes());
        Assert.Single(Processes());
        var lines = log.Lines;
        Assert.True(lines.FindLastIndex(line => line.Contains("Registered tunnel connection connIndex=0", StringComparison.Ordinal)) < lines.FindIndex(line => line.Contains("Initiating graceful shutdown", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task One_that_ends_at_start_is_told_and_the_old_one_stays()
    {
        var runner = await RunnerAsync();
        await runner.EnsureAsync(Spec(1), Cancel);
        var old = Processes();

        var error = await Assert.ThrowsAsync<TunnelException>(async () => await runner.EnsureAsync(Spec(2) with { Token = "short" }, Cancel));

        Assert.StartsWith("cloudflared of tunnel 'shop' ends after it starts; its last words: ", error.Message, StringComparison.Ordinal);
        Assert.Equal(old, Processes());
        Assert.Equal(1, (await runner.ObserveAsync(Cancel))?.Generation);
    }

    [Fact]
    public async Task One_that_dies_is_started_again()
    {
        var runner = await RunnerAsync();
        await runner.EnsureAsync(Spec(1), Cancel);
        using (var process = Process.GetProcessById(Assert.Single(Processes())))
        {
            process.Kill();
        }

        // Asking is all there is to wait for: nothing announces that a process listens again.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (await runner.ObserveAsync(limit.Token) is not { Connector.ReadyConnections: 4 })
        {
            await Task.Delay(20, limit.Token);
        }

        Assert.Single(Processes());
    }

    [Fact]
    public async Task A_missing_program_is_named_with_what_to_set()
    {
        var runner = Open("/nowhere/cloudflared");
        var error = await Assert.ThrowsAsync<TunnelException>(async () => await runner.EnsureAsync(Spec(1), Cancel));
        Assert.StartsWith("'/nowhere/cloudflared' cannot be started (", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("): install cloudflared or set CLOUDFLARED_BIN to its path.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_external_connector_is_left_to_whoever_runs_it()
    {
        var runner = new ExternalTunnelRunner(log.For<ExternalTunnelRunner>());
        await runner.EnsureAsync(Spec(1), Cancel);
        await runner.EnsureAsync(Spec(2), Cancel);
        await runner.StopAsync(Cancel);
        Assert.Null(await runner.ObserveAsync(Cancel));
        Assert.Equal(["Information: The connector of tunnel shop (6ff42ae2) is run by someone else (CLOUDFLARED_MODE=external): nothing is started here."], log.Lines);
    }

    private static TunnelSpec Spec(long generation) => new("6ff42ae2", "shop", generation, Token);

    /// <summary>A runner of a copy of its own, so that its processes can be told from others'.</summary>
    private async Task<ProcessTunnelRunner> RunnerAsync()
    {
        var copy = Path.Combine(folder, "cloudflared");
        File.Copy(await TestImages.CompileCloudflaredAsync(), copy);
        return Open(copy);
    }

    private ProcessTunnelRunner Open(string binary)
    {
        var options = Options.Create(new CloudflaredOptions { Binary = binary, GracePeriod = TimeSpan.FromSeconds(5) });
        var runner = new ProcessTunnelRunner(options, new CloudflaredMetrics(http), TimeProvider.System, log.For<ProcessTunnelRunner>());
        opened.Add(runner);
        return runner;
    }

    private List<int> Processes()
    {
        List<int> found = [];
        foreach (var process in Process.GetProcessesByName("cloudflared"))
        {
            using (process)
            {
                if (new FileInfo($"/proc/{process.Id}/exe").LinkTarget == Path.Combine(folder, "cloudflared"))
                {
                    found.Add(process.Id);
                }
            }
        }

        return found;
    }
}
