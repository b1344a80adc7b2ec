using DockFlare.Core.Commands;
using DockFlare.Hosting.Persistence;
using DockFlare.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>A case with one emulator and as many masters as it likes.</summary>
public abstract class RigCase : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> rigs = [];

    private protected FakeCloudflare Cloudflare { get; private set; } = null!;

    private protected JumpingTime Time { get; } = new();

    private protected InMemoryStateStore Store { get; } = new();

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Cloudflare = await FakeCloudflare.StartAsync(new() { Time = Time }, Cancellation);

    public async ValueTask DisposeAsync()
    {
        foreach (var rig in rigs)
        {
            await rig.DisposeAsync();
        }

        await Cloudflare.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A master on the case's own store: a second one is the first one restarted.</summary>
    private protected MasterRig Master(InMemoryStateStore? store = null, string? owner = null, string? token = null, Action<DockFlare.Hosting.Cloudflare.CloudflareOptions>? cloud = null, Action<DockFlare.Hosting.MasterOptions>? master = null, DockFlare.Hosting.Cloudflare.ReserveCalls? reserve = null)
    {
        var rig = MasterRig.Create(Cloudflare, store ?? Store, Time, token, owner, cloud, master, reserve);
        rigs.Add(rig);
        return rig;
    }

    /// <summary>A master on the case's own store with the operators' API.</summary>
    private protected async Task<(MasterRig Rig, HttpClient Client)> MasterWithApiAsync()
    {
        var (rig, client) = await MasterRig.WithApiAsync(Cloudflare, Store, Time, Cancellation);
        rigs.Add(rig);
        return (rig, client);
    }

    /// <summary>A master with one enrolled agent, before its first pass.</summary>
    private protected async Task<(MasterRig Rig, AgentId Agent)> OneAgentAsync(InMemoryStateStore? store = null, string? owner = null, string? tunnel = null, bool adopt = false)
    {
        var rig = Master(store, owner);
        return (rig, await rig.EnrolAsync("nas", tunnel, adopt, Cancellation));
    }

    private protected FakeTunnel Tunnel(string name = "tunnel-nas") => Cloudflare.FindTunnelByName(name) ?? throw new InvalidOperationException($"There is no tunnel '{name}'.");

    private protected string? Rules(string name = "tunnel-nas") => Tunnel(name).Configuration.Json;
}
