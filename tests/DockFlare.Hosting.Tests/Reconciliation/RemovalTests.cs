using DockFlare.Core.Commands;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Commands;
using DockFlare.Hosting.Reconciliation;
using DockFlare.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>Agents that operators remove, and hosts that are compromised.</summary>
public sealed class RemovalTests : RigCase
{
    private async Task<(MasterRig Rig, AgentId Agent, FakeConnector Connector)> ServingAsync(int protocol = 3, string tunnel = "tunnel-nas", bool adopt = false)
    {
        Cloudflare.AddZone("example.com");
        var rig = Master();
        var nas = await rig.EnrolAsync("nas", tunnel, adopt, Cancellation);
        await rig.Agents.RegisterAsync(nas, new("nas", "1", "nas", protocol), Cancellation);
        rig.Report(nas, MasterRig.Wants("app.example.com"));
        await rig.ConvergeAsync();
        return (rig, nas, Cloudflare.Connect(Tunnel(tunnel).Token));
    }

    private static async Task<CommandLease?> LeaseAsync(MasterRig rig, AgentId agent) => await rig.Queue.LeaseAsync(agent, TimeSpan.FromMinutes(1), TimeSpan.Zero, Cancellation);

    private List<string> Exposed() => Cloudflare.Read(view => view.Exposures().Select(static exposure => exposure.Host).ToList());

    [Fact]
    public async Task A_removed_agents_routes_go_first_then_its_connector_then_its_tunnel_then_its_keys()
    {
        var (rig, nas, connector) = await ServingAsync();
        var key = await rig.Keys.RollAsync(nas, TimeSpan.FromDays(1), Cancellation);
        await rig.Queue.ClearAsync(nas, Cancellation);

        await rig.Agents.BeginRemovalAsync(nas, force: false, Cancellation);
        await rig.PassAsync();
        var (exposed, phase, tunnel) = (Exposed(), rig.Agents.Find(nas)!.Removal!.Phase, Cloudflare.FindTunnelByName("tunnel-nas"));
        var stop = await LeaseAsync(rig, nas);
        connector.Disconnect();
        await rig.Queue.AckAsync(stop!.Token, Cancellation);
        await rig.PassAsync();

        Assert.Empty(exposed);
        Assert.Equal(RemovalPhase.Stopping, phase);
        Assert.NotNull(tunnel);
        Assert.IsType<AgentCommand.StopTunnel>(stop.Command);
        Assert.Equal((RemovalPhase.Done, "stopped", null), (rig.Agents.Find(nas)!.Removal!.Phase, rig.Agents.Find(nas)!.Removal!.Connector, rig.Agents.Find(nas)!.Removal!.Note));
        Assert.Null(Cloudflare.FindTunnelByName("tunnel-nas"));
        Assert.Null(rig.Keys.FindValid(key));
        Assert.Empty(rig.Agents.All);
        Assert.Empty(await Store.ListAsync("tunnel", Cancellation));
    }

    [Fact]
    public async Task A_removal_goes_on_after_a_restart_and_its_record_goes_after_an_hour()
    {
        var (rig, nas, connector) = await ServingAsync();
        await rig.Queue.ClearAsync(nas, Cancellation);
        await rig.Agents.BeginRemovalAsync(nas, force: false, Cancellation);
        await rig.PassAsync();
        var restarted = Master();
        await restarted.PassAsync(resync: true);
        var stop = await LeaseAsync(restarted, nas);
        connector.Disconnect();
        await restarted.Queue.AckAsync(stop!.Token, Cancellation);
        await restarted.PassAsync();
        var phase = restarted.Agents.Find(nas)!.Removal!.Phase;

        Time.Advance(TimeSpan.FromHours(2));
        await restarted.PassAsync();

        Assert.Equal(RemovalPhase.Done, phase);
        Assert.Null(restarted.Agents.Find(nas));
    }

