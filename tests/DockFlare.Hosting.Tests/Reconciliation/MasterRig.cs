using DockFlare.Core;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Api;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Commands;
using DockFlare.Hosting.Diagnostics;
using DockFlare.Hosting.Persistence;
using DockFlare.Hosting.Reconciliation;
using DockFlare.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DockFlare.Tests.Reconciliation;

/// <summary>A master as it ships, without its background services: passes run when a test says so, against an emulator.</summary>
internal sealed class MasterRig : IAsyncDisposable
{
    private readonly IServiceProvider services;
    private readonly IAsyncDisposable owner;

    private MasterRig(IServiceProvider services, IAsyncDisposable owner, FakeCloudflare cloudflare)
    {
        (this.services, this.owner) = (services, owner);
        Cloudflare = cloudflare;
    }

    public FakeCloudflare Cloudflare { get; }

    public Reconciler Reconciler => services.GetRequiredService<Reconciler>();

    public AgentRegistry Agents => services.GetRequiredService<AgentRegistry>();

    public ManualRuleCalls Manual => services.GetRequiredService<ManualRuleCalls>();

    public AgentKeys Keys => services.GetRequiredService<AgentKeys>();

    public LegacyCommands Legacy => services.GetRequiredService<LegacyCommands>();

    public ICommandQueue Queue => services.GetRequiredService<ICommandQueue>();

    public ReconcileSignal Signal => services.GetRequiredService<ReconcileSignal>();

    public PassBoard Board => services.GetRequiredService<PassBoard>();

    public CloudflareAccount Account => services.GetRequiredService<CloudflareAccount>();

    public CloudflareClient Client => services.GetRequiredService<CloudflareClient>();

    public AccessGroupStore Groups => services.GetRequiredService<AccessGroupStore>();

    public StartToLive StartToLive => services.GetServices<IHostedService>().OfType<StartToLive>().Single();

    public ReconcileLoop Loop => services.GetServices<IHostedService>().OfType<ReconcileLoop>().Single();

    public LogLines Log => services.GetRequiredService<LogLines>();

    /// <summary>A master of its own on an emulator and a store that may be shared or come from one before it.</summary>
    public static MasterRig Create(
        FakeCloudflare cloudflare, IStateStore? store = null, TimeProvider? time = null, string? token = null, string? owner = null, Action<CloudflareOptions>? cloud = null, Action<MasterOptions>? master = null, ReserveCalls? reserve = null)
    {
        var collection = new ServiceCollection();
        Add(collection, cloudflare, store, time, token, owner, cloud, master, reserve);
        var services = collection.BuildServiceProvider();
        return new(services, services, cloudflare);
    }

    /// <summary>A master with the operators' API on real Kestrel, and a client that holds its key.</summary>
    public static async Task<(MasterRig Rig, HttpClient Client)> WithApiAsync(FakeCloudflare cloudflare, IStateStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        Add(builder.Services, cloudflare, store, time, null, null, null, null);
        builder.Services.Remove(builder.Services.Single(service => service.ImplementationType == typeof(ReconcileLoop)));
        var app = builder.Build();
        app.Services.GetRequiredService<MasterApiKey>().Value = "the-master-api-key";
        app.MapDockFlareApi();
        await app.StartAsync(cancellationToken);
        var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single() + "/api/v2/") };
        client.DefaultRequestHeaders.Authorization = new("Bearer", app.Services.GetRequiredService<MasterApiKey>().Value);
        return (new(app.Services, app, cloudflare), client);
    }

    private static void Add(
        IServiceCollection collection, FakeCloudflare cloudflare, IStateStore? store, TimeProvider? time, string? token, string? owner, Action<CloudflareOptions>? cloud, Action<MasterOptions>? master, ReserveCalls? reserve = null)
    {
        var log = new LogLines();
        collection.AddSingleton(log);
        collection.AddLogging(logging => logging.ClearProviders().SetMinimumLevel(LogLevel.Information).AddProvider(log));
        collection.AddSingleton(time ?? TimeProvider.System);
        collection.AddSingleton(store ?? new InMemoryStateStore());
        if (reserve is not null)
        {
            collection.AddSingleton(reserve);
        }

        collection.AddDockFlare(new ConfigurationBuilder().Build()).AddMaster();
        collection.PostConfigure<CloudflareOptions>(options =>
        {
            (options.ApiBaseUrl, options.ApiToken, options.AccountId) = (cloudflare.BaseUrl, token ?? cloudflare.Token, cloudflare.AccountId);
            cloud?.Invoke(options);
        });
        collection.PostConfigure<MasterOptions>(options =>
        {
            options.OwnerId = owner ?? "rig-owner";
            master?.Invoke(options);
        });
    }

    /// <summary>Enrols an agent on a tunnel.</summary>
    public async Task<AgentId> EnrolAsync(string agent, string? tunnel = null, bool adopt = false, CancellationToken cancellationToken = default)
    {
        var id = new AgentId(agent);
        await Agents.LoadAsync(cancellationToken);
        await Agents.RegisterAsync(id, new(agent, "3.0.0", agent, Protocol: 3), cancellationToken);
        await Agents.EnrolAsync(id, tunnel ?? $"tunnel-{agent}", adopt, cancellationToken);
        return id;
    }

    /// <summary>An agent reports these containers and nothing else.</summary>
    public void Report(AgentId agent, params IEnumerable<ContainerSnapshot> containers) =>
        Agents.Accept(new(agent, IsComplete: true, TunnelGeneration: 0, containers.ToEquatableArray()));

    public Task<PassSnapshot> PassAsync(bool resync = false) => Reconciler.RunOnceAsync(resync, TestContext.Current.CancellationToken);

    /// <summary>Passes as the loop would run them, until there is nothing left to do.</summary>
    public async Task<PassSnapshot> ConvergeAsync(int most = 25)
    {
        var pass = await PassAsync(resync: true);
        for (var i = 1; i < most && !IsSettled(pass); i++)
        {
            if (pass.RetryAfter is { } wait && services.GetRequiredService<TimeProvider>() is JumpingTime time)
            {
                time.Advance(wait);
            }

            pass = await PassAsync(resync: i % 5 == 0);
        }

        return pass;
    }

    public RouteOutcome Route(string host) => Board.Current.Routes.Single(route => route.Host == host);

    public async ValueTask DisposeAsync() => await owner.DisposeAsync();

    /// <summary>A container that wants one host.</summary>
    public static ContainerSnapshot Wants(string host, string service = "http://app:8080", params (string Key, string Value)[] more) => new(
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(host)))[..12],
        host.Replace('*', '_'),
        new(new Dictionary<string, string>(more.ToDictionary(static label => $"dockflare.{label.Key}", static label => label.Value))
        {
            ["dockflare.enable"] = "true",
            ["dockflare.hostname"] = host,
            ["dockflare.service"] = service,
        }));

    private static bool IsSettled(PassSnapshot pass) =>
        pass.Trouble is null && pass.Faults.Count == 0 && pass.Remaining.Changes.All(static change => change is Change.DispatchCommand);
}

/// <summary>What was logged, as text.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly Lock gate = new();
    private readonly List<string> lines = [];

    public IReadOnlyList<string> All
    {
        get
        {
            lock (gate)
            {
                return [.. lines];
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (gate)
        {
            lines.Add($"{logLevel}: {formatter(state, exception)}");
        }
    }

    public void Dispose()
    {
    }
}
