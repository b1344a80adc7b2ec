using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Agents;

/// <summary>The agent itself, over <c>IContainerSource</c>, <c>ITunnelRunner</c> and <c>IMasterLink</c> from elsewhere.</summary>
internal static class AgentRuntimeServices
{
    public static IServiceCollection AddAgentRuntime(this IServiceCollection services)
    {
        services.AddOptions<AgentOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<AgentFiles>();
        services.TryAddSingleton<TunnelDuty>();
        services.TryAddSingleton<AgentConnection>();
        services.TryAddSingleton<TunnelWatch>();
        services.TryAddSingleton<OriginNetworks>();
        services.AddHostedService<AgentFilesKeeper>();
        services.AddHostedService(static provider => provider.GetRequiredService<TunnelWatch>());
        services.AddHostedService(static provider => provider.GetRequiredService<OriginNetworks>());
        services.AddHostedService<ContainerReporter>();
        services.AddHostedService<CommandPump>();
        services.AddHostedService(static provider => provider.GetRequiredService<AgentConnection>());
        return services;
    }

    /// <summary>The way to a master over HTTP.</summary>
    public static IServiceCollection AddHttpMasterLink(this IServiceCollection services)
    {
        services.TryAddSingleton(static provider => new MasterHttp(
            new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(10) })
            {
                Timeout = Timeout.InfiniteTimeSpan,
                MaxResponseContentBufferSize = 1024 * 1024,
            },
            provider.GetRequiredService<IOptions<AgentOptions>>()));
        services.TryAddSingleton<IMasterLink, HttpMasterLink>();
        return services;
    }
}
