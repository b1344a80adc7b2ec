using System.Collections.Concurrent;
using DockFlare.Core.Commands;

namespace DockFlare.Hosting.Agents;

/// <summary>Which tunnel each agent runs, as of the last pass. The reconciler writes it; the agents' endpoints read it.</summary>
internal sealed class AgentTunnels
{
    private readonly ConcurrentDictionary<AgentId, AssignedTunnel> tunnels = new();

    public AssignedTunnel? Find(AgentId agent) => tunnels.GetValueOrDefault(agent);

    public string? FindTunnelId(AgentId agent) => Find(agent)?.TunnelId;

    /// <summary>Null takes the tunnel away.</summary>
    public void Set(AgentId agent, AssignedTunnel? tunnel)
    {
        if (tunnel is null)
        {
            tunnels.TryRemove(agent, out _);
        }
        else
        {
            tunnels[agent] = tunnel;
        }
    }
}

/// <summary>The tunnel of an agent.</summary>
/// <param name="TunnelId">Its UUID.</param>
/// <param name="Name">Its name.</param>
/// <param name="Generation">The number of its desired spec.</param>
internal sealed record AssignedTunnel(string TunnelId, string Name, long Generation);
