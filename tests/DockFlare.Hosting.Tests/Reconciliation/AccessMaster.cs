using System.Globalization;
using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Persistence;
using DockFlare.Hosting.Reconciliation;
using DockFlare.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DockFlare.Hosting.Tests.Reconciliation;

/// <summary>
/// A master with the emulated Cloudflare and one agent whose containers the test writes down. After every write the emulator is looked at:
/// a host that is to be guarded and is routed and published without an application that asks for a login is an exposure.
/// </summary>
internal sealed class AccessMaster : IAsyncDisposable
{
    public static readonly AgentId Nas = new("nas");
    private readonly ImpatientTime time = new();
    private IStateStore store;
    private readonly HashSet<string> guarded = new(StringComparer.Ordinal);
    private ServiceProvider services;

    private AccessMaster(FakeCloudflare cloudflare, IStateStore store)
    {
        (Cloudflare, this.store) = (cloudflare, store);
        services = Build();
    }

    public FakeCloudflare Cloudflare { get; }

    public string ZoneId { get; private set; } = "";

    /// <summary>What must never have been seen, in the order it was.</summary>
    public List<string> Exposures { get; } = [];

    public AccessGroupStore Groups => services.GetRequiredService<AccessGroupStore>();

    public Confirmations Confirmations => services.GetRequiredService<Reconciler>().Confirmations;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<AccessMaster> StartAsync(FakePlan plan = FakePlan.Pro, IStateStore? store = null)
    {
        var cloudflare = await FakeCloudflare.StartAsync(cancellationToken: Stop);
        var master = new AccessMaster(cloudflare, store ?? new InMemoryStateStore());
        master.ZoneId = cloudflare.AddZone("example.com", plan);
        cloudflare.Observe(master.Look);
        await master.EnrolAsync();
        await master.PutGroupAsync("family", "mum@example.com");
        await master.PutGroupAsync("staff", "boss@example.com");
        return master;
    }

    /// <summary>From now on these hosts are to be guarded whenever they can be reached.</summary>
    public void Guard(params string[] hosts) => guarded.UnionWith(hosts);

    public void Advance(TimeSpan by) => time.Advance(by);

    public void Unguard(params string[] hosts) => guarded.ExceptWith(hosts);

    public async Task PutGroupAsync(string id, params string[] emails) => Assert.Null(await Groups.PutAsync(
        new(id) { Policies = [new(AccessDecision.Allow) { Include = emails.Select(static email => new AccessSelector(AccessSelectorKind.Email, email)).ToEquatableArray() }] }, Stop));

    /// <summary>The agent reports containers with these labels, written as <c>name: label=value label=value</c>, and a pass is run.</summary>
    public Task<PassSnapshot> RunAsync(params string[] containers)
    {
        Report(containers);
        return PassAsync();
    }

    /// <summary>The agent reports containers, and nothing else happens.</summary>
    public void Report(params string[] containers) =>
        services.GetRequiredService<AgentRegistry>().Accept(new(Nas, IsComplete: true, TunnelGeneration: 1, containers.Select(Container).ToEquatableArray()));

    public Task<PassSnapshot> PassAsync(bool resync = false) => services.GetRequiredService<Reconciler>().RunOnceAsync(resync, Stop);

    /// <summary>The process ends and starts anew with the same state.</summary>
    public async Task RestartAsync()
    {
        await services.DisposeAsync();
        services = Build();
        await EnrolAsync();
    }

    /// <summary>The process ends and starts anew without the state; its operator names the tunnel.</summary>
    public async Task LoseDataAsync()
    {
        await services.DisposeAsync();
        store = new InMemoryStateStore();
        services = Build();
        await EnrolAsync(adopt: true);
        await PutGroupAsync("family", "mum@example.com");
        await PutGroupAsync("staff", "boss@example.com");
    }

    /// <summary>The hosts that can be reached, each with the application that covers it.</summary>
    public string[] Reachable() => Cloudflare.Read(static view => view.Exposures().Select(static exposure => $"{exposure.Host}{exposure.Path} {exposure.App?.Name ?? "public"}").ToArray());

    public string[] Apps() => Cloudflare.Read(static view => view.AccessApps.Where(static app => app.Type == "self_hosted")
        .Select(static app => $"{app.Name}: {string.Join(' ', app.Policies.Select(static policy => policy.Name))}").ToArray());

    public string[] Policies() => Cloudflare.Read(view => view.AccessPolicies(Cloudflare.AccountId).Select(static policy => policy.Name).ToArray());

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        await Cloudflare.DisposeAsync();
    }

    private ServiceProvider Build()
    {
        var collection = new ServiceCollection().AddLogging().AddSingleton(store).AddSingleton<TimeProvider>(time);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["DockFlare:Cloudflare:ApiToken"] = Cloudflare.Token,
            ["DockFlare:Cloudflare:ApiBaseUrl"] = Cloudflare.BaseUrl.ToString(),
            ["DockFlare:Cloudflare:AccountEmail"] = "me@example.com",
            ["DockFlare:OwnerId"] = "tests",
            ["DockFlare:GracePeriod"] = "0s",
        }).Build();
        collection.AddDockFlare(configuration.GetSection("DockFlare")).AddMaster();
        collection.PostConfigure<DockFlare.Hosting.Cloudflare.CloudflareOptions>(static options => options.CallTimeout = TimeSpan.FromMilliseconds(400));
        return collection.BuildServiceProvider();
    }

    private async Task EnrolAsync(bool adopt = false)
    {
        var registry = services.GetRequiredService<AgentRegistry>();
        await registry.LoadAsync(Stop);
        await registry.RegisterAsync(Nas, new("nas", "1", null, 3), Stop);
        await registry.EnrolAsync(Nas, "nas", adopt, Stop);
        await Groups.LoadAsync(Stop);
    }

    private static ContainerSnapshot Container(string text)
    {
        var (name, labels) = text.Split(": ", 2) is [var first, var rest] ? (first, rest) : throw new ArgumentException($"'{text}' is no container.", nameof(text));
        var map = new Dictionary<string, string> { ["dockflare.enable"] = "true", ["dockflare.service"] = $"http://{name}:80" };
        foreach (var label in labels.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = label.IndexOf('=', StringComparison.Ordinal);
            map["dockflare." + label[..at]] = label[(at + 1)..];
        }

        return new(name, name, map);
    }

    private void Look(FakeView view)
    {
        foreach (var exposure in view.Exposures())
        {
            if (guarded.Contains(exposure.Host) && (exposure.App is null || exposure.App.Policies.IsEmpty || exposure.App.Policies.Any(static policy => policy.Decision == "bypass")))
            {
                Exposures.Add(string.Create(CultureInfo.InvariantCulture, $"{exposure.Host} reaches {exposure.Service} under {exposure.App?.Name ?? "nothing"}"));
            }
        }
    }
}
