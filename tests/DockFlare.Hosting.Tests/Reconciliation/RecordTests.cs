using DockFlare.Core.Reconciliation;
using DockFlare.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>Writing records.</summary>
public sealed class RecordTests : RigCase
{
    [Fact]
    public async Task One_bad_record_in_a_batch_does_not_stop_the_others_and_is_found_by_halving()
    {
        var zone = Cloudflare.AddZone("example.com", FakePlan.Pro);
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("first.example.com"));
        await rig.PassAsync(resync: true);
        // Made after the zone was read: only the refused write shows it.
        Cloudflare.AddRecord(zone, "A", "app63.example.com", "192.0.2.7");
        Cloudflare.Log.Reset();

        rig.Report(nas, Enumerable.Range(0, 100).Select(i => MasterRig.Wants($"app{i}.example.com")).Append(MasterRig.Wants("first.example.com")));
        await rig.PassAsync();

        Assert.Equal(100, Cloudflare.Read(view => view.Exposures().Count));
        Assert.Equal(RouteState.Blocked, rig.Route("app63.example.com").State);
        Assert.Contains("192.0.2.7", rig.Route("app63.example.com").Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("app63", Rules(), StringComparison.Ordinal);
        Assert.InRange(Cloudflare.Log.Total, 1, 25);
    }

    [Fact]
    public async Task A_name_that_turns_out_to_be_taken_has_its_rule_taken_back()
    {
        var zone = Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("first.example.com"));
        await rig.PassAsync(resync: true);
        Cloudflare.AddRecord(zone, "AAAA", "app.example.com", "2001:db8::7");

        rig.Report(nas, MasterRig.Wants("first.example.com"), MasterRig.Wants("app.example.com"));
        var pass = await rig.PassAsync();

        Assert.DoesNotContain("app.example.com", Rules(), StringComparison.Ordinal);
        Assert.Equal(RouteState.Blocked, rig.Route("app.example.com").State);
        Assert.Contains("2001:db8::7", rig.Route("app.example.com").Reason, StringComparison.Ordinal);
        Assert.True(pass.Remaining.IsEmpty || pass.Remaining.Changes.All(change => change is Change.DispatchCommand));
    }

    [Fact]
    public async Task A_full_zone_takes_what_fits_and_says_plainly_that_it_is_full()
    {
        Cloudflare.AddZone("example.com", FakePlan.Pro, recordQuota: 5);
        Cloudflare.AddZone("example.net", FakePlan.Pro);
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, Enumerable.Range(0, 20).Select(i => MasterRig.Wants($"app{i}.example.com")).Append(MasterRig.Wants("other.example.net")));

        var pass = await rig.PassAsync(resync: true);

        Assert.Equal(6, Cloudflare.Read(view => view.Exposures().Count));
        Assert.Equal(15, pass.Faults.Count);
        Assert.All(pass.Faults.Values, fault => Assert.Contains("as many records as its plan allows", fault, StringComparison.Ordinal));
        Cloudflare.Log.Reset();
        await rig.PassAsync();
        Assert.Equal(0, Cloudflare.Log.Total);
    }

    [Fact]
    public async Task Wildcards_and_names_in_unicode_are_published_as_dns_writes_them()
    {
        var zone = Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("*.example.com"), MasterRig.Wants("App.Example.com"), MasterRig.Wants("bücher.example.com"));

        await rig.PassAsync(resync: true);
        Cloudflare.Log.Reset();
        await rig.PassAsync(resync: true);

        Assert.Equal(["*.example.com", "app.example.com", "xn--bcher-kva.example.com"], Cloudflare.Records(zone).Select(record => record.Name).Order(StringComparer.Ordinal));
        Assert.Equal(0, Cloudflare.Log.Writes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_record_whose_answer_was_lost_makes_no_twin(bool wasApplied)
    {
        var zone = Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com"));
        Cloudflare.Faults.Add("POST", "/zones/*/dns_records", new FakeFault.Drop(wasApplied));

        await rig.PassAsync(resync: true);
        var pass = await rig.PassAsync();

        Assert.Single(Cloudflare.Records(zone));
        Assert.Empty(pass.Faults);
    }

    [Fact]
    public async Task A_record_that_could_not_be_deleted_is_not_forgotten()
    {
        var zone = Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com"));
        await rig.PassAsync(resync: true);
        rig.Report(nas);
        await rig.PassAsync();
        Time.Advance(TimeSpan.FromHours(1));
        Cloudflare.Faults.Add("DELETE", "/zones/**", new FakeFault.Raw(502, "<html>"), times: 3);
        Cloudflare.Faults.Add("GET", "/zones/*/dns_records", new FakeFault.Raw(502, "<html>"), times: 3);

        await rig.PassAsync();
        await rig.PassAsync();
        await Master().PassAsync(resync: true);

        Assert.Empty(Cloudflare.Records(zone));
    }
}
