using DockFlare.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>How many calls things cost.</summary>
public sealed class CallCountTests : RigCase
{
    [Fact]
    public async Task A_cold_start_with_300_containers_in_one_zone_takes_12_calls_at_most()
    {
        Cloudflare.AddZone("example.com", FakePlan.Pro);
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, Hosts(300, "example.com"));

        await rig.PassAsync(resync: true);

        AssertPublished(300);
        AssertCalls(12);
    }

    [Fact]
    public async Task A_cold_start_with_3000_containers_over_10_zones_takes_60_calls_at_most()
    {
        var zones = Enumerable.Range(0, 10).Select(i => $"zone{i}.example").ToArray();
        Array.ForEach(zones, zone => Cloudflare.AddZone(zone, FakePlan.Pro));
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, zones.SelectMany(zone => Hosts(300, zone)));

        await rig.PassAsync(resync: true);

        AssertPublished(3000);
        AssertCalls(60);
    }

    [Fact]
    public async Task A_thousand_hosts_over_20_zones_from_nothing_take_60_calls_at_most()
    {
        var zones = Enumerable.Range(0, 20).Select(i => $"zone{i}.example").ToArray();
        Array.ForEach(zones, zone => Cloudflare.AddZone(zone, FakePlan.Pro));
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, zones.SelectMany(zone => Hosts(50, zone)));

        await rig.PassAsync(resync: true);

        AssertPublished(1000);
        AssertCalls(60);
    }

    [Fact]
    public async Task A_resync_with_nothing_to_do_writes_nothing_and_reads_each_zone_and_tunnel_once()
    {
        var (rig, _) = await ServedAsync(300);
        Cloudflare.Log.Reset();

        var pass = await rig.PassAsync(resync: true);

        Assert.Empty(pass.Applied);
        Assert.Equal((0, 2), (Cloudflare.Log.Writes, Cloudflare.Log.Reads));
    }

    [Fact]
    public async Task A_pass_that_nothing_changed_for_asks_nothing()
    {
        var (rig, _) = await ServedAsync(300);
        Cloudflare.Log.Reset();

        await rig.PassAsync();

        Assert.Equal(0, Cloudflare.Log.Total);
    }

    [Fact]
    public async Task A_restart_with_nothing_changed_writes_nothing_and_reads_8_times_at_most()
    {
        await ServedAsync(300);
        var restarted = Master();
        await restarted.Agents.LoadAsync(Cancellation);
        restarted.Report(new("nas"), Hosts(300, "example.com"));
        Cloudflare.Log.Reset();

        await restarted.PassAsync(resync: true);

        Assert.Equal(0, Cloudflare.Log.Writes);
        AssertCalls(8);
    }

    [Fact]
    public async Task One_new_container_takes_three_calls()
    {
        var (rig, nas) = await ServedAsync(300);
        rig.Report(nas, Hosts(301, "example.com"));
        Cloudflare.Log.Reset();

        await rig.PassAsync();

        AssertPublished(301);
        Assert.Equal(
            ["GET /accounts/{id}/cfd_tunnel/{id}/configurations", "PUT /accounts/{id}/cfd_tunnel/{id}/configurations", "POST /zones/{id}/dns_records"],
            Cloudflare.Log.Calls.Select(call => call.Endpoint));
    }

    [Fact]
    public async Task A_burst_of_200_new_hosts_takes_6_calls_at_most()
    {
        var (rig, nas) = await ServedAsync(100);
        rig.Report(nas, Hosts(300, "example.com"));
        Cloudflare.Log.Reset();

        await rig.PassAsync();

        AssertPublished(300);
        AssertCalls(6);
    }

    [Fact]
    public async Task Where_the_limit_is_too_low_for_all_at_once_no_call_is_one_too_many()
    {
        Cloudflare.RateLimit = new(40, TimeSpan.FromMinutes(5));
        var zones = Enumerable.Range(0, 20).Select(i => $"zone{i}.example").ToArray();
        Array.ForEach(zones, zone => Cloudflare.AddZone(zone, FakePlan.Pro));
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, zones.SelectMany(zone => Hosts(3, zone)));
        var start = Time.GetUtcNow();

        await rig.ConvergeAsync();

        AssertPublished(60);
        Assert.DoesNotContain(Cloudflare.Log.Calls, call => call.Status == 429);
        Assert.InRange(Time.GetUtcNow() - start, TimeSpan.Zero, TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task Looking_again_is_put_off_when_calls_are_short_and_what_leaves_does_not_wait_for_it()
    {
        Cloudflare.AddZone("example.com", FakePlan.Pro);
        var rig = Master(cloud: static options => options.CallLimit = 16, master: static options => options.GracePeriod = TimeSpan.Zero);
        var nas = await rig.EnrolAsync("nas", cancellationToken: Cancellation);
        rig.Report(nas, Hosts(3, "example.com"));
        await rig.PassAsync(resync: true);
        AssertPublished(3);
        Cloudflare.Log.Reset();

        rig.Report(nas, Hosts(2, "example.com"));
        var pass = await rig.PassAsync(resync: true);

        AssertPublished(2);
        Assert.Equal(0, Cloudflare.Log.Calls.Count(static call => call.Endpoint == "GET /zones/{id}/dns_records"));
        Assert.InRange(pass.ResyncIn!.Value, TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5));
        Time.Advance(pass.ResyncIn.Value);
        Assert.Null((await rig.PassAsync(resync: true)).ResyncIn);
    }

    private async Task<(MasterRig Rig, DockFlare.Core.Commands.AgentId Agent)> ServedAsync(int hosts)
    {
        Cloudflare.AddZone("example.com", FakePlan.Pro);
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, Hosts(hosts, "example.com"));
        await rig.PassAsync(resync: true);
        AssertPublished(hosts);
        return (rig, nas);
    }

    private static IEnumerable<DockFlare.Core.Protocol.ContainerSnapshot> Hosts(int count, string zone) => Enumerable.Range(0, count).Select(i => MasterRig.Wants($"app{i}.{zone}"));

    private void AssertPublished(int hosts) => Assert.Equal(hosts, Cloudflare.Read(view => view.Exposures().Count));

    private void AssertCalls(int most) => Assert.True(
        Cloudflare.Log.Total <= most, $"{Cloudflare.Log.Total} calls, {most} at most: {string.Join(", ", Cloudflare.Log.ByEndpoint.Select(pair => $"{pair.Value} x {pair.Key}"))}");
}
