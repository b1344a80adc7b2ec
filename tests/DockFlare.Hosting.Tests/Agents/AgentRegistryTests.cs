using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Commands;
using DockFlare.Hosting.Persistence;
using DockFlare.Hosting.Reconciliation;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace DockFlare.Hosting.Tests.Agents;

public sealed class AgentRegistryTests : IDisposable
{
    private static readonly AgentId Nas = new("nas");
    private readonly FakeTimeProvider time = new();
    private readonly ReconcileSignal signal = new();
    private readonly AgentPlaneOptions options = new();
    private readonly AgentRegistry registry;

    public AgentRegistryTests() => registry = new(new InMemoryStateStore(), signal, Options.Create(options), time);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => registry.Dispose();

    private ValueTask<AgentRecord> RegisterAsync(string id) => registry.RegisterAsync(new(id), new(id, "1", null, 3), Stop);

    [Fact]
    public async Task Agents_come_by_id_and_wait_for_an_operator()
    {
        await RegisterAsync("b");
        await RegisterAsync("a");
        await registry.EnrolAsync(new("b"), "tunnel", adopt: true, Stop);

        Assert.Equal(
            [("a", AgentStatus.Pending, null, false), ("b", AgentStatus.Enrolled, "tunnel", true)],
            registry.All.Select(static agent => (agent.Id.Value, agent.Status, agent.TunnelName, agent.AdoptTunnel)));
    }

    [Fact]
    public async Task Where_no_enrolment_is_required_an_agent_gets_a_tunnel_of_its_own()
    {
        options.EnrollmentRequired = false;

        var agent = await RegisterAsync("nas");

        Assert.Equal((AgentStatus.Enrolled, "dockflare-nas", false), (agent.Status, agent.TunnelName, agent.AdoptTunnel));
    }

    [Fact]
    public void A_report_wakes_the_loop_only_when_it_says_something_new()
    {
        var report = new AgentReport(Nas, IsComplete: true, 1, [new("a", "blog", new Dictionary<string, string> { ["dockflare.enable"] = "true" })]);
        var same = report with { Containers = [new("a", "blog", new Dictionary<string, string> { ["dockflare.enable"] = "true" })] };

        registry.Accept(report);
        var first = signal.TryTake();
        registry.Accept(same);
        var second = signal.TryTake();
        registry.Accept(report with { TunnelGeneration = 2 });

        Assert.Equal((true, false, true), (first, second, signal.TryTake()));
        Assert.Equal(2, registry.FindReport(Nas)!.TunnelGeneration);
    }

    [Fact]
    public void An_agent_is_offline_after_three_times_its_pace()
    {
        registry.Touch(Nas);
        time.Advance(TimeSpan.FromSeconds(90));
        var before = registry.IsOnline(Nas);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(before);
        Assert.False(registry.IsOnline(Nas));
        Assert.False(registry.IsOnline(new("stranger")));
    }

    [Fact]
    public async Task The_local_agent_is_enrolled_on_the_tunnel_that_is_set()
    {
        var queue = new InMemoryCommandQueue(new QueueOptions(), time, static () => 0.5);
        var tunnels = new AgentTunnels();
        var tokens = new TunnelTokens(null!, null!);
        tokens.Remember("t1", "secret");
        var link = new LocalMasterLink(registry, queue, tunnels, tokens, Options.Create(new MasterOptions { TunnelName = "home" }), Options.Create(options));

        var session = await link.RegisterAsync(new(null, "this host", "1"), Stop);
        tunnels.Set(session.Id, new("t1", "home", 1));
        await queue.EnqueueAsync(session.Id, new AgentCommand.EnsureTunnel(new("c1"), "t1", "home", 1), Stop);
        var lease = await link.LeaseAsync(TimeSpan.FromMinutes(1), TimeSpan.Zero, Stop);

        var agent = Assert.Single(registry.All);
        Assert.Equal(("local", "home", true, true, AgentStatus.Enrolled), (agent.Id.Value, agent.TunnelName, agent.AdoptTunnel, agent.IsLocal, agent.Status));
        Assert.Equal("secret", await link.GetTunnelTokenAsync("t1", Stop));
        await Assert.ThrowsAsync<MasterLinkException>(async () => await link.GetTunnelTokenAsync("t2", Stop));
        Assert.True(await link.AckAsync(lease!.Token, Stop));
    }
}
