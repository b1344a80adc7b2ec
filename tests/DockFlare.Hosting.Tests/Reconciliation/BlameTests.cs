using DockFlare.Core.Reconciliation;
using DockFlare.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>What is refused is named, with what to do, and takes nothing else along.</summary>
public sealed class BlameTests : RigCase
{
    [Fact]
    public async Task Each_area_that_the_token_cannot_read_is_named_at_the_start()
    {
        Cloudflare.AddZone("example.com");
        var rig = Master(token: Cloudflare.AddToken(FakePermissions.ZoneRead));

        await rig.PassAsync(resync: true);

        Assert.Equal(2, rig.Log.All.Count(line => line.StartsWith("Error: The token lacks a permission.", StringComparison.Ordinal)));
        Assert.Contains(rig.Log.All, line => line.Contains("'Zone / DNS / Edit'", StringComparison.Ordinal));
        Assert.Contains(rig.Log.All, line => line.Contains("'Account / Cloudflare Tunnel / Edit'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_that_may_do_everything_is_not_complained_about()
    {
        Cloudflare.AddZone("example.com");
        var rig = Master();

        await rig.PassAsync(resync: true);

        Assert.DoesNotContain(rig.Log.All, line => line.Contains("lacks", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Zones_that_cannot_be_listed_stop_the_pass_with_everything_that_is_missing()
    {
        Cloudflare.AddZone("example.com");

        var pass = await Master(token: Cloudflare.AddToken(FakePermissions.AccountRead)).PassAsync(resync: true);

        Assert.Contains("'Zone / Zone / Read'", pass.Trouble, StringComparison.Ordinal);
        Assert.Contains("'Account / Cloudflare Tunnel / Edit'", pass.Trouble, StringComparison.Ordinal);
        Assert.False(pass.MayPass);
    }

    [Fact]
    public async Task A_missing_edit_of_dns_blocks_the_zone_at_the_first_write_and_is_not_tried_again_until_the_resync()
    {
        Cloudflare.AddZone("example.com");
        var rig = Master(token: Cloudflare.AddToken(FakePermissions.ZoneRead | FakePermissions.DnsRead | FakePermissions.TunnelEdit));
        var nas = await rig.EnrolAsync("nas", cancellationToken: Cancellation);
        rig.Report(nas, MasterRig.Wants("one.example.com"), MasterRig.Wants("two.example.com"));

        var pass = await rig.PassAsync(resync: true);

        Assert.Equal(["one.example.com", "two.example.com"], pass.Faults.Keys.Order(StringComparer.Ordinal));
        Assert.All(pass.Faults.Values, fault => Assert.Contains("'Zone / DNS / Edit'", fault, StringComparison.Ordinal));
        Assert.False(pass.MayPass);
        Assert.Equal(RouteState.Blocked, rig.Route("one.example.com").State);
        await rig.PassAsync();
        Cloudflare.Log.Reset();
        var next = await rig.PassAsync();
        Assert.Equal((0, 2), (Cloudflare.Log.Writes, next.Faults.Count));
    }

    [Fact]
    public async Task A_missing_edit_of_tunnels_is_named()
    {
        Cloudflare.AddZone("example.com");
        var rig = Master(token: Cloudflare.AddToken(FakePermissions.ZoneRead | FakePermissions.DnsEdit | FakePermissions.TunnelRead));
        rig.Report(await rig.EnrolAsync("nas", cancellationToken: Cancellation), MasterRig.Wants("one.example.com"));

        var pass = await rig.PassAsync(resync: true);

        Assert.Contains("'Account / Cloudflare Tunnel / Edit'", pass.Faults["tunnel-nas"], StringComparison.Ordinal);
        Assert.Equal(RouteState.Blocked, rig.Route("one.example.com").State);
    }

    [Fact]
    public async Task A_zone_that_the_token_does_not_see_blocks_its_hosts_alone()
    {
        var seen = Cloudflare.AddZone("example.com");
        Cloudflare.AddZone("example.net");
        var rig = Master(token: Cloudflare.AddToken(FakePermissions.All, zoneIds: [seen]));
        rig.Report(await rig.EnrolAsync("nas", cancellationToken: Cancellation), MasterRig.Wants("one.example.com"), MasterRig.Wants("two.example.net"));

        await rig.PassAsync(resync: true);

        Assert.Equal(["one.example.com"], Cloudflare.Read(view => view.Exposures().Select(exposure => exposure.Host).ToList()));
        Assert.Equal(RouteState.Blocked, rig.Route("two.example.net").State);
        Assert.NotNull(rig.Route("two.example.net").Reason);
    }

    [Fact]
    public async Task A_pending_zone_blocks_its_hosts_and_says_so()
    {
        Cloudflare.AddZone("example.com");
        Cloudflare.AddZone("example.net", status: "pending");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("one.example.com"), MasterRig.Wants("two.example.net"));

        await rig.PassAsync(resync: true);

        Assert.Contains("pending", rig.Route("two.example.net").Reason, StringComparison.Ordinal);
        Assert.Equal(["one.example.com"], Cloudflare.Read(view => view.Exposures().Select(exposure => exposure.Host).ToList()));
    }

    [Fact]
    public async Task Without_any_zone_the_message_says_what_to_give()
    {
        var pass = await Master().PassAsync(resync: true);

        Assert.Contains("sees no zone", pass.Trouble, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_accounts_without_a_choice_are_listed()
    {
        var second = Cloudflare.AddAccount("Second");
        Cloudflare.AddZone("example.com");
        Cloudflare.AddZone("example.net", accountId: second);

        var pass = await Master(cloud: options => options.AccountId = null).PassAsync(resync: true);

        Assert.Contains("CF_ACCOUNT_ID", pass.Trouble, StringComparison.Ordinal);
        Assert.Contains($"{second} (Second)", pass.Trouble, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wrong-but-well-formed-token-000000000000")]
    [InlineData("quoted token")]
    public async Task A_wrong_token_is_named_and_never_shown(string token)
    {
        Cloudflare.AddZone("example.com");
        var rig = Master(token: token);

        var pass = await rig.PassAsync(resync: true);

        Assert.StartsWith("Cloudflare did not accept the token", pass.Trouble, StringComparison.Ordinal);
        Assert.Contains("CF_API_TOKEN", pass.Trouble, StringComparison.Ordinal);
        Assert.DoesNotContain(token, pass.Trouble + string.Join('\n', rig.Log.All), StringComparison.Ordinal);
        Assert.False(pass.MayPass);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_of_the_account_works_with_and_without_its_id(bool isConfigured)
    {
        Cloudflare.AddZone("example.com");
        var rig = Master(
            token: Cloudflare.AddToken(FakePermissions.All, ownerAccountId: Cloudflare.AccountId), cloud: options => options.AccountId = isConfigured ? options.AccountId : null);
        rig.Report(await rig.EnrolAsync("nas", cancellationToken: Cancellation), MasterRig.Wants("one.example.com"));

        var pass = await rig.PassAsync(resync: true);

        Assert.Null(pass.Trouble);
        Assert.Single(Cloudflare.Read(view => view.Exposures()));
    }

    [Fact]
    public async Task A_limit_that_is_used_up_ends_the_pass_and_says_when_to_go_on()
    {
        Cloudflare.AddZone("example.com");
        var rig = Master(cloud: options => options.CallLimit = 13);
        var nas = await rig.EnrolAsync("nas", cancellationToken: Cancellation);
        rig.Report(nas, MasterRig.Wants("one.example.com"));
        await rig.PassAsync(resync: true);
        rig.Report(nas, MasterRig.Wants("one.example.com"), MasterRig.Wants("two.example.com"));

        var pass = await rig.PassAsync();

        Assert.Contains("CF_API_LIMIT=13", Assert.Single(pass.Faults).Value, StringComparison.Ordinal);
        Assert.True(pass.MayPass);
        Time.Advance(pass.RetryAfter!.Value);
        await rig.PassAsync();
        Assert.Equal(2, Cloudflare.Read(view => view.Exposures().Count));
    }

    [Fact]
    public async Task A_zone_that_cannot_be_read_is_named_and_takes_nothing_else_along()
    {
        Cloudflare.AddZone("example.com");
        var other = Cloudflare.AddZone("example.net");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("one.example.com"), MasterRig.Wants("two.example.net"));
        Cloudflare.Faults.Add("GET", $"/zones/{other}/dns_records", new FakeFault.Refuse(400, 1000, "No."), nth: 1, times: 9);

        var pass = await rig.PassAsync(resync: true);

        Assert.Equal("example.net", Assert.Single(pass.Faults).Key);
        Assert.False(pass.IsConverged);
        Assert.Equal(RouteState.Blocked, rig.Route("two.example.net").State);
        Assert.Equal(["one.example.com"], Cloudflare.Read(view => view.Exposures().Select(exposure => exposure.Host).ToList()));
    }

    [Fact]
    public async Task An_api_that_cannot_be_reached_is_not_said_to_have_refused_anything()
    {
        var nowhere = new Uri("http://127.0.0.1:9/client/v4");
        var rig = Master(cloud: options => options.ApiBaseUrl = nowhere);

        var pass = await rig.PassAsync(resync: true);

        Assert.StartsWith($"Cloudflare could not be asked to accept the token: no connection to {nowhere}", pass.Trouble, StringComparison.Ordinal);
        Assert.EndsWith("Check the network, DNS and CF_API_BASE_URL.", pass.Trouble, StringComparison.Ordinal);
        Assert.True(pass.MayPass);
    }
}
