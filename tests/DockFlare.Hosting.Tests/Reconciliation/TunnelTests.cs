using DockFlare.Core;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>Making tunnels, taking them up and losing them.</summary>
public sealed class TunnelTests : RigCase
{
    [Fact]
    public async Task A_name_that_is_taken_is_left_alone_and_the_message_names_the_setting()
    {
        Cloudflare.AddZone("example.com");
        var foreign = Cloudflare.AddTunnel("tunnel-nas");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com"));

        var pass = await rig.PassAsync(resync: true);

        Assert.Contains("Set TUNNEL_NAME", pass.Faults["tunnel-nas"], StringComparison.Ordinal);
        Assert.Equal(0, Cloudflare.Configuration(foreign.Id).Version);
    }

    [Fact]
    public async Task One_tunnel_that_cannot_be_made_does_not_stop_the_others()
    {
        Cloudflare.AddZone("example.com");
        Cloudflare.AddTunnel("taken");
        var rig = Master();
        var bad = await rig.EnrolAsync("bad", "taken", cancellationToken: Cancellation);
        var good = await rig.EnrolAsync("good", "free", cancellationToken: Cancellation);
        rig.Report(bad, MasterRig.Wants("bad.example.com"));
        rig.Report(good, MasterRig.Wants("good.example.com"));

        await rig.PassAsync(resync: true);

        Assert.Equal(["good.example.com"], Cloudflare.Read(view => view.Exposures().Select(exposure => exposure.Host).ToList()));
        Cloudflare.Log.Reset();
        await rig.PassAsync();
        Assert.Equal(0, Cloudflare.Log.Total);
    }

    [Fact]
    public async Task A_tunnel_that_the_operator_named_is_adopted()
    {
        Cloudflare.AddZone("example.com");
        var there = Cloudflare.AddTunnel("mine");
        var (rig, nas) = await OneAgentAsync(tunnel: "mine", adopt: true);
        rig.Report(nas, MasterRig.Wants("app.example.com"));

        await rig.PassAsync(resync: true);

        Assert.Equal(there.Id, Assert.Single(Cloudflare.Read(view => view.Exposures())).TunnelId);
    }

