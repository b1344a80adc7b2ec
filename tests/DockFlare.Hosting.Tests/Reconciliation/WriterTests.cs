using DockFlare.Core.Protocol;
using DockFlare.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>Others write the same tunnel.</summary>
public sealed class WriterTests : RigCase
{
    private const string ByHand = """{"ingress":[{"hostname":"byhand.example.com","service":"http://hand:1"},{"service":"http_status:404"}]}""";

    [Fact]
    public async Task What_somebody_writes_before_our_reading_stays()
    {
        var (rig, nas, tunnel) = await ServedAsync();
        Cloudflare.Faults.Add("GET", "/accounts/*/cfd_tunnel/*/configurations", new FakeFault.Before(() => Cloudflare.PutConfiguration(tunnel, ByHand)));
        rig.Report(nas, MasterRig.Wants("app.example.com"), MasterRig.Wants("two.example.com"));

        await rig.PassAsync();

        AssertRules("app.example.com", "byhand.example.com", "two.example.com");
    }

    [Fact]
    public async Task A_write_between_our_reading_and_our_writing_is_noticed_and_said()
    {
        var (rig, nas, tunnel) = await ServedAsync();
        Cloudflare.Faults.Add("PUT", "/accounts/*/cfd_tunnel/*/configurations", new FakeFault.Before(() => Cloudflare.PutConfiguration(tunnel, ByHand)));
        rig.Report(nas, MasterRig.Wants("app.example.com"), MasterRig.Wants("two.example.com"));

        await rig.PassAsync();

        AssertRules("app.example.com", "two.example.com");
        Assert.Contains(rig.Log.All, line => line.StartsWith("Warning: Somebody else wrote the configuration of tunnel 'tunnel-nas'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_writer_that_comes_again_after_us_keeps_what_it_wrote_and_so_do_we()
    {
        var (rig, nas, tunnel) = await ServedAsync();
        Cloudflare.Faults.Add("PUT", "/accounts/*/cfd_tunnel/*/configurations", new FakeFault.Before(() => Cloudflare.PutConfiguration(tunnel, ByHand)));
        Cloudflare.Faults.Add("GET", "/accounts/*/cfd_tunnel/*/configurations", new FakeFault.Before(() => Cloudflare.PutConfiguration(tunnel, ByHand)), nth: 2);
        rig.Report(nas, MasterRig.Wants("app.example.com"), MasterRig.Wants("two.example.com"));

        await rig.PassAsync();

        AssertRules("app.example.com", "byhand.example.com", "two.example.com");
    }

    [Fact]
    public async Task A_writer_that_overwrote_us_is_found_by_the_version_the_connector_runs()
    {
        var (rig, nas, tunnel) = await ServedAsync();
        var version = Cloudflare.PutConfiguration(tunnel, ByHand).Version;
        rig.Agents.Accept(new(nas, IsComplete: true, TunnelGeneration: 1, [MasterRig.Wants("app.example.com")]) { Connector = new ConnectorStatus(tunnel, "2026.8.0", 4, version) });

        await rig.PassAsync();

        AssertRules("app.example.com", "byhand.example.com");
    }

    [Fact]
    public async Task A_write_whose_answer_was_lost_is_not_repeated_blindly()
    {
        var (rig, nas, tunnel) = await ServedAsync();
        Cloudflare.Faults.Add("PUT", "/accounts/*/cfd_tunnel/*/configurations", new FakeFault.Drop(AfterApplying: true));
        rig.Report(nas, MasterRig.Wants("app.example.com", "http://app:9"));
        var version = Cloudflare.Configuration(tunnel).Version;

        await rig.PassAsync();
        var pass = await rig.PassAsync();

        Assert.Equal(version + 1, Cloudflare.Configuration(tunnel).Version);
        Assert.Empty(pass.Faults);
        Assert.Contains("http://app:9", Rules(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_crash_between_the_store_and_the_write_leaves_no_rule_that_nobody_owns()
    {
        var (rig, nas, _) = await ServedAsync();
        Cloudflare.Faults.Add("PUT", "/accounts/*/cfd_tunnel/*/configurations", new FakeFault.Drop(AfterApplying: true));
        rig.Report(nas, MasterRig.Wants("app.example.com"), MasterRig.Wants("two.example.com"));
        await rig.PassAsync();

        // The process that starts next never hears what came of the write, and its container is gone.
        var next = Master();
        next.Report(nas, MasterRig.Wants("app.example.com"));
        await next.PassAsync(resync: true);
        Time.Advance(TimeSpan.FromHours(1));
        await next.PassAsync();

        AssertRules("app.example.com");
    }

    [Fact]
    public async Task A_configuration_that_cannot_be_read_blocks_its_tunnel_alone()
    {
        Cloudflare.AddZone("example.com");
        var rig = Master();
        var (bad, good) = (await rig.EnrolAsync("bad", cancellationToken: Cancellation), await rig.EnrolAsync("good", cancellationToken: Cancellation));
        rig.Report(bad, MasterRig.Wants("bad.example.com"));
        rig.Report(good, MasterRig.Wants("good.example.com"));
        await rig.PassAsync(resync: true);
        var id = Tunnel("tunnel-bad").Id;
        Cloudflare.Faults.Add("GET", $"/accounts/*/cfd_tunnel/{id}/configurations", new FakeFault.Raw(200, """{"success":true,"errors":[],"result":{"version":9,"config":{"ingress":[17]}}}""", "application/json"));

        rig.Report(good, MasterRig.Wants("good.example.com"), MasterRig.Wants("new.example.com"));
        await rig.PassAsync(resync: true);

        Assert.Equal(["bad.example.com", "good.example.com", "new.example.com"], Cloudflare.Read(view => view.Exposures().Select(exposure => exposure.Host).ToList()));
    }

    private async Task<(MasterRig Rig, DockFlare.Core.Commands.AgentId Agent, string TunnelId)> ServedAsync()
    {
        Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com"));
        await rig.PassAsync(resync: true);
        return (rig, nas, Tunnel().Id);
    }

    private void AssertRules(params string[] hosts)
    {
        using var json = System.Text.Json.JsonDocument.Parse(Rules()!);
        Assert.Equal(
            hosts,
            json.RootElement.GetProperty("ingress").EnumerateArray()
                .Select(rule => rule.TryGetProperty("hostname", out var host) ? host.GetString() : "").Where(host => host != "").Order(StringComparer.Ordinal));
    }
}
