using DockFlare.Core;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Commands;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>What a pass needs to know of agents: whose tunnel is which, what they report and what they have been told.</summary>
internal sealed class AgentView(AgentRegistry registry, ICommandQueue queue, AgentTunnels agentTunnels, TunnelStore tunnels, IOptions<AgentPlaneOptions> options)
{
    private const int SideBySide = 256;
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
        var inUse = new HashSet<string>(StringComparer.Ordinal);
        foreach (var agent in enrolled)
        {
            inUse.Add(agent.TunnelName!);
            var record = tunnels.Find(agent.TunnelName!);
            assignments.Add(new(record?.TunnelId ?? TunnelAssignment.Planned(agent.TunnelName!), agent.Id, record?.Generation ?? 1) { Name = agent.TunnelName! });
        }

        foreach (var record in tunnels.All)
        {
            if (record.TunnelId is not null && !inUse.Contains(record.Name) && (!record.Owned.IsEmpty || !record.ZoneIds.IsEmpty))
            {
                assignments.Add(new(record.TunnelId, default, record.Generation) { Name = record.Name });
            }
        }

        return assignments;
    }

    /// <summary>Lets the agents' endpoints know whose tunnel is which.</summary>
    public void Publish(List<TunnelAssignment> assignments)
    {
        var own = new Dictionary<AgentId, TunnelAssignment>(assignments.Count);
        foreach (var tunnel in assignments.Where(static tunnel => !tunnel.IsPlanned && tunnel.Agent != default))
        {
            own.TryAdd(tunnel.Agent, tunnel);
        }

        foreach (var agent in registry.All)
        {
            var assigned = own.TryGetValue(agent.Id, out var tunnel) ? new AssignedTunnel(tunnel.TunnelId, tunnel.Name, tunnel.Generation) : null;
            if (agentTunnels.Find(agent.Id) != assigned)
            {
                agentTunnels.Set(agent.Id, assigned);
            }
        }
    }

    /// <summary>Whether an operator named the tunnel, and it may be adopted.</summary>
    public bool IsNamedByOperator(TunnelAssignment tunnel) =>
        enrolled.Exists(agent => agent.AdoptTunnel && string.Equals(agent.TunnelName, tunnel.Name, StringComparison.Ordinal));

    /// <summary>The newest report of each enrolled agent. A pending one publishes nothing.</summary>
    public EquatableArray<AgentReport> Reports() =>
        enrolled.Select(agent => registry.FindReport(agent.Id)).OfType<AgentReport>().ToEquatableArray();

    /// <summary>The routes that enrolled agents held after the last pass.</summary>
    public EquatableArray<DesiredRoute> Held()
    {
        var holders = enrolled.Select(static agent => agent.Id).ToHashSet();
        return tunnels.All.SelectMany(static record => record.Routes)
            .Where(route => route.Holder.Source == RouteSource.Manual || holders.Contains(route.Holder.Agent))
            .ToEquatableArray();
    }

    /// <summary>The hosts of agents that an operator took out: removed, or not enrolled any more.</summary>
    public EquatableArray<string> Ended()
    {
        var holders = enrolled.Select(static agent => agent.Id).ToHashSet();
        return tunnels.All.SelectMany(static record => record.Routes)
            .Where(route => route.Holder.Source == RouteSource.Label && !holders.Contains(route.Holder.Agent)).Select(static route => route.Key.Host)
            .Concat(tunnels.All.SelectMany(static record => record.Ended))
            .Distinct(StringComparer.Ordinal)
            .ToEquatableArray();
    }

    /// <summary>What enrolled agents may claim, as far as it is not what every agent may.</summary>
    public IReadOnlyDictionary<AgentId, AgentAuthority> Authorities() => enrolled
        .Where(agent => agent.Authority is not null || options.Value.Authority != AgentAuthority.Default)
        .ToDictionary(static agent => agent.Id, agent => agent.Authority is { } text ? AgentAuthority.Parse(text) : options.Value.Authority);

    /// <summary>What each agent runs; the queue is asked only about those that do not run what they should.</summary>
    public async ValueTask<EquatableArray<ObservedAgent>> ObserveAsync(List<TunnelAssignment> assignments, CancellationToken cancellationToken)
    {
        var observed = new List<ObservedAgent>(assignments.Count);
        var asked = new List<int>();
        foreach (var tunnel in assignments)
        {
            if (tunnel.Agent == default || tunnel.IsPlanned)
            {
                continue;
            }

            var report = registry.FindReport(tunnel.Agent);
            var agent = new ObservedAgent(tunnel.Agent, report?.TunnelGeneration ?? 0, report?.Connector?.TunnelId);
            if (agent.TunnelGeneration < tunnel.Generation || (agent.TunnelId is not null && !string.Equals(agent.TunnelId, tunnel.TunnelId, StringComparison.Ordinal)))
            {
                asked.Add(observed.Count);
            }

            observed.Add(agent);
        }

        // Side by side: with many agents at once, as when all were just enrolled, a pass would spend its time waiting for one answer after another.
        foreach (var chunk in asked.Chunk(SideBySide))
        {
            await Task.WhenAll(chunk.Select(async at => observed[at] = observed[at] with { Commands = await CommandsAsync(observed[at].Agent, cancellationToken).ConfigureAwait(false) })).ConfigureAwait(false);
        }

        return observed.ToEquatableArray();
    }

    /// <summary>
    /// What the connectors say of themselves, by tunnel. Several agents can run connectors of one tunnel: a visitor may reach any of them,
    /// so together they are as far as the one that is behind. One that is away or not connected says nothing while another serves.
    /// </summary>
    public Dictionary<string, ConnectorStatus> Connectors()
    {
        var connectors = new Dictionary<string, (bool IsServing, ConnectorStatus Status)>(StringComparer.Ordinal);
        foreach (var agent in enrolled)
        {
            if (registry.FindReport(agent.Id)?.Connector is not { } status)
            {
                continue;
            }

            var isServing = status.ReadyConnections > 0 && registry.IsOnline(agent.Id);
            if (!connectors.TryGetValue(status.TunnelId, out var known) || (isServing && !known.IsServing))
            {
                connectors[status.TunnelId] = (isServing, status);
            }
            else if (isServing == known.IsServing)
            {
                connectors[status.TunnelId] = (isServing, Together(known.Status, status));
            }
        }

        return connectors.ToDictionary(static tunnel => tunnel.Key, static tunnel => tunnel.Value.Status, StringComparer.Ordinal);

        static ConnectorStatus Together(ConnectorStatus one, ConnectorStatus other) => one with
        {
            ReadyConnections = one.ReadyConnections + other.ReadyConnections,
            ConfigVersion = one.ConfigVersion is { } first && other.ConfigVersion is { } second ? Math.Min(first, second) : null,
        };
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
