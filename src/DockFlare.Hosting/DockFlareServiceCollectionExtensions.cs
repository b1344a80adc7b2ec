using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Api;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Cloudflared;
using DockFlare.Hosting.Commands;
using DockFlare.Hosting.Configuration;
using DockFlare.Hosting.Diagnostics;
using DockFlare.Hosting.Docker;
using DockFlare.Hosting.Persistence;
using DockFlare.Hosting.Reconciliation;
using DockFlare.Hosting.Redis;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting;

/// <summary>Adds DockFlare to a host.</summary>
public static class DockFlareServiceCollectionExtensions
{
    /// <summary>Reads and checks the settings. A wrong value stops the host at its start, with all faults listed.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="section">Where the settings are, by convention the section <c>DockFlare</c>; see <see cref="DockFlareEnvironment"/>.</param>
    public static IDockFlareBuilder AddDockFlare(this IServiceCollection services, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(section);

        var values = new SettingValues(section);
        var faults = new SettingFaults();
        faults.AddFrom(section);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(values);
        services.AddSingleton(faults);
        services.AddSingleton<IHostedService>(provider => new UnknownSettings(section, provider.GetRequiredService<ILogger<UnknownSettings>>()));
        services.AddSingleton<IValidateOptions<DockFlareCheck>, DockFlareValidation>();
        services.AddOptions<DockFlareCheck>().ValidateOnStart();
        return new DockFlareBuilder(services, section, values, faults);
    }

    /// <summary>Adds the master: state, reconcile loop and the agents' side of the wire. State and queue are in memory until <c>UseX</c> says otherwise.</summary>
    public static IDockFlareBuilder AddMaster(this IDockFlareBuilder builder)
    {
        var (services, values, faults) = Parts(builder);
        services.Configure<DockFlareCheck>(static check => check.HasMaster = true);
        services.AddOptions<MasterOptions>().Configure(options => MasterSettings.Fill(options, values, faults));
        services.AddOptions<CloudflareOptions>().Configure(options => MasterSettings.Fill(options, values));
        services.AddOptions<AgentPlaneOptions>().Configure<IServiceProvider>((options, provider) =>
        {
            MasterSettings.Fill(options, values, faults);
            options.TemplatesPath = provider.GetService<StateFolder>() is { } folder ? Path.Combine(folder.Path, "templates") : null;
        });
        services.TryAddSingleton(MasterSettings.Labels(values, faults));

        services.AddSingleton<IStartupFilter>(new ForwardedHeaders(TrustedProxies.Read(values.Text("TrustedProxies"), faults)));
        services.TryAddSingleton<IStateStore, InMemoryStateStore>();
        services.TryAddSingleton(new QueueOptions());
        services.TryAddSingleton<ICommandQueue>(static provider =>
            new InMemoryCommandQueue(provider.GetRequiredService<QueueOptions>(), provider.GetRequiredService<TimeProvider>(), Random.Shared.NextDouble));

        services.TryAddSingleton<ReconcileSignal>();
        services.TryAddSingleton<PassBoard>();
        services.TryAddSingleton<TunnelStore>();
        services.TryAddSingleton<ManualRouteStore>();
        services.TryAddSingleton<ManualRuleCalls>();
        services.TryAddSingleton<OwnerMark>();
        services.TryAddSingleton<RenderTemplate>(static _ => TextTemplate.Render);
        services.AddAgentPlane();
        services.TryAddSingleton<AgentView>();
        services.AddSingleton<IHostedService>(provider =>
            new MasterKeyKeeper(provider.GetRequiredService<MasterApiKey>(), values.Text("ApiKey"), provider.GetService<StateFolder>()?.Path, provider.GetRequiredService<ILogger<MasterKeyKeeper>>()));

        services.AddMetrics();
        services.TryAddSingleton<DockFlareMetrics>();
        services.TryAddSingleton<PrometheusExporter>();
        services.TryAddSingleton<CloudflareClient>();
        services.AddSingleton<IReadinessPart, CloudflareReadiness>();
        services.TryAddSingleton<CloudflareAccount>();
        services.TryAddSingleton<CloudflareObserver>();
        services.TryAddSingleton<CloudflareApplier>();
        services.TryAddSingleton<CloudflareAccessClient>();
        services.TryAddSingleton<AccessObserver>();
        services.TryAddSingleton<AccessApplier>();
        services.TryAddSingleton<AccessStore>();
        services.TryAddSingleton<AccessGroupStore>();
        services.TryAddSingleton<ZoneDefaultStore>();
        services.TryAddSingleton<AccessCalls>();
        services.TryAddSingleton<ServiceTokens>();
        services.TryAddSingleton<ServiceTokenCalls>();
        services.TryAddSingleton<AccessView>();
        services.TryAddSingleton<CloudflareSide>();
        services.TryAddSingleton<PlanApplier>();
        services.TryAddSingleton<ExistingReader>();
        services.TryAddSingleton<PassHistory>();
        services.TryAddSingleton<TunnelEnds>();
        services.TryAddSingleton<AgentRemovals>();
        services.TryAddSingleton<TunnelTokens>();
        services.TryAddSingleton<PassReader>();
        services.TryAddSingleton<PassOutcome>();
        services.TryAddSingleton<StandingAdoptions>();
        services.TryAddSingleton<Reconciler>();
        services.AddMetrics();
        services.AddHostedService<StartToLive>();
        services.AddHostedService<ReconcileLoop>();

        services.TryAddSingleton(static _ => new LocalMaster(static provider => ActivatorUtilities.CreateInstance<LocalMasterLink>(provider)));
        return builder;
    }