    [Fact]
    public async Task An_agent_of_protocol_2_is_prepared_and_then_finalized()
    {
        var (rig, nas, connector) = await ServingAsync(protocol: 2);
        var tunnelId = Tunnel().Id;
        await rig.Agents.BeginRemovalAsync(nas, force: false, Cancellation);
        await rig.PassAsync();
        var prepare = AgentDecommission.CommandOf(rig.Agents.Find(nas)!.Removal!);
        connector.Disconnect();
        await rig.Agents.RemovedToAsync(nas, static removal => removal.To(RemovalPhase.Deleting) with { Connector = "stopped" }, Cancellation);
        await rig.PassAsync();
        var finalize = AgentDecommission.CommandOf(rig.Agents.Find(nas)!.Removal!);

        Assert.Equal(("prepare_decommission", tunnelId, "stop", 1), (prepare!.Action, prepare.ExpectedTunnelId, prepare.RequestedSelfAction, prepare.ProtocolVersion));
        Assert.Equal(("finalize_decommission", prepare.OperationId), (finalize!.Action, finalize.OperationId));
        Assert.NotEqual(prepare.CommandId, finalize.CommandId);
        Assert.Null(Cloudflare.FindTunnelByName("tunnel-nas"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_agent_of_protocol_1_is_told_to_stop_its_tunnel_until_it_says_so_or_an_operator_forces_it(bool force)
    {
        var (rig, nas, connector) = await ServingAsync(protocol: 1);
        var wire = rig.Legacy;
        await wire.PollAsync(nas, Cancellation);
        await rig.Agents.BeginRemovalAsync(nas, force: false, Cancellation);
        await rig.PassAsync();
        async Task<string?> AskAsync() => (await wire.PollAsync(nas, Cancellation)).Commands!.SingleOrDefault()?.Action;

        List<string?> told = [await AskAsync()];
        await wire.TunnelReportedAsync(nas, new("nas", "running", null), Cancellation);
        await rig.PassAsync();
        told.Add(await AskAsync());
        var (waiting, tunnel) = (rig.Agents.Find(nas)!.Removal!.Phase, Cloudflare.FindTunnelByName("tunnel-nas"));
        if (force)
        {
            await rig.Agents.BeginRemovalAsync(nas, force: true, Cancellation);
        }
        else
        {
            connector.Disconnect();
            await wire.TunnelReportedAsync(nas, new(null, "stopped", null), Cancellation);
        }

        await rig.PassAsync();
        var removal = rig.Agents.Find(nas)!.Removal!;
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["stop_tunnel", "stop_tunnel"], told);
        Assert.Equal(RemovalPhase.Stopping, waiting);
        Assert.NotNull(tunnel);
        Assert.Equal((RemovalPhase.Done, force ? "cut off" : "stopped"), (removal.Phase, removal.Connector));
        Assert.False(connector.IsConnected);
        Assert.Null(Cloudflare.FindTunnelByName("tunnel-nas"));
        Assert.Null(await AskAsync());
    }

    [Fact]
    public async Task A_forced_removal_waits_for_nobody_and_cuts_the_connector_off()
    {
        var (rig, nas, connector) = await ServingAsync();
        var token = Tunnel().Token;

        await rig.Agents.BeginRemovalAsync(nas, force: true, Cancellation);
        await rig.PassAsync();

        Assert.Equal((RemovalPhase.Done, "cut off"), (rig.Agents.Find(nas)!.Removal!.Phase, rig.Agents.Find(nas)!.Removal!.Connector));
        Assert.False(connector.IsConnected);
        Assert.Null(Cloudflare.FindTunnelByName("tunnel-nas"));
        Assert.Throws<FakeConnectException>(() => Cloudflare.Connect(token));
    }

    [Fact]
    public async Task A_tunnel_that_others_share_or_that_was_adopted_or_has_foreign_rules_stays()
    {
        var foreign = Cloudflare.AddTunnel("mine");
        var (rig, nas, _) = await ServingAsync(tunnel: "mine", adopt: true);
        var left = await rig.EnrolAsync("left", "shared", cancellationToken: Cancellation);
        await rig.EnrolAsync("right", "shared", cancellationToken: Cancellation);
        var pi = await rig.EnrolAsync("pi", "touched", cancellationToken: Cancellation);
        await rig.ConvergeAsync();
        Cloudflare.PutConfiguration(Tunnel("touched").Id, """{"ingress":[{"hostname":"theirs.example.com","service":"http://theirs:80"},{"service":"http_status:404"}]}""");

        foreach (var agent in new[] { nas, left, pi })
        {
            await rig.Agents.BeginRemovalAsync(agent, force: true, Cancellation);
        }

        await rig.ConvergeAsync();
        string? Note(AgentId agent) => rig.Agents.Find(agent)!.Removal is { Phase: RemovalPhase.Done } done ? done.Note : "not done";

        Assert.Equal("The tunnel 'mine' stays: DockFlare did not create it.", Note(nas));
        Assert.Equal("The tunnel 'shared' stays: agent 'right' uses it too.", Note(left));
        Assert.Equal("The tunnel 'touched' stays: it has a rule for 'theirs.example.com' that DockFlare did not create.", Note(pi));
        Assert.Equal([foreign.Id, Tunnel("shared").Id, Tunnel("touched").Id], [Tunnel("mine").Id, Tunnel("shared").Id, Tunnel("touched").Id]);
    }

    [Fact]
    public async Task A_removal_is_never_held_back_by_the_brake()
    {
        Cloudflare.AddZone("example.com");
        var rig = Master(master: static options => options.Policy = PlanMode.UpsertOnly);
        var nas = await rig.EnrolAsync("nas", cancellationToken: Cancellation);
        rig.Report(nas, Enumerable.Range(0, 8).Select(static n => MasterRig.Wants($"app{n}.example.com")));
        await rig.ConvergeAsync();

        await rig.Agents.BeginRemovalAsync(nas, force: true, Cancellation);
        await rig.ConvergeAsync();

        Assert.Empty(Exposed());
        Assert.Empty(Cloudflare.Read(static view => view.Zones.SelectMany(zone => view.Records(zone.Id)).ToList()));
        Assert.Null(Cloudflare.FindTunnelByName("tunnel-nas"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_compromised_hosts_tunnel_gets_another_secret_and_its_routes_are_held_or_withdrawn(bool hold)
    {
        var (rig, nas, connector) = await ServingAsync();
        var token = Tunnel().Token;
        var generation = rig.Board.Current.Desired.Tunnels[0].Generation;

        await rig.Agents.CompromisedAsync(nas, hold, Cancellation);
        await rig.ConvergeAsync();

        Assert.False(connector.IsConnected);
        Assert.NotEqual(token, Tunnel().Token);
        Assert.Throws<FakeConnectException>(() => Cloudflare.Connect(token));
        Assert.Equal(hold ? ["app.example.com"] : [], Exposed());
        Assert.False(rig.Agents.Find(nas)!.IsCompromised);
        if (hold)
        {
            Assert.Equal(generation + 1, rig.Board.Current.Desired.Tunnels[0].Generation);
        }
    }

    [Fact]
    public async Task A_secret_that_could_not_be_rolled_is_rolled_when_Cloudflare_answers_again()
    {
        var (rig, nas, connector) = await ServingAsync();
        Cloudflare.Faults.Add("PATCH", "/accounts/*/cfd_tunnel/*", new FakeFault.Refuse(500, 1, "No."), times: 10);
        await rig.Agents.CompromisedAsync(nas, holdRoutes: true, Cancellation);
        var failed = await rig.PassAsync();
        Cloudflare.Faults.Clear();

        await rig.PassAsync();

        Assert.Contains("give the tunnel another secret", failed.Faults["tunnel-nas"], StringComparison.Ordinal);
        Assert.True(failed.MayPass);
        Assert.False(connector.IsConnected);
    }
}
