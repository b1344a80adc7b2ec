using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;
using DockFlare.Testing.Tunnels;

namespace DockFlare.Testing;

/// <summary>
/// Runs simulated connectors against a <see cref="FakeCloudflare"/>. The edge checks the token, and what is reported is the
/// configuration version that really arrived.
/// </summary>
public sealed class SimulatedTunnelRunner(FakeCloudflare cloudflare) : ITunnelRunner
{
    /// <summary>What a simulated connector says it is.</summary>
    public const string Version = "2026.8.0-simulated";

    private readonly Lock gate = new();
    private (TunnelSpec Spec, FakeConnector Connector)? running;

    /// <summary>Called after each configuration that arrived.</summary>
    public Action<FakeConfiguration>? ConfigurationReceived { get; set; }

    /// <inheritdoc />
    public ValueTask EnsureAsync(TunnelSpec spec, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(spec);
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            if (running is { Connector.IsConnected: true } current && !spec.Restart && current.Spec == spec)
            {
                return ValueTask.CompletedTask;
            }

            try
            {
                var connector = cloudflare.Connect(spec.Token, Version, follows: true, configuration => ConfigurationReceived?.Invoke(configuration));
                if (connector.TunnelId != spec.TunnelId)
                {
                    connector.Disconnect();
                    throw new TunnelException($"The connector token is for another tunnel than '{spec.TunnelName}' ({spec.TunnelId}). Ask for the token of that tunnel.");
                }

                // The new one is up before the old one leaves, as replicas of a tunnel are replaced.
                running?.Connector.Disconnect();
                running = (spec with { Restart = false }, connector);
                return ValueTask.CompletedTask;
            }
            catch (FakeConnectException exception)
            {
                throw new TunnelException($"The tunnel '{spec.TunnelName}' ({spec.TunnelId}) does not let the connector in: {exception.Message}.", exception);
            }
        }
    }

    /// <inheritdoc />
    public ValueTask StopAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            running?.Connector.Disconnect();
            running = null;
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask<RunningTunnel?> ObserveAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (running is not { } current)
            {
                return ValueTask.FromResult<RunningTunnel?>(null);
            }

            var connector = current.Connector;
            var status = new ConnectorStatus(connector.TunnelId, Version, connector.IsConnected ? TunnelJson.ConnectionsOfOne : 0, connector.ConfigVersion);
            return ValueTask.FromResult<RunningTunnel?>(new(current.Spec.Generation, status));
        }
    }
}
