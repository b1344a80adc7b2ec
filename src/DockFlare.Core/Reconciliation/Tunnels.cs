using DockFlare.Core.Commands;

namespace DockFlare.Core.Reconciliation;

/// <summary>The tunnels of a pass, by id and by agent.</summary>
internal sealed class Tunnels
{
    private static readonly List<TunnelAssignment> None = [];
    private readonly Dictionary<string, TunnelAssignment> byId = new(StringComparer.Ordinal);
    private readonly Dictionary<AgentId, List<TunnelAssignment>> byAgent = [];

    public Tunnels(EquatableArray<TunnelAssignment> tunnels)
    {
        InOrder = tunnels
            .OrderBy(static tunnel => tunnel.TunnelId, StringComparer.Ordinal)
            .ThenBy(static tunnel => tunnel.Agent)
            .ThenBy(static tunnel => tunnel.Generation)
            .ThenBy(static tunnel => tunnel.Name, StringComparer.Ordinal)
            .ToEquatableArray();
        foreach (var tunnel in InOrder)
        {
            byId.TryAdd(tunnel.TunnelId, tunnel);
            if (!byAgent.TryGetValue(tunnel.Agent, out var list))
            {
                byAgent.Add(tunnel.Agent, list = []);
            }

            list.Add(tunnel);
        }

        foreach (var list in byAgent.Values)
        {
            // One mostly, else the one whose name comes first is the agent's own where a label names none.
            list.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name) is not 0 and var byName ? byName : string.CompareOrdinal(left.TunnelId, right.TunnelId));
        }
    }

    /// <summary>By id, then by agent.</summary>
    public EquatableArray<TunnelAssignment> InOrder { get; }

    public TunnelAssignment? Find(string tunnelId) => byId.GetValueOrDefault(tunnelId);

    /// <summary>The tunnels an agent may use, its own first.</summary>
    public List<TunnelAssignment> Of(AgentId agent) => byAgent.GetValueOrDefault(agent, None);
}
