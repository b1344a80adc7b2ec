using DockFlare.Core;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Commands;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>What a pass needs to know of agents: whose tunnel is which, what they report and what they have been told.</summary>
internal sealed class AgentView(AgentRegistry registry, ICommandQueue queue, AgentTunnels agentTunnels, TunnelStore tunnels)
{
    private List<AgentRecord> enrolled = [];

    public async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        await registry.LoadAsync(cancellationToken).ConfigureAwait(false);
        await tunnels.LoadAsync(cancellationToken).ConfigureAwait(false);
        enrolled = [.. registry.All.Where(static agent => agent is { Status: AgentStatus.Enrolled, TunnelName: not null })];
    }

    /// <summary>The tunnel of each enrolled agent, and those that agents have left behind with rules of ours in them.</summary>
    public List<TunnelAssignment> Assignments()
    {
        var assignments = new List<TunnelAssignment>(enrolled.Count);
        var inUse = new HashSet<(AgentId, string)>();
        foreach (var agent in enrolled)
        {
            inUse.Add((agent.Id, agent.TunnelName!));
            var record = tunnels.Find(agent.Id, agent.TunnelName!);
            assignments.Add(new(record?.TunnelId ?? TunnelAssignment.Planned(agent.TunnelName!), agent.Id, record?.Generation ?? 1) { Name = agent.TunnelName! });
        }

        foreach (var record in tunnels.All)
        {
            if (record.TunnelId is not null && !inUse.Contains((new(record.Agent), record.Name)) && (!record.Owned.IsEmpty || !record.ZoneIds.IsEmpty))
            {
                assignments.Add(new(record.TunnelId, default, record.Generation) { Name = record.Name });
            }
        }

        return assignments;
    }

    /// <summary>Lets the agents' endpoints know whose tunnel is which.</summary>
    public void Publish(List<TunnelAssignment> assignments)
    {
        foreach (var agent in registry.All)
        {
            var own = assignments.Find(tunnel => tunnel.Agent == agent.Id && !tunnel.IsPlanned);
            agentTunnels.Set(agent.Id, own is null ? null : new(own.TunnelId, own.Name, own.Generation));
        }
    }

    /// <summary>Whether an operator named the tunnel, and it may be adopted.</summary>
    public bool IsNamedByOperator(TunnelAssignment tunnel) => registry.Find(tunnel.Agent) is { AdoptTunnel: true };

    /// <summary>The newest report of each enrolled agent. A pending one publishes nothing.</summary>
    public EquatableArray<AgentReport> Reports() =>
        enrolled.Select(agent => registry.FindReport(agent.Id)).OfType<AgentReport>().ToEquatableArray();

    /// <summary>The routes that enrolled agents held after the last pass.</summary>
    public EquatableArray<DesiredRoute> Held() =>
        enrolled.Select(agent => tunnels.Find(agent.Id, agent.TunnelName!)).OfType<TunnelRecord>().SelectMany(static record => record.Routes).ToEquatableArray();

    /// <summary>What each agent runs; the queue is asked only about those that do not run what they should.</summary>
    public async ValueTask<EquatableArray<ObservedAgent>> ObserveAsync(List<TunnelAssignment> assignments, CancellationToken cancellationToken)
    {
        var observed = new List<ObservedAgent>(assignments.Count);
        foreach (var tunnel in assignments)
        {
            if (tunnel.Agent == default || tunnel.IsPlanned)
            {
                continue;
            }

            var report = registry.FindReport(tunnel.Agent);
            var agent = new ObservedAgent(tunnel.Agent, report?.TunnelGeneration ?? 0, report?.Connector?.TunnelId);
            observed.Add(agent.TunnelGeneration >= tunnel.Generation && (agent.TunnelId is null || string.Equals(agent.TunnelId, tunnel.TunnelId, StringComparison.Ordinal))
                ? agent
                : agent with { Commands = await CommandsAsync(tunnel.Agent, cancellationToken).ConfigureAwait(false) });
        }

        return observed.ToEquatableArray();
    }

    /// <summary>What the connectors say of themselves, by tunnel.</summary>
    public Dictionary<string, ConnectorStatus> Connectors()
    {
        var connectors = new Dictionary<string, ConnectorStatus>(StringComparer.Ordinal);
        foreach (var agent in enrolled)
        {
            if (registry.FindReport(agent.Id)?.Connector is { } connector)
            {
                connectors[connector.TunnelId] = connector;
            }
        }

        return connectors;
    }

    /// <summary>The tunnels whose connectors never tell which configuration they run: those of agents of protocols 1 and 2, and those run by someone else.</summary>
    public HashSet<string> SilentTunnels(EquatableArray<TunnelAssignment> assignments)
    {
        var silent = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tunnel in assignments)
        {
            if (tunnel.IsExternal || registry.Find(tunnel.Agent) is { Protocol: < 3 })
            {
                silent.Add(tunnel.TunnelId);
            }
        }

        return silent;
    }

    private async ValueTask<EquatableArray<AgentCommand>> CommandsAsync(AgentId agent, CancellationToken cancellationToken)
    {
        try
        {
            var commands = new List<AgentCommand>(await queue.PendingAsync(agent, cancellationToken).ConfigureAwait(false));
            await foreach (var letter in queue.DeadLettersAsync(agent, cancellationToken).ConfigureAwait(false))
            {
                commands.Add(letter.Command);
            }

            return commands.ToEquatableArray();
        }
        catch (CommandQueueException)
        {
            // The routes do not wait for the queue. Sending the command again says what is wrong with it.
            return [];
        }
    }
}
