using DockFlare.Hosting.Agents;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Cloudflared;

/// <summary>Where someone else runs cloudflared: nothing is started or stopped, and what it runs is not known.</summary>
internal sealed partial class ExternalTunnelRunner(ILogger<ExternalTunnelRunner> logger) : ITunnelRunner
{
    private string? said;

    /// <inheritdoc />
    public ValueTask EnsureAsync(TunnelSpec spec, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(spec);

        if (said != spec.TunnelId)
        {
            said = spec.TunnelId;
            LogExternal(spec.TunnelName, spec.TunnelId);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask StopAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc />
    public ValueTask<RunningTunnel?> ObserveAsync(CancellationToken cancellationToken) => ValueTask.FromResult<RunningTunnel?>(null);

    [LoggerMessage(Level = LogLevel.Information, Message = "The connector of tunnel {Tunnel} ({Id}) is run by someone else (CLOUDFLARED_MODE=external): nothing is started here.")]
    private partial void LogExternal(string tunnel, string id);
}
