using DockFlare.Core;
using DockFlare.Core.Protocol;
using Microsoft.Extensions.Hosting;

namespace DockFlare.Hosting.Agents;

/// <summary>
/// Tells the master what this host looks like: the first change at once, what follows when it has been quiet. The outbox holds
/// the newest report and nothing older, as each replaces the one before.
/// </summary>
internal sealed class ContainerReporter(
    IContainerSource source, IMasterLink master, AgentConnection connection, TunnelWatch tunnel, OriginNetworks networks, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan FirstLookPatience = TimeSpan.FromSeconds(2);
    private readonly CoalescingGate gate = new(time);
    private Inventory? inventory;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        tunnel.Changed += gate.Raise;
        connection.Registered += gate.Raise;
        try
        {
            using var together = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            var watching = WatchAsync(together.Token);
            var sending = SendAsync(together.Token);

            // Whichever ends first ends with the host or with a bug, and takes the other along.
            await Task.WhenAny(watching, sending).ConfigureAwait(false);
            await together.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(watching, sending).ConfigureAwait(false);
        }
        finally
        {
            tunnel.Changed -= gate.Raise;
            connection.Registered -= gate.Raise;
        }
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        await foreach (var seen in source.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            Volatile.Write(ref inventory, seen);
            networks.Show(seen);
            gate.Raise();
        }

        // A source that has nothing more to say is one whose containers stay as they are.
        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken).ConfigureAwait(false);
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAny(tunnel.FirstLook, Task.Delay(FirstLookPatience, time, cancellationToken)).ConfigureAwait(false);
        AgentReport? delivered = null;
        AgentSession? deliveredTo = null;
        while (true)
        {
            await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
            for (var attempt = 1; ; attempt++)
            {
                var session = await connection.CurrentAsync(cancellationToken).ConfigureAwait(false);
                if (Compose(session) is not { } report || (report == delivered && ReferenceEquals(session, deliveredTo)))
                {
                    break;
                }

                try
                {
                    await master.ReportAsync(report, cancellationToken).ConfigureAwait(false);
                    connection.Succeeded();
                    if (delivered?.Containers != report.Containers)
                    {
                        tunnel.LookOften();
                    }

                    (delivered, deliveredTo) = (report, session);
                    break;
                }
                catch (MasterLinkException exception)
                {
                    await connection.FailedAsync(session, exception, attempt, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    private AgentReport? Compose(AgentSession session)
    {
        if (Volatile.Read(ref inventory) is not { } seen)
        {
            return null;
        }

        var running = tunnel.Running;
        var containers = ReportedContainers.Select(seen.Containers, session.LabelPrefixes, session.LabelKeys);
        return new(session.Id, seen.IsComplete, running?.Generation ?? 0, containers)
        {
            Connector = running?.Connector,
            ConnectorNetwork = networks.Place?.Network,
            JoinsNetworks = networks.Place?.Join is not null,
        };
    }
}
