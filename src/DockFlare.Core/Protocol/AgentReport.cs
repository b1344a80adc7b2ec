using DockFlare.Core.Commands;

namespace DockFlare.Core.Protocol;

/// <summary>Everything one agent sees; it replaces the report before it.</summary>
/// <param name="Agent">Who reports.</param>
/// <param name="IsComplete">False when not everything could be seen: such a report can add routes and never ends one.</param>
/// <param name="TunnelGeneration">The generation of the tunnel spec its connector runs; 0 when none runs.</param>
/// <param name="Containers">The containers that run on its host.</param>
public sealed record AgentReport(AgentId Agent, bool IsComplete, long TunnelGeneration, EquatableArray<ContainerSnapshot> Containers)
{
    /// <summary>What its connector says of itself; null when none runs or nothing is known.</summary>
    public ConnectorStatus? Connector { get; init; }

    /// <summary>The network its connector is on; null when it does not say, as agents of protocols 1 and 2 never do.</summary>
    public string? ConnectorNetwork { get; init; }

    /// <summary>Whether its connector also joins the networks of the containers it serves.</summary>
    public bool JoinsNetworks { get; init; }

    /// <summary>
    /// In an incomplete report, the containers that the agent itself said have stopped: these do end. Agents of protocol 1 know no complete report,
    /// only starts and stops.
    /// </summary>
    public EquatableArray<ContainerSnapshot> Ended { get; init; }

    /// <summary>The same report, holding the objects of the one before for the containers that did not change: what was made of them is kept too.</summary>
    internal AgentReport Keeping(AgentReport? before)
    {
        if (before is null || before.Containers.IsEmpty || Containers.IsEmpty)
        {
            return this;
        }

        var known = new Dictionary<string, ContainerSnapshot>(before.Containers.Count, StringComparer.Ordinal);
        foreach (var container in before.Containers)
        {
            known[container.Id] = container;
        }

        var kept = new ContainerSnapshot[Containers.Count];
        for (var i = 0; i < kept.Length; i++)
        {
            kept[i] = known.TryGetValue(Containers[i].Id, out var same) && same == Containers[i] ? same : Containers[i];
        }

        return this with { Containers = new(kept) };
    }
}

/// <summary>What a running cloudflared says through its metrics endpoint.</summary>
/// <param name="TunnelId">The tunnel it serves.</param>
/// <param name="Version">cloudflared's version, such as <c>2026.8.0</c>; null when it does not say.</param>
/// <param name="ReadyConnections">How many connections to Cloudflare's edge are up.</param>
/// <param name="ConfigVersion">The version of the tunnel's configuration in force; null when it does not say.</param>
public sealed record ConnectorStatus(string TunnelId, string? Version, int ReadyConnections, long? ConfigVersion);
