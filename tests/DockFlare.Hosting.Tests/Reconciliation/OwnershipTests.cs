using System.Text.Json;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Persistence;
using DockFlare.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>What we do not own is never changed or deleted.</summary>
public sealed class OwnershipTests : RigCase
{
    private const string ForeignConfig =
        """{"ingress":[{"hostname":"foreign.example.com","path":"^/x","service":"http://10.0.0.1:1","originRequest":{"noTLSVerify":true,"futureKey":{"a":[1,2]}}},{"hostname":"old.example.org","service":"ssh://10.0.0.2:22","note":"mine"},{"service":"http_status:418"}],"warp-routing":{"enabled":true},"originRequest":{"connectTimeout":7},"futureTop":{"keep":"me"}}""";

    [Fact]
    public async Task Foreign_rules_records_and_settings_survive_adding_changing_and_removing()
    {
        var zone = Cloudflare.AddZone("example.com");
        Cloudflare.AddRecord(zone, "A", "example.com", "192.0.2.1", comment: "dockflare:someone-else");
        Cloudflare.AddRecord(zone, "CNAME", "www.example.com", "example.net");
        Cloudflare.AddRecord(zone, "TXT", "app.example.com", "v=1");
        var before = Cloudflare.Records(zone);
        var tunnel = Cloudflare.AddTunnel("tunnel-nas");
        var config = Cloudflare.PutConfiguration(tunnel.Id, ForeignConfig).Json;
        var (rig, nas) = await OneAgentAsync(adopt: true);

        rig.Report(nas, MasterRig.Wants("app.example.com"), MasterRig.Wants("two.example.com"));
        await rig.PassAsync(resync: true);
        var served = Cloudflare.Read(view => view.Exposures().Count);
        rig.Report(nas, MasterRig.Wants("app.example.com", "http://app:9090"));
        await rig.PassAsync();
        rig.Report(nas);
        await rig.PassAsync();
        Time.Advance(TimeSpan.FromHours(1));
        await rig.PassAsync();

        Assert.Equal(2, served);
        Assert.Equal(before, Cloudflare.Records(zone));
        using var expected = JsonDocument.Parse(config!);
        using var actual = JsonDocument.Parse(Rules()!);
        Assert.True(JsonElement.DeepEquals(expected.RootElement, actual.RootElement), Rules());
    }

    [Theory]
    [InlineData("A", "192.0.2.9")]
    [InlineData("AAAA", "2001:db8::1")]
    [InlineData("CNAME", "elsewhere.example.net")]
    public async Task A_name_that_somebody_else_holds_blocks_the_host_and_names_both_sides(string type, string content)
    {
        var zone = Cloudflare.AddZone("example.com");
        Cloudflare.AddRecord(zone, type, "app.example.com", content);
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com"), MasterRig.Wants("two.example.com"));

        await rig.PassAsync(resync: true);

        var blocked = rig.Route("app.example.com");
        Assert.Equal(RouteState.Blocked, blocked.State);
        Assert.Contains(content, blocked.Reason, StringComparison.Ordinal);
        Assert.Contains($"{Tunnel().Id}.cfargotunnel.com", blocked.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("app.example.com", Rules(), StringComparison.Ordinal);
        Assert.Equal(["two.example.com"], Cloudflare.Read(view => view.Exposures().Select(exposure => exposure.Host).ToList()));
        Assert.Equal(content, Assert.Single(Cloudflare.Records(zone), record => record.Name == "app.example.com").Content);
    }

    [Fact]
    public async Task A_record_of_ours_that_somebody_repointed_is_left_alone()
    {
        var zone = Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com"));
        await rig.PassAsync(resync: true);
        var record = Assert.Single(Cloudflare.Records(zone));
        Cloudflare.Edit("PATCH", $"/zones/{zone}/dns_records/{record.Id}", """{"content":"mine.example.net"}""");

        await rig.PassAsync(resync: true);
        rig.Report(nas);
        await rig.PassAsync();
        Time.Advance(TimeSpan.FromHours(1));
        await rig.PassAsync(resync: true);

        Assert.Equal("mine.example.net", Assert.Single(Cloudflare.Records(zone)).Content);
    }

    [Fact]
    public async Task Two_installations_in_one_tunnel_leave_each_other_alone()
    {
        var zone = Cloudflare.AddZone("example.com");
        Cloudflare.AddTunnel("shared");
        var (one, a) = await OneAgentAsync(new InMemoryStateStore(), "owner-one", "shared", adopt: true);
        var (two, b) = await OneAgentAsync(new InMemoryStateStore(), "owner-two", "shared", adopt: true);
        one.Report(a, MasterRig.Wants("one.example.com"), MasterRig.Wants("both.example.com", "http://one:1"));
        two.Report(b, MasterRig.Wants("two.example.com"), MasterRig.Wants("both.example.com", "http://two:2"));

        for (var i = 0; i < 3; i++)
        {
            await one.PassAsync(resync: true);
            await two.PassAsync(resync: true);
        }

        Assert.Equal(
            [("both.example.com", "http://one:1"), ("one.example.com", "http://app:8080"), ("two.example.com", "http://app:8080")],
            Cloudflare.Read(view => view.Exposures().Select(exposure => (exposure.Host, exposure.Service)).ToList()));
        Assert.Equal(RouteState.Blocked, two.Route("both.example.com").State);
        Cloudflare.Log.Reset();
        await one.PassAsync(resync: true);
        await two.PassAsync(resync: true);
        Assert.Equal(0, Cloudflare.Log.Writes);

        one.Report(a);
        await one.PassAsync();
        Time.Advance(TimeSpan.FromHours(1));
        await one.PassAsync();
        Assert.Equal(["two.example.com"], Cloudflare.Records(zone).Select(record => record.Name));
    }

    [Fact]
    public async Task A_rule_that_somebody_makes_between_look_and_write_stays_theirs()
    {
        Cloudflare.AddZone("example.com");
        var tunnel = Cloudflare.AddTunnel("tunnel-nas");
        var (rig, nas) = await OneAgentAsync(adopt: true);
        rig.Report(nas, MasterRig.Wants("first.example.com"));
        await rig.PassAsync(resync: true);
        Cloudflare.Faults.Add("GET", "/accounts/*/cfd_tunnel/*/configurations", new FakeFault.Before(() => Cloudflare.PutConfiguration(
            tunnel.Id, """{"ingress":[{"hostname":"app.example.com","service":"http://theirs:1"},{"hostname":"first.example.com","service":"http://app:8080"},{"service":"http_status:404"}]}""")));

        rig.Report(nas, MasterRig.Wants("first.example.com"), MasterRig.Wants("app.example.com"), MasterRig.Wants("two.example.com"));
        await rig.PassAsync();
        rig.Report(nas);
        await rig.PassAsync();
        Time.Advance(TimeSpan.FromHours(1));
        await rig.PassAsync(resync: true);

        Assert.Contains("http://theirs:1", Rules(), StringComparison.Ordinal);
        Assert.DoesNotContain("http://app:8080", Rules(), StringComparison.Ordinal);
    }
}