    /// <summary>
    /// Adds an agent: it watches the Docker Engine and runs the connector. It talks to a master in the same host if there is one,
    /// else over HTTP to <c>DOCKFLARE_MASTER_URL</c>.
    /// </summary>
    public static IDockFlareBuilder AddAgent(this IDockFlareBuilder builder)
    {
        var (services, values, faults) = Parts(builder);
        services.Configure<DockFlareCheck>(static check => check.HasAgent = true);
        services.AddOptions<AgentOptions>().Configure(options => AgentSettings.Fill(options, values, builder.Configuration));
        services.AddOptions<DockerOptions>().Configure<IServiceProvider>((options, provider) =>
        {
            AgentSettings.Fill(options, values, faults);
            if (provider.GetService<LocalMaster>() is not null)
            {
                // An agent may share the master's engine, and two connectors need two names.
                options.ConnectorName = "dockflare-master-tunnel";
            }
        });

        services.TryAddSingleton<DockerConnection>();
        services.TryAddSingleton<IContainerSource, DockerContainerSource>();
        services.AddSingleton<IReadinessPart>(static provider => new DockerReadiness(provider.GetRequiredService<IContainerSource>()));
        services.TryAddSingleton(static _ => new CloudflaredMetrics(new HttpClient { Timeout = TimeSpan.FromSeconds(5) }));
        services.TryAddSingleton<ReadConnector>(static provider => provider.GetRequiredService<CloudflaredMetrics>().ReadAsync);
        services.AddOptions<CloudflaredOptions>().Configure(options => AgentSettings.Fill(options, values));
        services.TryAddSingleton<ITunnelRunner>(static provider => provider.GetRequiredService<IOptions<CloudflaredOptions>>().Value.Mode switch
        {
            CloudflaredMode.Process => ActivatorUtilities.CreateInstance<ProcessTunnelRunner>(provider),
            CloudflaredMode.External => ActivatorUtilities.CreateInstance<ExternalTunnelRunner>(provider),
            _ => ActivatorUtilities.CreateInstance<DockerTunnelRunner>(provider),
        });
        services.TryAddSingleton<OriginNetworks>(static provider => ActivatorUtilities.CreateInstance<OriginNetworks>(provider, PlaceOf(provider)));
        services.TryAddSingleton<IMasterLink>(static provider =>
            provider.GetService<LocalMaster>()?.Link(provider) ?? ActivatorUtilities.CreateInstance<HttpMasterLink>(provider));
        services.AddHttpMasterLink();
        services.AddAgentRuntime();
        return builder;
    }

    /// <summary>Adds the agent of the master's own Docker host, unless <c>DOCKFLARE_LOCAL_AGENT</c> is false.</summary>
    public static IDockFlareBuilder AddLocalAgent(this IDockFlareBuilder builder) =>
        Parts(builder).Values.Boolean("LocalAgent", fallback: true) ? builder.AddAgent() : builder;

    /// <summary>Shows the routes in the terminal: a table first, then each change as one line.</summary>
    /// <param name="builder">The builder of a master.</param>
    /// <param name="headline">What is said first.</param>
    /// <param name="atAddress">What is said of each address the host listens on, with <c>{address}</c> in its place.</param>
    /// <param name="once">Print routes and plan, and end the host.</param>
    public static IDockFlareBuilder AddRouteConsole(this IDockFlareBuilder builder, string headline, string atAddress, bool once = false)
    {
        var services = Parts(builder).Services;
        services.AddSingleton(new RouteConsoleOptions { Headline = headline, AtAddress = atAddress, Once = once });
        services.AddHostedService<RouteConsole>();
        return builder;
    }

