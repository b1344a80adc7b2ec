using DockFlare.Hosting.Api;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>Trouble in one area of Cloudflare's API: it neither burns the budget nor holds up the others.</summary>
public sealed class AreaTroubleTests : RigCase
{
    private static readonly FakeFault Busy = new FakeFault.Raw(503, "<html>busy</html>");

    [Fact]
    public async Task A_zone_that_fails_costs_a_few_calls_a_minute_and_the_other_zone_is_served_meanwhile()
    {
        var (rig, nas, bad) = await TwoZonesAsync();
        Cloudflare.Faults.Add("*", $"/zones/{bad}/dns_records/**", Busy, times: 10_000);
        Cloudflare.Faults.Add("*", $"/zones/{bad}/dns_records", Busy, times: 10_000);
        rig.Report(nas, MasterRig.Wants("one.bad.example"), MasterRig.Wants("two.bad.example"), MasterRig.Wants("one.good.example"), MasterRig.Wants("two.good.example"));
        Cloudflare.Log.Reset();

        var start = Time.GetUtcNow();
        for (var i = 0; Time.GetUtcNow() - start < TimeSpan.FromMinutes(10); i++)
        {
            var pass = await rig.PassAsync();
            Time.Advance(rig.Loop.NextLook(pass, i + 1, start + TimeSpan.FromHours(1)));
        }

        Assert.Equal(["one.bad.example", "one.good.example", "two.good.example"], Served());
        Assert.InRange(Cloudflare.Log.Calls.Count(call => call.Path.Contains(bad, StringComparison.Ordinal)), 15, 40);
        Assert.Equal(["the DNS of bad.example"], rig.Client.Paused.Select(static area => area.Name));
        Assert.Contains("Calls to Cloudflare about the DNS of bad.example fail and are tried again every minute at the latest: Cloudflare did not", new CloudflareReadiness(rig.Client).FindFault(), StringComparison.Ordinal);
        Assert.Contains("HTTP 503", rig.Route("two.bad.example").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_trouble_is_over_one_call_finds_out_within_a_minute_and_the_rest_follows()
    {
        var (rig, nas, bad) = await TwoZonesAsync();
        Cloudflare.Faults.Add("*", $"/zones/{bad}/dns_records", Busy, times: 10_000);
        rig.Report(nas, MasterRig.Wants("one.bad.example"), MasterRig.Wants("two.bad.example"), MasterRig.Wants("one.good.example"));
        for (var i = 0; i < 12; i++)
        {
            var pass = await rig.PassAsync();
            Time.Advance(pass.RetryAfter ?? TimeSpan.FromSeconds(1));
        }

        Assert.NotEmpty(rig.Client.Paused);
        Cloudflare.Faults.Clear();
        Time.Advance(CloudflareCircuits.LongestPause);
        await rig.PassAsync();

        Assert.Equal(["one.bad.example", "one.good.example", "two.bad.example"], Served());
        Assert.Empty(rig.Client.Paused);
        Assert.Null(new CloudflareReadiness(rig.Client).FindFault());
    }

    [Theory]
    [InlineData("/accounts/*/access/apps", "Access")]
    [InlineData("/accounts/*/cfd_tunnel/**", "tunnels")]
    public async Task Calls_that_hang_are_waited_for_once_and_then_once_a_pause(string path, string area)
    {
        Cloudflare.AddZone("good.example", FakePlan.Pro);
        var rig = Master(cloud: static options => options.CallTimeout = TimeSpan.FromMilliseconds(300));
        var nas = await rig.EnrolAsync("nas", cancellationToken: Cancellation);
        rig.Report(nas, MasterRig.Wants("one.good.example"));
        await rig.PassAsync(resync: true);
        Cloudflare.Faults.Add("*", path, new FakeFault.Hang(AfterApplying: false), times: 1000);
        rig.Report(nas, MasterRig.Wants("one.good.example"), MasterRig.Wants("two.good.example", more: ("access.policy", "bypass")), MasterRig.Wants("three.good.example"));
        Cloudflare.Log.Reset();

        for (var i = 0; i < 10; i++)
        {
            await rig.PassAsync();
        }

        Assert.Equal(1, Cloudflare.Log.Calls.Count(static call => call.Status == 0));
        Assert.Equal([area], rig.Client.Paused.Select(static paused => paused.Name));
        Assert.Equal(area == "Access", Served().Contains("three.good.example"));

        Cloudflare.Faults.Clear();
        Time.Advance(CloudflareCircuits.LongestPause);
        await rig.ConvergeAsync();

        Assert.Equal(["one.good.example", "three.good.example", "two.good.example"], Served());
    }

    [Fact]
    public async Task A_refusal_is_an_answer_and_closes_nothing()
    {
        var (rig, nas, bad) = await TwoZonesAsync();
        Cloudflare.Faults.Add("*", $"/zones/{bad}/dns_records", new FakeFault.Refuse(403, 10000, "Authentication error"), times: 100);
        rig.Report(nas, MasterRig.Wants("one.bad.example"), MasterRig.Wants("two.bad.example"), MasterRig.Wants("one.good.example"));

        for (var i = 0; i < 10; i++)
        {
            await rig.PassAsync(resync: true);
        }

        Assert.Empty(rig.Client.Paused);
    }

    private async Task<(MasterRig Rig, DockFlare.Core.Commands.AgentId Agent, string BadZone)> TwoZonesAsync()
    {
        Cloudflare.AddZone("good.example", FakePlan.Pro);
        var bad = Cloudflare.AddZone("bad.example", FakePlan.Pro);
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("one.bad.example"), MasterRig.Wants("one.good.example"));
        await rig.PassAsync(resync: true);
        return (rig, nas, bad);
    }

    private List<string> Served() => Cloudflare.Read(view => view.Exposures().Select(static exposure => exposure.Host).ToList());
}
