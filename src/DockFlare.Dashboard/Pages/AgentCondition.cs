using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Commands;
using DockFlare.Hosting.Reconciliation;

namespace DockFlare.Dashboard.Pages;

/// <summary>An agent's light.</summary>
internal enum AgentLight
{
    Online,

    /// <summary>Online, but its connector has no connection or runs an older configuration than it should.</summary>
    Behind,

    Offline,

    /// <summary>Waits for an operator.</summary>
    Pending,

    /// <summary>Is being removed.</summary>
    Leaving,
}

/// <summary>How an agent is.</summary>
internal sealed record AgentCondition(AgentRecord Record, AgentLight Light)
{
    public AgentId Id => Record.Id;

    public string Name => Record.DisplayName;

    public DateTimeOffset? LastSeen { get; init; }

    public AssignedTunnel? Tunnel { get; init; }

    public ConnectorStatus? Connector { get; init; }

    /// <summary>The configuration version its connector should run; null when nothing says so.</summary>
    public long? NeededVersion { get; init; }

    public int Containers { get; init; }

    public int Routes { get; init; }

    public int DeadLetters { get; init; }

    public string LightWord => Light.ToString().ToLowerInvariant();
}

/// <summary>Looks at the agents.</summary>
internal sealed class AgentConditions(AgentRegistry registry, AgentTunnels tunnels, PassBoard board, ICommandQueue queue)
{
    public async Task<IReadOnlyList<AgentCondition>> AllAsync(CancellationToken cancellationToken)
    {
        await registry.LoadAsync(cancellationToken).ConfigureAwait(false);
        var pass = board.Current;
        var routes = pass.Routes.CountBy(static route => route.Agent).ToDictionary();
        var conditions = new List<AgentCondition>(registry.All.Count);
        foreach (var record in registry.All)
        {
            conditions.Add(Of(record, pass, routes.GetValueOrDefault(record.Id)) with { DeadLetters = await DeadLettersAsync(record.Id, cancellationToken).ConfigureAwait(false) });
        }

        return conditions;
    }

    public AgentCondition Of(AgentRecord record, PassSnapshot pass, int routes)
    {
        var tunnel = tunnels.Find(record.Id);
        var report = registry.FindReport(record.Id);
        long? needed = tunnel is not null && pass.NeededVersions.TryGetValue(tunnel.TunnelId, out var version) && version > 0 ? version : null;
        var isBehind = report?.Connector is { } connector && (connector.ReadyConnections == 0 || connector.ConfigVersion < needed);
        var light = record.Status == AgentStatus.Leaving ? AgentLight.Leaving
            : record.Status == AgentStatus.Pending ? AgentLight.Pending
            : !registry.IsOnline(record.Id) ? AgentLight.Offline
            : isBehind ? AgentLight.Behind : AgentLight.Online;
        return new(record, light)
        {
            LastSeen = registry.LastSeen(record.Id),
            Tunnel = tunnel,
            Connector = report?.Connector,
            NeededVersion = needed,
            Containers = report?.Containers.Count ?? 0,
            Routes = routes,
        };
    }

    private async Task<int> DeadLettersAsync(AgentId agent, CancellationToken cancellationToken)
    {
        var count = 0;
        try
        {
            await foreach (var _ in queue.DeadLettersAsync(agent, cancellationToken).ConfigureAwait(false))
            {
                count++;
            }
        }
        catch (CommandQueueException)
        {
            // The readiness parts say that the queue cannot be reached; the page is shown all the same.
        }

        return count;
    }
}
