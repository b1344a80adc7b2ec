using DockFlare.Hosting.Reconciliation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DockFlare.Hosting.Agents;

/// <summary>The master's side of the agent protocol. Needs a queue, a store, a <c>ReconcileSignal</c> and <c>TunnelTokens</c> from elsewhere.</summary>
internal static class AgentPlaneServices
{
    public static IServiceCollection AddAgentPlane(this IServiceCollection services)
    {
        services.AddOptions<AgentPlaneOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<AgentRegistry>();
        services.TryAddSingleton<AgentKeys>();
        services.TryAddSingleton<AgentTunnels>();
        services.TryAddSingleton<MasterApiKey>();
        services.TryAddSingleton<LegacyCommands>();
        services.TryAddSingleton<AgentCommandPoll>();
        services.TryAddSingleton<AgentCalls>();
        services.TryAddSingleton<AgentEvents>();
        services.TryAddSingleton<AgentDecommission>();
        services.TryAddSingleton<AgentAdminCalls>();
        services.TryAddSingleton<AgentKeyCalls>();
        services.TryAddSingleton<DeployFiles>();
        services.TryAddSingleton<CallLimits>();
        services.TryAddSingleton<HistoryStore>();
        services.TryAddSingleton<OperatorNotes>();
        return services;
    }
}
