using System.Globalization;
using DockFlare.Hosting.Agents;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Cloudflared;

/// <summary>
/// Runs cloudflared as a child process. A change starts the new one beside the old one and stops the old one once the new one is connected.
/// Its processes end with this one when it is stopped in an orderly way.
/// </summary>
internal sealed partial class ProcessTunnelRunner(
    IOptions<CloudflaredOptions> options, CloudflaredMetrics metrics, TimeProvider time, ILogger<ProcessTunnelRunner> logger) : ITunnelRunner, IAsyncDisposable
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);
    private readonly SemaphoreSlim gate = new(1, 1);
    private ConnectorProcess? current;
    private long generation;

    /// <inheritdoc />
    public async ValueTask EnsureAsync(TunnelSpec spec, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(spec);

        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (spec.Restart || current is null || current.Spec.TunnelId != spec.TunnelId || current.Spec.Token != spec.Token)
            {
                await ReplaceAsync(spec, cancellationToken).ConfigureAwait(false);
            }

            generation = spec.Generation;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc />
    public async ValueTask StopAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (Interlocked.Exchange(ref current, null) is { } running)
            {
                await running.DisposeAsync().ConfigureAwait(false);
                LogStopped(running.Spec.TunnelName);
            }
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc />
    public async ValueTask<RunningTunnel?> ObserveAsync(CancellationToken cancellationToken) =>
        current is { } running
            ? new(generation, await metrics.ReadAsync(running.Metrics, running.Spec.TunnelId, cancellationToken).ConfigureAwait(false))
            : null;

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        gate.Dispose();
    }

    private async Task ReplaceAsync(TunnelSpec spec, CancellationToken cancellationToken)
    {
        var next = new ConnectorProcess(spec, options.Value, time, LogLine);
        try
        {
            await UntilReadyAsync(next, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await next.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        var old = Interlocked.Exchange(ref current, next);
        LogStarted(spec.TunnelName, spec.Generation);
        if (old is not null)
        {
            await old.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task UntilReadyAsync(ConnectorProcess process, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (await metrics.ReadAsync(process.Metrics, process.Spec.TunnelId, cancellationToken).ConfigureAwait(false) is not { ReadyConnections: > 0 })
        {
            if (process.Ends > 0)
            {
                throw new TunnelException($"cloudflared of tunnel '{process.Spec.TunnelName}' ends after it starts; its last words: {process.LastLines}");
            }

            if (time.GetElapsedTime(began) >= options.Value.ReadyTimeout)
            {
                throw new TunnelException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"cloudflared of tunnel '{process.Spec.TunnelName}' is not connected to Cloudflare after {options.Value.ReadyTimeout.TotalSeconds:0} s; its last words: {process.LastLines}"));
            }

            await Task.Delay(Between, time, cancellationToken).ConfigureAwait(false);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A cloudflared process serves tunnel {Tunnel}, generation {Generation}.")]
    private partial void LogStarted(string tunnel, long generation);

    [LoggerMessage(Level = LogLevel.Information, Message = "The cloudflared process of tunnel {Tunnel} is stopped.")]
    private partial void LogStopped(string tunnel);

    [LoggerMessage(Level = LogLevel.Debug, Message = "cloudflared: {Line}")]
    private partial void LogLine(string line);
}