    [Fact]
    public async Task A_tunnel_with_a_local_configuration_is_refused_with_the_reason()
    {
        Cloudflare.AddZone("example.com");
        Cloudflare.AddTunnel("mine", configSource: "local");
        var (rig, nas) = await OneAgentAsync(tunnel: "mine", adopt: true);
        rig.Report(nas, MasterRig.Wants("app.example.com"));

        var pass = await rig.PassAsync(resync: true);

        Assert.Contains("config_src \"local\"", pass.Faults["mine"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tunnel_deleted_at_cloudflare_is_made_anew_and_its_records_follow()
    {
        var zone = Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com"), MasterRig.Wants("two.example.com"));
        await rig.PassAsync(resync: true);
        var old = Tunnel();
        Cloudflare.Edit("DELETE", $"/accounts/{Cloudflare.AccountId}/cfd_tunnel/{old.Id}");

        await rig.PassAsync(resync: true);

        Assert.NotEqual(old.Id, Tunnel().Id);
        Assert.Equal(2, Cloudflare.Read(view => view.Exposures().Count));
        Assert.All(Cloudflare.Records(zone), record => Assert.StartsWith(Tunnel().Id, record.Content, StringComparison.Ordinal));
        Assert.Equal(2, Cloudflare.Records(zone).Count);
    }

    [Fact]
    public async Task An_agent_that_is_offline_keeps_its_routes_when_its_tunnel_is_made_anew()
    {
        Cloudflare.AddZone("example.com");
        var (first, nas) = await OneAgentAsync();
        first.Report(nas, MasterRig.Wants("app.example.com"));
        await first.PassAsync(resync: true);
        Cloudflare.Edit("DELETE", $"/accounts/{Cloudflare.AccountId}/cfd_tunnel/{Tunnel().Id}");

        await Master().PassAsync(resync: true);

        Assert.Equal(Tunnel().Id, Assert.Single(Cloudflare.Read(view => view.Exposures())).TunnelId);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task A_creation_whose_answer_was_lost_makes_no_twin(bool wasApplied, bool restarts)
    {
        Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com"));
        Cloudflare.Faults.Add("POST", "/accounts/*/cfd_tunnel", new FakeFault.Drop(wasApplied));

        await rig.PassAsync(resync: true);
        if (restarts)
        {
            rig = Master();
            rig.Report(nas, MasterRig.Wants("app.example.com"));
        }

        await rig.PassAsync(resync: true);

        Assert.Single(Cloudflare.Read(view => view.Tunnels));
        Assert.Single(Cloudflare.Read(view => view.Exposures()));
        Assert.Empty(rig.Board.Current.Faults);
    }

    [Fact]
    public async Task A_tunnel_of_somebody_else_is_not_taken_for_the_one_whose_answer_was_lost()
    {
        Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com"));
        Cloudflare.Faults.Add("POST", "/accounts/*/cfd_tunnel", new FakeFault.Drop(AfterApplying: false));
        await rig.PassAsync(resync: true);
        Cloudflare.AddTunnel("tunnel-nas");

        var pass = await rig.PassAsync(resync: true);

        Assert.Contains("Set TUNNEL_NAME", pass.Faults["tunnel-nas"], StringComparison.Ordinal);
        Assert.Equal(RouteState.Blocked, rig.Route("app.example.com").State);
    }

    [Fact]
    public async Task Two_agents_on_one_tunnel_share_what_is_remembered_of_it()
    {
        Cloudflare.AddZone("example.com");
        var rig = Master();
        var left = await rig.EnrolAsync("left", "shared", cancellationToken: Cancellation);
        var right = await rig.EnrolAsync("right", "shared", cancellationToken: Cancellation);
        rig.Report(left, MasterRig.Wants("left.example.com"));
        rig.Report(right, MasterRig.Wants("right.example.com"));
        await rig.ConvergeAsync();
        var restarted = Master();

        var again = await restarted.ConvergeAsync();
        await restarted.Agents.RemoveAsync(left, Cancellation);
        await restarted.ConvergeAsync();

        Assert.DoesNotContain(again.Applied, static change => change is not Change.DispatchCommand);
        Assert.Equal(["left.example.com", "right.example.com"], again.Routes.Select(static route => route.Host));
        Assert.Single(await Store.ListAsync("tunnel", Cancellation));
        Assert.Equal(["right.example.com"], Cloudflare.Read(view => view.Exposures().Select(exposure => exposure.Host).ToList()));
    }

    [Fact]
    public async Task A_route_of_a_shared_tunnel_is_live_when_the_last_of_its_connectors_has_it()
    {
        Cloudflare.AddZone("example.com");
        var rig = Master();
        var left = await rig.EnrolAsync("left", "shared", cancellationToken: Cancellation);
        var right = await rig.EnrolAsync("right", "shared", cancellationToken: Cancellation);
        rig.Report(left, MasterRig.Wants("left.example.com"));
        await rig.ConvergeAsync();
        var (id, version) = (Tunnel("shared").Id, Tunnel("shared").Configuration.Version);
        void Say(AgentId agent, int ready, long at, params IEnumerable<ContainerSnapshot> containers) =>
            rig.Agents.Accept(new(agent, IsComplete: true, TunnelGeneration: 1, containers.ToEquatableArray()) { Connector = new(id, "2026.8.0", ready, at) });

        Say(left, 4, version, MasterRig.Wants("left.example.com"));
        Say(right, 4, version - 1);
        await rig.PassAsync();
        var behind = rig.Route("left.example.com").State;
        Say(right, 0, version - 1);
        await rig.PassAsync();

        Assert.Equal((RouteState.Pending, RouteState.Live), (behind, rig.Route("left.example.com").State));
    }
}
