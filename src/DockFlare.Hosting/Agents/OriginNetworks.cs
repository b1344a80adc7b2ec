using DockFlare.Core.Protocol;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Agents;

/// <summary>Where connectors are, in modes that know networks.</summary>
/// <param name="Network">The network they are started on.</param>
/// <param name="Join">Lets them join further networks and leave those that they joined for nothing; null when they are not to.</param>
internal sealed record ConnectorPlace(string Network, Func<IReadOnlyCollection<string>, CancellationToken, ValueTask>? Join);

/// <summary>Keeps connectors on the networks of the containers they serve, where <c>CLOUDFLARED_ATTACH</c> asks for it.</summary>
internal sealed partial class OriginNetworks(TunnelWatch tunnel, TimeProvider time, ILogger<OriginNetworks> logger, ConnectorPlace? place = null) : BackgroundService
{
    private readonly CoalescingGate gate = new(time);
    private string[] wanted = [];
    private string? trouble;

    public ConnectorPlace? Place => place;

    /// <summary>These containers run now.</summary>
    public void Show(Inventory inventory)
    {
        if (place?.Join is null)
        {
            return;
        }

        Volatile.Write(ref wanted, NetworksOf(inventory, place.Network));
        gate.Raise();
    }

    /// <summary>The networks of enabled containers that the connector does not share anyway, in order.</summary>
    internal static string[] NetworksOf(Inventory inventory, string own) =>
    [
        .. inventory.Containers
            .Where(container => !container.UsesHostNetwork && IsEnabled(container) && !container.Networks.Any(network => string.Equals(network.Name, own, StringComparison.Ordinal)))
            .SelectMany(static container => container.Networks.Select(static network => network.Name))
            .Where(static network => network is not ("none" or "host"))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (place?.Join is not { } join)
        {
            return;
        }

        tunnel.Changed += gate.Raise;
        try
        {
            while (true)
            {
                await gate.WaitAsync(stoppingToken).ConfigureAwait(false);
                try
                {
                    await join(Volatile.Read(ref wanted), stoppingToken).ConfigureAwait(false);
                    trouble = null;
                }
                catch (TunnelException exception) when (exception.Message != trouble)
                {
                    LogNotJoined(trouble = exception.Message);
                }
                catch (TunnelException)
                {
                    // Said already. The next change of a container or of the connector is another try.
                }
            }
        }
        finally
        {
            tunnel.Changed -= gate.Raise;
        }
    }

    // Under whatever prefix: what the labels mean is the master's to say, and a network too many does no harm.
    private static bool IsEnabled(ContainerSnapshot container) => container.Labels.Any(static label => label.Key.EndsWith(".enable", StringComparison.Ordinal));

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Trouble}")]
    private partial void LogNotJoined(string trouble);
}
