using DockFlare.Core.Protocol;

namespace DockFlare.Hosting.Agents;

/// <summary>What runs cloudflared on a host. Every method states an end and can safely be called again.</summary>
public interface ITunnelRunner
{
    /// <summary>Sees to it that a connector runs for the tunnel with this token. One that already does is left alone unless <see cref="TunnelSpec.Restart"/>.</summary>
    /// <exception cref="TunnelException">It could not be reached; the message is for the operator and holds no secret.</exception>
    ValueTask EnsureAsync(TunnelSpec spec, CancellationToken cancellationToken);

    /// <summary>Sees to it that no connector of ours runs.</summary>
    /// <exception cref="TunnelException">It could not be reached.</exception>
    ValueTask StopAsync(CancellationToken cancellationToken);

    /// <summary>What runs now; null when nothing of ours does or it does not answer.</summary>
    ValueTask<RunningTunnel?> ObserveAsync(CancellationToken cancellationToken);
}

/// <summary>What a connector is to run.</summary>
/// <param name="TunnelId">The tunnel's UUID.</param>
/// <param name="TunnelName">The tunnel's name.</param>
/// <param name="Generation">The number of the tunnel's desired spec.</param>
/// <param name="Token">The connector token. Secret: it goes into the connector's environment and nowhere else.</param>
public sealed record TunnelSpec(string TunnelId, string TunnelName, long Generation, string Token)
{
    /// <summary>Replace a connector even if it runs this generation already.</summary>
    public bool Restart { get; init; }

    /// <summary>Leaves the token out.</summary>
    public override string ToString() => $"TunnelSpec {{ {TunnelName} ({TunnelId}), generation {Generation} }}";
}

/// <summary>A connector that runs.</summary>
/// <param name="Generation">The generation it was started for.</param>
/// <param name="Connector">What it says of itself; null while its metrics do not answer.</param>
public sealed record RunningTunnel(long Generation, ConnectorStatus? Connector);

/// <summary>A connector could not be brought to what was asked. The message is for the operator and holds no secret.</summary>
public sealed class TunnelException(string message, Exception? innerException = null) : Exception(message, innerException);
