using System.Text;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Api;

namespace DockFlare.Tests.Reconciliation;

/// <summary>Rules that operators write, and what is said of a URL.</summary>
public sealed class ManualRuleTests : RigCase
{
    [Fact]
    public async Task A_rule_is_served_and_ends_at_once_when_it_is_removed()
    {
        var zone = Cloudflare.AddZone("example.com");
        var (rig, _) = await OneAgentAsync();
        await rig.PassAsync(resync: true);

        var made = await AddAsync(rig, """{"hostname":"NAS.example.com","service":"https://192.168.1.5:5001","path":"/files/","origin_request":{"noTLSVerify":true}}""");
        await rig.ConvergeAsync();

        Assert.Equal(("nas.example.com/files", RouteState.Pending, RouteSource.Manual), rig.Board.Current.Routes.Select(static route => (route.Route, route.State, route.Source)).Single());
        Assert.Contains("""{"hostname":"nas.example.com","path":"^/files(/|$)","service":"https://192.168.1.5:5001","originRequest":{"noTLSVerify":true}}""", Rules(), StringComparison.Ordinal);
        Assert.Equal("nas.example.com", Assert.Single(Cloudflare.Records(zone)).Name);

        await rig.Manual.RemoveAsync(made.Key, Cancellation);
        await rig.PassAsync();

        Assert.Empty(Cloudflare.Records(zone));
        Assert.DoesNotContain("nas.example.com", Rules(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rule_wins_over_a_label_and_outlives_a_restart()
    {
        Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com"));
        await rig.PassAsync(resync: true);

        await AddAsync(rig, """{"hostname":"app.example.com","service":"http://manual:1"}""");
        var restarted = Master();
        await restarted.Agents.LoadAsync(Cancellation);
        restarted.Report(nas, MasterRig.Wants("app.example.com"));
        await restarted.ConvergeAsync();

        Assert.Equal([RouteState.Pending, RouteState.Conflict], restarted.Board.Current.Routes.OrderByDescending(static route => route.Source).Select(static route => route.State));
        Assert.Contains("http://manual:1", Rules(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rule_follows_its_tunnel_when_that_is_made_anew()
    {
        Cloudflare.AddZone("example.com");
        var (rig, _) = await OneAgentAsync();
        await rig.PassAsync(resync: true);
        await AddAsync(rig, """{"hostname":"app.example.com","service":"http://manual:1"}""");
        await rig.ConvergeAsync();
        var old = Tunnel().Id;

        Cloudflare.Edit("DELETE", $"/accounts/{Cloudflare.AccountId}/cfd_tunnel/{old}");
        await rig.ConvergeAsync();

        Assert.NotEqual(old, Assert.Single(Cloudflare.Read(static view => view.Exposures())).TunnelId);
        Assert.Equal(RouteState.Pending, rig.Route("app.example.com").State);
    }

    [Theory]
    [InlineData("""{"service":"http://a:1"}""", 400, "validation_failed", "The hostname is empty")]
    [InlineData("""{"hostname":"https://app.example.com","service":"http://a:1"}""", 400, "validation_failed", "starts with a scheme")]
    [InlineData("""{"hostname":"app.example.com"}""", 400, "validation_failed", "'service' is '', but it is empty")]
    [InlineData("""{"hostname":"app.example.com","service":"http://user:secret@a:1/x"}""", 400, "validation_failed", "'service' is 'http://***@a:1/x', but it has a path")]
    [InlineData("""{"hostname":"app.example.com","service":"http://a:1","path":"~(?=a)"}""", 400, "validation_failed", "that cloudflared does not take")]
    [InlineData("""{"hostname":"app.example.com","service":"http://a:1","origin_request":{"noTlsVerfy":true}}""", 400, "validation_failed", "'origin_request.noTlsVerfy' cannot be used")]
    [InlineData("""{"hostname":"app.example.com","service":"http://a:1","access_group_ids":["nobody"]}""", 400, "validation_failed", "There is no access group 'nobody'. There are: public-default-bypass, authenticated-default.")]
    [InlineData("""{"hostname":"app.example.com","service":"http://a:1","access_group_ids":"x"}""", 400, "validation_failed", "must be a list")]
    [InlineData("""{"hostname":"app.example.com","service":"http://a:1","tunnel_id":"nope"}""", 404, "tunnel_not_found", "There is no tunnel 'nope'. There are: ")]
    [InlineData("""{"hostname":"app.example.org","service":"http://a:1"}""", 409, "zone_not_usable", "No zone that the token can see contains 'app.example.org'")]
    [InlineData("""{"hostname":"app.example.com","service":"http://a:1","zone_id":"nope"}""", 409, "zone_not_found", "There is no zone 'nope'")]
    [InlineData("""{"hostname":"taken.example.com","service":"http://a:1"}""", 409, "hostname_conflict", "There is a manual rule for 'taken.example.com' already")]
    public async Task A_rule_that_cannot_be_followed_is_refused_with_what_to_write(string body, int status, string code, string message)
    {
        Cloudflare.AddZone("example.com");
        var (rig, _) = await OneAgentAsync();
        await rig.PassAsync(resync: true);
        await AddAsync(rig, """{"hostname":"taken.example.com","service":"http://a:1"}""");

        var refused = await Assert.ThrowsAsync<ProtocolException>(() => AddAsync(rig, body));

        Assert.Equal((status, code), (refused.Status, refused.Code));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Equal(["taken.example.com"], (await rig.Manual.ListAsync(Cancellation)).Select(static rule => rule.Key));
    }

    [Fact]
    public async Task Removing_what_is_not_there_says_so()
    {
        var rig = Master();

        var refused = await Assert.ThrowsAsync<ProtocolException>(() => rig.Manual.RemoveAsync("app.example.com", Cancellation).AsTask());

        Assert.Equal((404, "rule_not_found"), (refused.Status, refused.Code));
    }

    [Fact]
    public async Task A_url_is_explained_by_the_route_that_answers()
    {
        Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas,
            MasterRig.Wants("app.example.com", "http://user:secret@app:1"), MasterRig.Wants("*.example.com", "http://all:1"),
            MasterRig.Wants("api.example.com", "http://api:1", ("path", "/v1")), MasterRig.Wants("bad.example.com", "bad:1"));
        await rig.ConvergeAsync();

        Assert.Equal(
            [
                "app.example.com answers: http://***@app:1, through tunnel 'tunnel-nas', for app.example.com on nas.",
                "Rule #1 is the first that matches: its host is 'app.example.com', and it is for every path.",
                "It is pending: Routed and published; the connector of tunnel 'tunnel-nas' has not said yet which configuration it runs.",
                "It is public: no access label asks for a login.",
                "It keeps from answering: *.example.com.",
            ],
            Explain("app.example.com/x").Lines);
        Assert.Equal("api.example.com/v1", Explain("https://api.example.com/v1/users").Route);
        Assert.Equal("*.example.com", Explain("https://api.example.com/v2").Route);

        RouteExplanation Explain(string url) => RouteExplanation.Of(rig.Board.Current, url);
    }

    [Fact]
    public async Task A_url_that_nothing_answers_is_explained_by_what_stands_in_the_way()
    {
        Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("bad.example.com", "bad:1"));
        await rig.ConvergeAsync();

        Assert.Equal(
            [
                "No route of DockFlare answers https://bad.example.com/.",
                "bad.example.com of bad.example.com on nas is rejected: dockflare.service is 'bad:1', but it does not begin with a scheme: write for example http://bad:1.",
            ],
            RouteExplanation.Of(rig.Board.Current, "https://bad.example.com/").Lines);
        Assert.Equal(
            ["No route of DockFlare answers other.example.com.", "No container and no manual rule asks for 'other.example.com': give a container the label dockflare.hostname=other.example.com."],
            RouteExplanation.Of(rig.Board.Current, "other.example.com").Lines);
        Assert.Contains("no URL to ask about", Assert.Throws<FormatException>(() => RouteExplanation.Of(rig.Board.Current, "")).Message, StringComparison.Ordinal);
    }

    private static Task<ManualRuleDocument> AddAsync(MasterRig rig, string json) => rig.Manual.AddAsync(Encoding.UTF8.GetBytes(json), Cancellation).AsTask();
}
