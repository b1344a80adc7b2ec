using DockFlare.Core.Reconciliation;

namespace DockFlare.Tests.Reconciliation;

/// <summary>What a plan may do by itself, through the wire.</summary>
public sealed class PolicyTests : RigCase
{
    [Fact]
    public async Task A_dry_run_shows_the_plan_and_writes_nothing()
    {
        Cloudflare.AddZone("example.com");
        var rig = Master(master: options => options.DryRun = true);
        rig.Report(await rig.EnrolAsync("nas", cancellationToken: Cancellation), MasterRig.Wants("app.example.com"));

        var pass = await rig.PassAsync(resync: true);

        Assert.Equal((0, false), (Cloudflare.Log.Writes, pass.IsConverged));
        Assert.Contains("DOCKFLARE_DRY_RUN", pass.WhyNotApplied, StringComparison.Ordinal);
        Assert.Contains(pass.Remaining.Changes, change => change is Change.CreateTunnel);
        Assert.Empty(await Store.ListAsync("history", Cancellation));
    }

    [Theory]
    [InlineData(PlanMode.UpsertOnly, "http://changed:1", "upsert-only")]
    [InlineData(PlanMode.CreateOnly, "http://app:8080", "create-only")]
    public async Task What_a_mode_forbids_is_held_and_the_rest_is_done(PlanMode mode, string service, string word)
    {
        var zone = Cloudflare.AddZone("example.com");
        var rig = Master(master: options => options.Policy = mode);
        var nas = await rig.EnrolAsync("nas", cancellationToken: Cancellation);
        rig.Report(nas, MasterRig.Wants("app.example.com"), MasterRig.Wants("gone.example.com"));
        await rig.PassAsync(resync: true);

        rig.Report(nas, MasterRig.Wants("app.example.com", "http://changed:1"), MasterRig.Wants("new.example.com"));
        await rig.PassAsync();
        Time.Advance(TimeSpan.FromHours(1));
        var pass = await rig.PassAsync();

        Assert.Equal(["app.example.com", "gone.example.com", "new.example.com"], Cloudflare.Records(zone).Select(record => record.Name).Order(StringComparer.Ordinal));
        Assert.Equal(service, Cloudflare.Read(view => view.Exposures().Single(exposure => exposure.Host == "app.example.com").Service));
        Assert.All(pass.Remaining.Held, held => Assert.Contains(word, held.Reason, StringComparison.Ordinal));
        Assert.Contains(pass.Remaining.Held, held => held.Change is Change.DeleteDns);
        Assert.True(pass.Remaining.IsEmpty);
    }

    [Fact]
    public async Task A_confirmation_lets_go_once_what_the_brake_held()
    {
        var zone = Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, Hosts(20));
        await rig.PassAsync(resync: true);
        await LeaveAsync(rig, nas, 12);
        Assert.Equal(20, Cloudflare.Records(zone).Count);

        rig.Reconciler.Confirmations.ConfirmDeletions(rig.Board.Current.Remaining.ConfirmationDigest!);
        var pass = await rig.PassAsync();
        Assert.Equal((12, true), (Cloudflare.Records(zone).Count, pass.Remaining.Held.IsEmpty));

        await LeaveAsync(rig, nas, 5);
        Assert.Equal(12, Cloudflare.Records(zone).Count);
        Assert.NotNull(rig.Board.Current.Remaining.ConfirmationDigest);
    }

    [Fact]
    public async Task A_host_that_no_certificate_covers_is_served_with_a_warning()
    {
        Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("a.b.example.com"), MasterRig.Wants("a.example.com"), MasterRig.Wants("*.example.com"));

        await rig.PassAsync(resync: true);

        Assert.Contains("Universal SSL", Assert.Single(rig.Route("a.b.example.com").Notes), StringComparison.Ordinal);
        Assert.Equal((true, true), (rig.Route("a.example.com").Notes.IsEmpty, rig.Route("*.example.com").Notes.IsEmpty));
        Assert.Equal(3, Cloudflare.Read(view => view.Exposures().Count));
    }

    private async Task LeaveAsync(MasterRig rig, DockFlare.Core.Commands.AgentId agent, int hosts)
    {
        rig.Report(agent, Hosts(hosts));
        await rig.PassAsync();
        Time.Advance(TimeSpan.FromHours(1));
        await rig.PassAsync();
    }

    private static IEnumerable<DockFlare.Core.Protocol.ContainerSnapshot> Hosts(int count) => Enumerable.Range(0, count).Select(i => MasterRig.Wants($"app{i}.example.com"));
}
