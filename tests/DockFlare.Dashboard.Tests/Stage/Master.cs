using System.Net;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Dashboard.Login;
using DockFlare.Hosting;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Reconciliation;
using DockFlare.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace DockFlare.Dashboard.Tests.Stage;

/// <summary>A whole master with its dashboard on real Kestrel: an emulated Cloudflare, a scripted Docker host, a simulated connector, state in a folder of its own.</summary>
internal sealed class Master : IAsyncDisposable
{
    public const string AdminPassword = "canary-admin-password";
    public const string ApiKey = "canary-master-api-key";
    private readonly WebApplication app;
    private readonly FakeCloudflare cloudflare;
    private readonly bool isKept;

    private Master(WebApplication app, FakeCloudflare cloudflare, string folder, bool isKept, LogLines log, ScriptedContainerSource source)
    {
        (this.app, this.cloudflare, Folder, this.isKept, Log, Source) = (app, cloudflare, folder, isKept, log, source);
        Address = new(app.Urls.Single().TrimEnd('/') + "/");
    }

    public Uri Address { get; }

    public string Folder { get; }

    public LogLines Log { get; }

    public ScriptedContainerSource Source { get; }

    /// <summary>The token that the emulated Cloudflare takes. Secret.</summary>
    public string CloudflareToken => cloudflare.Token;

    /// <summary>The paths that the master asked of the emulated Cloudflare.</summary>
    public IEnumerable<string> CloudflareCalls => cloudflare.Log.Calls.Select(static call => call.Path);

    public FakeAccessTeam Team => cloudflare.Team;

    /// <summary>The master's clock.</summary>
    public required Clock Clock { get; init; }

    /// <summary>The lines of the history, the newest first.</summary>
    public async Task<IReadOnlyList<HistoryEntry>> HistoryAsync() =>
        [.. (await app.Services.GetRequiredService<HistoryStore>().ReadAsync(new(1000), TestContext.Current.CancellationToken)).Lines.Select(static line => line.Entry)];

    /// <summary>Waits until the history has what is waited for.</summary>
    public async Task UntilHistoryAsync(Func<IReadOnlyList<HistoryEntry>, bool> isSo)
    {
        for (var i = 0; i < 1000 && !isSo(await HistoryAsync()); i++)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    public Users Users => app.Services.GetRequiredService<Users>();

    public Sessions Sessions => app.Services.GetRequiredService<Sessions>();

    public AgentKeys Keys => app.Services.GetRequiredService<AgentKeys>();

    public AgentRegistry Agents => app.Services.GetRequiredService<AgentRegistry>();

    public PassBoard Board => app.Services.GetRequiredService<PassBoard>();

    public IReadOnlyList<RouteEndpoint> Endpoints => [.. app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];

    /// <summary>Starts a master. A folder that is given stays when it ends.</summary>
    public static async Task<Master> StartAsync(IEnumerable<ContainerSnapshot>? containers = null, string? folder = null, params (string Key, string? Value)[] settings)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var cloudflare = await FakeCloudflare.StartAsync(cancellationToken: cancellationToken);
        cloudflare.AddZone("example.com", FakePlan.Business);
        var isKept = folder is not null;
        folder ??= Directory.CreateTempSubdirectory("dockflare-dashboard-").FullName;
        var values = new Dictionary<string, string?>
        {
            ["DockFlare:Cloudflare:ApiBaseUrl"] = cloudflare.BaseUrl.AbsoluteUri,
            ["DockFlare:Cloudflare:ApiToken"] = cloudflare.Token,
            ["DockFlare:DataPath"] = folder,
            ["DockFlare:AdminPassword"] = AdminPassword,
            ["DockFlare:ApiKey"] = ApiKey,
            ["DockFlare:Docker:Host"] = "unix:///nowhere/docker.sock",
        };
        foreach (var (key, value) in settings)
        {
            values["DockFlare:" + key] = value?.Replace("{team}", cloudflare.Team.Address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);
        }

        var clock = new Clock();
        var log = new LogLines();
        var source = new ScriptedContainerSource();
        source.Set([.. containers ?? Containers.Usual]);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(values);
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(cloudflare);
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddDockFlare(builder.Configuration.GetSection("DockFlare"))
            .AddMaster().UseSqliteState().UseTunnelRunner<SimulatedTunnelRunner>().AddLocalAgent().AddDockFlareDashboard();
        builder.Services.PostConfigure<AgentOptions>(options => options.TunnelCheckInterval = TimeSpan.FromMilliseconds(200));
        builder.Services.Replace(ServiceDescriptor.Singleton<IContainerSource>(source));
        var app = builder.Build();
        app.MapDockFlareAgents();
        app.MapDockFlareApi();
        app.MapDockFlareDashboard();
        await app.StartAsync(cancellationToken);
        await app.Services.GetRequiredService<AdminKeeper>().Ready.WaitAsync(cancellationToken);
        return new(app, cloudflare, folder, isKept, log, source) { Clock = clock };
    }

    /// <summary>Waits until a pass shows what is waited for.</summary>
    public async Task<PassSnapshot> UntilAsync(Func<PassSnapshot, bool> isSo)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(120));
        await foreach (var pass in Board.WatchAsync(patience.Token))
        {
            if (isSo(pass))
            {
                return pass;
            }
        }

        throw new InvalidOperationException("The passes have ended.");
    }

    /// <summary>Waits until every container has become what it can become.</summary>
    public Task<PassSnapshot> UntilSettledAsync() => UntilAsync(static pass => pass.Routes.Count > 0 && pass.Routes.All(static route => route.State is not RouteState.Pending));

    public async Task AddUserAsync(string name, Role role) =>
        Assert.True(await Users.CreateAsync(new() { Name = name, Role = role, Password = PasswordHash.Make(PasswordOf(name)) }, TestContext.Current.CancellationToken));

    public static string PasswordOf(string name) => name == Login.Users.Admin ? AdminPassword : "canary-password-of-" + name;

    public Browser Visitor() => new(Address);

    public async Task<Browser> LogInAsync(string name)
    {
        var browser = Visitor();
        var answer = await browser.LogInAsync(name, PasswordOf(name));
        Assert.Equal((HttpStatusCode.SeeOther, "/"), (answer.StatusCode, answer.Headers.Location?.OriginalString));
        return browser;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        await cloudflare.DisposeAsync();
        if (!isKept)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
