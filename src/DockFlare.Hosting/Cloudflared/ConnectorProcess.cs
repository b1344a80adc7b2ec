using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using DockFlare.Hosting.Agents;

namespace DockFlare.Hosting.Cloudflared;

/// <summary>One cloudflared as a child process, started again whenever it ends by itself, with growing pauses.</summary>
internal sealed class ConnectorProcess : IAsyncDisposable
{
    private const int Terminate = 15;
    private const int LinesKept = 8;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private readonly CloudflaredOptions options;
    private readonly TimeProvider time;
    private readonly Action<string> say;
    private readonly CancellationTokenSource stopping = new();
    private readonly Queue<string> lines = new();
    private readonly Task running;

    public ConnectorProcess(TunnelSpec spec, CloudflaredOptions options, TimeProvider time, Action<string> say)
    {
        (Spec, this.options, this.time, this.say) = (spec, options, time, say);
        Metrics = new Uri($"http://127.0.0.1:{FreePort()}");
        running = RunAsync(Start());
    }

    public TunnelSpec Spec { get; }

    public Uri Metrics { get; }

    /// <summary>How often it ended by itself.</summary>
    public int Ends { get; private set; }

    /// <summary>The last lines it wrote, without the token.</summary>
    public string LastLines
    {
        get
        {
            lock (lines)
            {
                return string.Join('\n', lines);
            }
        }
    }

    /// <summary>Asks it to finish, and ends it when it has not within the grace period.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
        stopping.Dispose();
    }

    private async Task RunAsync(Process? process)
    {
        while (true)
        {
            if (process is not null)
            {
                using (process)
                {
                    if (!await EndsByItselfAsync(process).ConfigureAwait(false))
                    {
                        return;
                    }
                }
            }

            Ends++;
            try
            {
                await Task.Delay(Pause(Ends), time, stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                process = Start();
            }
            catch (TunnelException error)
            {
                process = null;
                Keep(error.Message);
            }
        }
    }

    /// <summary>False when it was asked to end.</summary>
    private async Task<bool> EndsByItselfAsync(Process process)
    {
        try
        {
            await process.WaitForExitAsync(stopping.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            _ = kill(process.Id, Terminate);
        }

        using var grace = new CancellationTokenSource(options.GracePeriod + TimeSpan.FromSeconds(1), time);
        try
        {
            await process.WaitForExitAsync(grace.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }

        return false;
    }

    private Process Start()
    {
        var info = new ProcessStartInfo(options.Binary, ["tunnel", "--no-autoupdate", "run"]) { RedirectStandardError = true, RedirectStandardOutput = true };
        info.Environment["TUNNEL_TOKEN"] = Spec.Token;
        info.Environment["TUNNEL_METRICS"] = Metrics.Authority;
        try
        {
            var process = Process.Start(info) ?? throw new TunnelException($"'{options.Binary}' did not start.");
            process.ErrorDataReceived += (_, line) => Keep(line.Data);
            process.OutputDataReceived += (_, line) => Keep(line.Data);
            process.BeginErrorReadLine();
            process.BeginOutputReadLine();
            return process;
        }
        catch (Win32Exception error)
        {
            throw new TunnelException($"'{options.Binary}' cannot be started ({error.Message}): install cloudflared or set CLOUDFLARED_BIN to its path.", error);
        }
    }

    private static TimeSpan Pause(int ends) => TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, Math.Min(ends, 10) - 1)));

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        var clean = line.Replace(Spec.Token, "[redacted]", StringComparison.Ordinal);
        lock (lines)
        {
            lines.Enqueue(clean);
            if (lines.Count > LinesKept)
            {
                lines.Dequeue();
            }
        }

        say(clean);
    }

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }

    [DllImport("libc", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int process, int signal);
}
