using DockFlare.Core.Reconciliation;

namespace DockFlare.Tests.Reconciliation;

/// <summary>Cloudflare refuses a document for one rule: that route is blocked, and the others of its tunnel go on.</summary>
public sealed class RefusedRuleTests : RigCase
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(60)]
    public async Task Only_the_route_at_fault_is_blocked_and_the_search_is_short(int others)
    {
        Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, Hosts(others));
        await rig.PassAsync(resync: true);
        Cloudflare.ConfigurationFault = config => config.Contains("http://bad:1", StringComparison.Ordinal) ? "Validation failed: http://bad:1 is not liked here" : null;
        Cloudflare.Log.Reset();

        rig.Report(nas, [.. Hosts(others), .. Hosts(others, "new"), MasterRig.Wants("bad.example.com", "http://bad:1")]);
        var pass = await rig.PassAsync();

        Assert.Equal(others * 2, Cloudflare.Read(view => view.Exposures().Count));
        Assert.Equal(RouteState.Blocked, rig.Route("bad.example.com").State);
        Assert.Contains("http://bad:1 is not liked here", rig.Route("bad.example.com").Reason, StringComparison.Ordinal);
        Assert.True(pass.Remaining.IsEmpty);
        Assert.InRange(Cloudflare.Log.Calls.Count(call => call.Method == "PUT"), 1, 3 + (int)Math.Ceiling(Math.Log2(others + 1)));

        Cloudflare.Log.Reset();
        await rig.PassAsync();
        Assert.Equal(0, Cloudflare.Log.Total);
    }

    [Fact]
    public async Task A_rule_that_the_refusal_names_is_found_with_one_more_write()
    {
        Cloudflare.AddZone("example.com");
        Cloudflare.ConfigurationFault = config =>
        {
            using var json = System.Text.Json.JsonDocument.Parse(config);
            var at = json.RootElement.GetProperty("ingress").EnumerateArray().ToList().FindIndex(rule => rule.GetProperty("service").GetString() == "http://bad:1");
            return at < 0 ? null : $"Validation failed: Rule #{at + 1} has an invalid regex: no";
        };
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, [.. Hosts(40), MasterRig.Wants("bad.example.com", "http://bad:1")]);

        await rig.PassAsync(resync: true);

        Assert.Equal(40, Cloudflare.Read(view => view.Exposures().Count));
        Assert.Equal(2, Cloudflare.Log.Calls.Count(call => call.Method == "PUT"));
    }

    [Fact]
    public async Task A_served_route_whose_new_form_is_refused_is_served_as_before()
    {
        Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com"), MasterRig.Wants("gone.example.com"));
        await rig.PassAsync(resync: true);
        Cloudflare.ConfigurationFault = config => config.Contains("http://bad:1", StringComparison.Ordinal) ? "Validation failed: no" : null;

        rig.Report(nas, MasterRig.Wants("app.example.com", "http://bad:1"), MasterRig.Wants("two.example.com"));
        await rig.PassAsync();
        Time.Advance(TimeSpan.FromHours(1));
        var pass = await rig.PassAsync();

        Assert.Equal([("app.example.com", "http://app:8080"), ("two.example.com", "http://app:8080")], Cloudflare.Read(view => view.Exposures().Select(exposure => (exposure.Host, exposure.Service)).ToList()));
        Assert.Contains("served as before", rig.Route("app.example.com").Reason, StringComparison.Ordinal);
        Assert.True(pass.Remaining.IsEmpty);
    }

    [Fact]
    public async Task What_was_refused_is_tried_again_at_the_resync()
    {
        Cloudflare.AddZone("example.com");
        Cloudflare.ConfigurationFault = config => config.Contains("http://bad:1", StringComparison.Ordinal) ? "Validation failed: no" : null;
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com"), MasterRig.Wants("bad.example.com", "http://bad:1"));
        await rig.PassAsync(resync: true);
        Cloudflare.ConfigurationFault = null;

        await rig.PassAsync(resync: true);

        Assert.Equal(["app.example.com", "bad.example.com"], Cloudflare.Read(view => view.Exposures().Select(exposure => exposure.Host).ToList()));
    }

    [Fact]
    public async Task A_search_that_takes_too_long_goes_on_with_the_next_pass()
    {
        Cloudflare.AddZone("example.com");
        Cloudflare.ConfigurationFault = config => config.Contains("http://bad:", StringComparison.Ordinal) ? "Validation failed: no" : null;
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, [.. Hosts(30), .. Enumerable.Range(0, 12).Select(i => MasterRig.Wants($"bad{i}.example.com", $"http://bad:{i + 1}"))]);
        await rig.PassAsync(resync: true);
        Assert.InRange(Cloudflare.Log.Calls.Count(call => call.Method == "PUT"), 1, 17);

        for (var i = 0; i < 4; i++)
        {
            await rig.PassAsync();
        }

        Assert.Equal(30, Cloudflare.Read(view => view.Exposures().Count));
        Assert.Equal(12, rig.Board.Current.Routes.Count(route => route.State == RouteState.Blocked));
    }

    private static IEnumerable<DockFlare.Core.Protocol.ContainerSnapshot> Hosts(int count, string name = "app") => Enumerable.Range(0, count).Select(i => MasterRig.Wants($"{name}{i}.example.com"));
}