    /// <summary>Keeps the state in SQLite.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="dataPath">The folder of the database; null for <c>DOCKFLARE_DATA</c>, by default <c>./data</c>. Created 0700.</param>
    public static IDockFlareBuilder UseSqliteState(this IDockFlareBuilder builder, string? dataPath = null)
    {
        var (services, values, _) = Parts(builder);
        var folder = dataPath ?? values.Text("DataPath") ?? AgentSettings.DefaultDataPath;
        services.Replace(ServiceDescriptor.Singleton(new StateFolder(folder)));
        services.Replace(ServiceDescriptor.Singleton<IStateStore>(_ => SqliteStateStore.Open(folder)));
        return builder;
    }

    /// <summary>Queues commands in Redis, so that several machines share them.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="url">As <c>REDIS_URL</c> takes it; null for that setting. Nothing changes when both are absent.</param>
    public static IDockFlareBuilder UseRedis(this IDockFlareBuilder builder, string? url = null)
    {
        var (services, values, faults) = Parts(builder);
        if ((url ?? values.Text("Redis:Url")) is not { } address)
        {
            return builder;
        }

        if (faults.Parse<RedisOptions?>(address, text => RedisOptions.Parse(text, values.Text("Redis:Database")), null) is { } options)
        {
            services.AddSingleton(options);
            services.TryAddSingleton<RedisConnection>();
            services.TryAddSingleton(static provider => new RedisCallWindow(provider.GetRequiredService<RedisConnection>()));
            services.TryAddSingleton(static provider => ReserveFrom(provider.GetRequiredService<RedisCallWindow>(), provider.GetRequiredService<IOptions<CloudflareOptions>>().Value.ApiToken));
            services.AddSingleton<IReadinessPart>(static provider => new RedisReadiness(provider.GetRequiredService<RedisConnection>()));
            services.Replace(ServiceDescriptor.Singleton<ICommandQueue>(static provider =>
                new RedisCommandQueue(provider.GetRequiredService<RedisConnection>(), provider.GetRequiredService<QueueOptions>(), provider.GetRequiredService<TimeProvider>(), Random.Shared.NextDouble)));
        }

        return builder;
    }

    /// <summary>Takes the containers from elsewhere than a Docker Engine.</summary>
    public static IDockFlareBuilder UseContainerSource<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(this IDockFlareBuilder builder)
        where T : class, IContainerSource
    {
        Parts(builder).Services.Replace(ServiceDescriptor.Singleton<IContainerSource, T>());
        return builder;
    }

    /// <summary>Runs connectors otherwise than DockFlare does.</summary>
    public static IDockFlareBuilder UseTunnelRunner<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(this IDockFlareBuilder builder)
        where T : class, ITunnelRunner
    {
        Parts(builder).Services.Replace(ServiceDescriptor.Singleton<ITunnelRunner, T>());
        return builder;
    }

    // Who shares a token shares its calls; a hash names it.
    internal static ReserveCalls ReserveFrom(RedisCallWindow window, string? token)
    {
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token ?? "")))[..16];
        return async (request, cancellationToken) =>
            await window.ReserveAsync(key, request.Wanted, request.Limit, request.Window, request.Validity, (request.Last, request.LastUsed), cancellationToken).ConfigureAwait(false) is { } answer
                ? new CallGrant(answer.Id, answer.Calls, answer.Wait)
                : null;
    }

    private static object[] PlaceOf(IServiceProvider provider) =>
        provider.GetRequiredService<ITunnelRunner>() is DockerTunnelRunner runner && provider.GetRequiredService<IOptions<DockerOptions>>().Value is var docker
            ? [new ConnectorPlace(docker.ConnectorNetwork, docker.ConnectorAttach ? runner.AttachAsync : null)]
            : [];

    private static (IServiceCollection Services, SettingValues Values, SettingFaults Faults) Parts(IDockFlareBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder is DockFlareBuilder own
            ? (own.Services, own.Values, own.Faults)
            : throw new ArgumentException("Take the builder that AddDockFlare answers.", nameof(builder));
    }
}

/// <summary>The way to the master of the same host; its absence means that the master is elsewhere. Keeps the master out of an agent's binary.</summary>
internal sealed record LocalMaster(Func<IServiceProvider, IMasterLink> Link);

/// <summary>The folder the master keeps its state in; its absence means that nothing is kept.</summary>
internal sealed record StateFolder(string Path);
