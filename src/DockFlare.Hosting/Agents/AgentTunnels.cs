using System.Collections.Concurrent;
using DockFlare.Core.Commands;

namespace DockFlare.Hosting.Agents;

/// <summary>Which tunnel each agent runs, as of the last pass. The reconciler writes it; the agents' endpoints read it.</summary>
internal sealed class AgentTunnels
{
    private readonly ConcurrentDictionary<AgentId, string> tunnels = new();

    public string? FindTunnelId(AgentId agent) => tunnels.GetValueOrDefault(agent);

    /// <summary>Null takes the tunnel away.</summary>
    public void Set(AgentId agent, string? tunnelId)
    {
        if (tunnelId is null)
        {
            tunnels.TryRemove(agent, out _);
        }
        else
        {
            tunnels[agent] = tunnelId;
        }
    }
}
