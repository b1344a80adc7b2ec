using System.Net;
using System.Text.Json.Nodes;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Reconciliation;
using DockFlare.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>What is not ours becomes ours when an operator says so, one thing at a time, and never otherwise.</summary>
public sealed class AdoptionTests : RigCase
{
    private const string Guarded = """[{"decision":"allow","include":[{"email":{"email":"mum@example.com"}}]}]""";

    [Fact]
    public async Task An_adopted_record_is_repointed_and_marked_after_its_rule_is_there_and_goes_with_its_container()
    {
        var zone = Cloudflare.AddZone("example.com");
        var theirs = Cloudflare.AddRecord(zone, "CNAME", "app.example.com", "elsewhere.example.net", comment: "by hand");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com"));
        var offered = Assert.Single((await rig.PassAsync(resync: true)).Remaining.Held);
        Assert.Equal(theirs, Assert.Single(Cloudflare.Records(zone)));
        var seen = new List<(string Content, bool IsRouted)>();
        Cloudflare.Observe(view => seen.Add((Assert.Single(view.Records(zone)).Content, view.FindTunnel(Tunnel().Id)!.Configuration.Json!.Contains("app.example.com", StringComparison.Ordinal))));

        rig.Reconciler.Confirmations.Adopt([offered.AdoptionId!]);
        var pass = await rig.PassAsync();

        var target = $"{Tunnel().Id}.cfargotunnel.com";
        var ours = Assert.Single(Cloudflare.Records(zone));
        Assert.Equal((theirs.Id, target, true, "dockflare:rig-owner"), (ours.Id, ours.Content, ours.Proxied, ours.Comment));
        Assert.Equal([("elsewhere.example.net", true), (target, true)], seen);
        Assert.True(pass.IsConverged);
        Assert.Contains(pass.Applied, change => change is Change.AdoptDns);

        await EndAsync(rig, nas);
        Assert.Empty(Cloudflare.Records(zone));
    }

    [Fact]
    public async Task An_adopted_rule_is_ours_and_the_ones_beside_it_stay_theirs()
    {
        Cloudflare.AddZone("example.com");
        var tunnel = Cloudflare.AddTunnel("tunnel-nas");
        Cloudflare.PutConfiguration(tunnel.Id, """{"ingress":[{"hostname":"app.example.com","service":"http://theirs:1"},{"hostname":"two.example.com","service":"http://theirs:2"},{"hostname":"stays.example.com","service":"http://theirs:3"},{"service":"http_status:404"}]}""");
        var (rig, nas) = await OneAgentAsync(adopt: true);
        rig.Report(nas, MasterRig.Wants("app.example.com"), MasterRig.Wants("two.example.com"));
        var held = (await rig.PassAsync(resync: true)).Remaining.Held;
        Assert.Equal(["app.example.com", "two.example.com"], held.Select(offer => offer.Change.Subject));

        rig.Reconciler.Confirmations.Adopt([held[0].AdoptionId!]);
        var pass = await rig.PassAsync();

        Assert.Equal(["http://app:8080", "http://theirs:2", "http://theirs:3"], Services());
        Assert.Equal(RouteState.Blocked, rig.Route("two.example.com").State);
        Assert.Equal([held[1]], pass.Remaining.Held);
        await EndAsync(rig, nas);
        Assert.Equal(["http://theirs:2", "http://theirs:3"], Services());
    }

    [Fact]
    public async Task An_adopted_application_keeps_its_id_and_no_moment_is_open()
    {
        await using var master = await DockFlare.Hosting.Tests.Reconciliation.AccessMaster.StartAsync();
        var id = AddApp(master.Cloudflare, "blog.example.com");
        master.Guard("blog.example.com");
        var offered = Assert.Single((await master.RunAsync("blog: hostname=blog.example.com access.group=family")).Remaining.Held);
        Assert.Empty(master.Reachable());

        master.Confirmations.Adopt([offered.AdoptionId!]);
        var pass = await master.PassAsync();

        Assert.Equal(["blog.example.com DockFlare-blog.example.com"], master.Reachable());
        Assert.Equal(id, master.Cloudflare.Read(view => view.AccessApps.Single(app => app.Type == "self_hosted").Id));
        Assert.True(pass.IsConverged);
        Assert.Empty(master.Exposures);
        await master.RunAsync();
        await master.PassAsync();
        Assert.Empty(master.Apps());
    }

    [Fact]
    public async Task An_application_that_covers_more_than_ours_is_not_offered()
    {
        await using var master = await DockFlare.Hosting.Tests.Reconciliation.AccessMaster.StartAsync();
        AddApp(master.Cloudflare, "blog.example.com", "other.example.com");

        var pass = await master.RunAsync("blog: hostname=blog.example.com access.group=family");

        Assert.Empty(pass.Remaining.Held);
        Assert.Equal(RouteState.Blocked, Assert.Single(pass.Routes).State);
    }

    [Fact]
    public async Task A_tunnel_of_our_name_is_adopted_with_everything_in_it()
    {
        Cloudflare.AddZone("example.com");
        var theirs = Cloudflare.AddTunnel("tunnel-nas");
        Cloudflare.PutConfiguration(theirs.Id, """{"ingress":[{"hostname":"stays.example.com","service":"http://theirs:3"},{"service":"http_status:404"}]}""");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com"));
        var pass = await rig.PassAsync(resync: true);
        Assert.Contains("agree to its adoption", pass.Faults["tunnel-nas"], StringComparison.Ordinal);

        rig.Reconciler.Confirmations.Adopt([Assert.Single(pass.Remaining.Held).AdoptionId!]);
        pass = await rig.PassAsync();

        Assert.Equal((theirs.Id, true), (Tunnel().Id, pass.Faults.Count == 0));
        Assert.Equal(["http://app:8080", "http://theirs:3"], Services());
    }

    [Theory]
    [InlineData("A", "192.0.2.9")]
    [InlineData("AAAA", "2001:db8::1")]
    public async Task An_address_is_never_offered(string type, string content)
    {
        var zone = Cloudflare.AddZone("example.com");
        Cloudflare.AddRecord(zone, type, "app.example.com", content);
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com"));

        var pass = await rig.PassAsync(resync: true);

        Assert.Empty(pass.Remaining.Held);
        Assert.DoesNotContain("adopt", rig.Route("app.example.com").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_has_changed_since_it_was_shown_is_not_adopted()
    {
        var zone = Cloudflare.AddZone("example.com");
        var theirs = Cloudflare.AddRecord(zone, "CNAME", "app.example.com", "elsewhere.example.net");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com"));
        var offered = Assert.Single((await rig.PassAsync(resync: true)).Remaining.Held);
        Cloudflare.Edit("PATCH", $"/zones/{zone}/dns_records/{theirs.Id}", """{"content":"new.example.net"}""");

        rig.Reconciler.Confirmations.Adopt([offered.AdoptionId!]);
        var pass = await rig.PassAsync();

        Assert.Equal("new.example.net", Assert.Single(Cloudflare.Records(zone)).Content);
        Assert.NotEqual(offered.AdoptionId, Assert.Single(pass.Remaining.Held).AdoptionId);
    }

    [Fact]
    public async Task A_record_is_not_taken_over_while_its_host_cannot_be_guarded()
    {
        var zone = Cloudflare.AddZone("example.com");
        Cloudflare.AddRecord(zone, "CNAME", "app.example.com", "elsewhere.example.net");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com", more: ("access.custom_rules", Guarded)));
        Cloudflare.Faults.Add("POST", "/accounts/*/access/apps", new FakeFault.Refuse(403, 10000, "Authentication error"), nth: 1);
        var offered = Assert.Single((await rig.PassAsync(resync: true)).Remaining.Held);
        Cloudflare.Faults.Add("POST", "/accounts/*/access/apps", new FakeFault.Refuse(403, 10000, "Authentication error"), nth: 1);

        rig.Reconciler.Confirmations.Adopt([offered.AdoptionId!]);
        await rig.PassAsync();
        Assert.Equal("elsewhere.example.net", Assert.Single(Cloudflare.Records(zone)).Content);

        await rig.PassAsync(resync: true);
        Assert.Equal("app.example.com", Assert.Single(Cloudflare.Read(view => view.Exposures())).Host);
    }

    [Theory]
    [InlineData(PlanMode.UpsertOnly)]
    [InlineData(PlanMode.CreateOnly)]
    public async Task No_mode_holds_what_an_operator_asked_for(PlanMode mode)
    {
        var zone = Cloudflare.AddZone("example.com");
        Cloudflare.AddRecord(zone, "CNAME", "app.example.com", "elsewhere.example.net");
        var tunnel = Cloudflare.AddTunnel("tunnel-nas");
        Cloudflare.PutConfiguration(tunnel.Id, """{"ingress":[{"hostname":"app.example.com","service":"http://theirs:1"},{"service":"http_status:404"}]}""");
        var rig = Master(master: options => options.Policy = mode);
        var nas = await rig.EnrolAsync("nas", adopt: true, cancellationToken: Cancellation);
        rig.Report(nas, MasterRig.Wants("app.example.com"));

        // The rule is in the way only where the record is not any more.
        for (var i = 0; i < 2; i++)
        {
            rig.Reconciler.Confirmations.Adopt((await rig.PassAsync()).Remaining.Held.Select(offer => offer.AdoptionId!));
        }

        var pass = await rig.PassAsync();

        Assert.True(pass.IsConverged);
        Assert.Equal(["http://app:8080"], Services());
        Assert.Equal($"{tunnel.Id}.cfargotunnel.com", Assert.Single(Cloudflare.Records(zone)).Content);
    }

    [Fact]
    public async Task Whatever_call_of_an_adoption_fails_the_end_is_the_same_and_nothing_else_is_touched()
    {
        FakeFault[] kinds = [new FakeFault.Drop(AfterApplying: true), new FakeFault.Refuse(500, 1000, "Internal Server Error"), new FakeFault.Refuse(403, 10000, "Authentication error"), FakeFault.TooManyRequests()];
        var (clean, calls) = await AdoptAllAsync(0, null);
        Assert.InRange(calls, 6, 30);
        for (var nth = 1; nth <= calls; nth++)
        {
            foreach (var kind in kinds)
            {
                Assert.Equal((nth, kind, clean), (nth, kind, (await AdoptAllAsync(nth, kind)).End));
            }
        }
    }

    [Fact]
    public async Task The_api_adopts_what_the_plan_shows_and_nothing_else()
    {
        var zone = Cloudflare.AddZone("example.com");
        foreach (var name in (string[])["a", "b", "c"])
        {
            Cloudflare.AddRecord(zone, "CNAME", $"{name}.example.com", "elsewhere.example.net");
        }

        var (rig, client) = await MasterWithApiAsync();
        using var disposing = client;
        var nas = await rig.EnrolAsync("nas", cancellationToken: Cancellation);
        rig.Report(nas, MasterRig.Wants("a.example.com"), MasterRig.Wants("b.example.com"), MasterRig.Wants("c.example.com"));
        await rig.PassAsync(resync: true);
        var plan = await GetAsync(client, "plan");
        var first = (string)plan["held"]![0]!["adopt"]!;

        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(client, "adopt", "{}"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(client, "adopt", "[17"));
        Assert.Equal(HttpStatusCode.Conflict, await PostAsync(client, "adopt", """{"ids":["0000000000000000"]}"""));
        Assert.Equal(HttpStatusCode.Conflict, await PostAsync(client, "adopt", """{"digest":"0000000000000000"}"""));
        Assert.Equal(HttpStatusCode.Conflict, await PostAsync(client, "plan/confirm", """{"digest":"0000000000000000"}"""));
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(client, "adopt", $$"""{"ids":["{{first}}"]}"""));
        await rig.PassAsync();
        Assert.Equal(["a.example.com"], Ours());

        Assert.Equal(HttpStatusCode.Conflict, await PostAsync(client, "adopt", $$"""{"digest":"{{(string)plan["adopt"]!}}"}"""));
        plan = await GetAsync(client, "plan");
        Assert.Equal(2, (int)(await GetAsync(client, "overview"))["adoptable"]!);
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(client, "adopt", $$"""{"digest":"{{(string)plan["adopt"]!}}"}"""));
        await rig.PassAsync();
        Assert.Equal(["a.example.com", "b.example.com", "c.example.com"], Ours());

        string[] Ours() => [.. Cloudflare.Records(zone).Where(record => record.Comment == "dockflare:rig-owner").Select(record => record.Name).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task A_confirmation_is_about_the_deletions_that_were_shown()
    {
        var zone = Cloudflare.AddZone("example.com");
        var (rig, client) = await MasterWithApiAsync();
        using var disposing = client;
        var nas = await rig.EnrolAsync("nas", cancellationToken: Cancellation);
        rig.Report(nas, Enumerable.Range(0, 10).Select(i => MasterRig.Wants($"app{i}.example.com")));
        await rig.PassAsync(resync: true);
        rig.Report(nas, Enumerable.Range(0, 4).Select(i => MasterRig.Wants($"app{i}.example.com")));
        await rig.PassAsync();
        Time.Advance(TimeSpan.FromHours(1));
        await rig.PassAsync();
        var shown = (string)(await GetAsync(client, "plan"))["confirm"]!;

        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(client, "plan/confirm", $$"""{"digest":"{{shown}}"}"""));
        rig.Report(nas, Enumerable.Range(0, 3).Select(i => MasterRig.Wants($"app{i}.example.com")));
        await rig.PassAsync();
        Time.Advance(TimeSpan.FromHours(1));
        await rig.PassAsync();
        Assert.Equal(3, Cloudflare.Records(zone).Count);
    }

    private static async Task<(string End, int Calls)> AdoptAllAsync(int nth, FakeFault? fault)
    {
        var time = new JumpingTime();
        await using var cloudflare = await FakeCloudflare.StartAsync(new() { Time = time }, Cancellation);
        var zone = cloudflare.AddZone("example.com");
        cloudflare.AddRecord(zone, "CNAME", "app.example.com", "elsewhere.example.net");
        cloudflare.AddRecord(zone, "CNAME", "theirs.example.com", "elsewhere.example.net");
        var tunnel = cloudflare.AddTunnel("tunnel-nas");
        cloudflare.PutConfiguration(tunnel.Id, """{"ingress":[{"hostname":"theirs.example.com","service":"http://theirs:1"},{"hostname":"two.example.com","service":"http://theirs:2"},{"service":"http_status:404"}]}""");
        AddApp(cloudflare, "app.example.com");
        await using var rig = MasterRig.Create(cloudflare, time: time);
        var nas = await rig.EnrolAsync("nas", adopt: true, cancellationToken: Cancellation);
        rig.Report(nas, MasterRig.Wants("app.example.com", more: ("access.custom_rules", Guarded)), MasterRig.Wants("two.example.com"));
        await rig.ConvergeAsync();
        var held = rig.Board.Current.Remaining.Held;
        Assert.Equal(3, held.Count);
        var open = new List<string>();
        cloudflare.Observe(view => open.AddRange(view.Exposures().Where(exposure => exposure.Host == "app.example.com" && exposure.App is not { Policies.IsEmpty: false }).Select(_ => "app.example.com was open")));
        cloudflare.Log.Reset();
        if (fault is not null)
        {
            cloudflare.Faults.Add("*", "/**", fault, nth);
        }

        rig.Reconciler.Confirmations.Adopt(held.Select(offer => offer.AdoptionId!));
        var first = await rig.PassAsync();
        var calls = cloudflare.Log.Total;
        var last = await rig.ConvergeAsync();
        Assert.Empty(last.Remaining.Held);
        return (System.Text.RegularExpressions.Regex.Replace(cloudflare.Snapshot(), " version [0-9]+", "") + string.Join('\n', open) + last.IsConverged, calls);
    }

    private static string AddApp(FakeCloudflare cloudflare, params string[] hosts)
    {
        var destinations = string.Join(',', hosts.Select(host => $$"""{"type":"public","uri":"{{host}}"}"""));
        return cloudflare.Edit(
            "POST", $"/accounts/{cloudflare.AccountId}/access/apps",
            $$$"""{"type":"self_hosted","name":"By hand","domain":"{{{hosts[0]}}}","destinations":[{{{destinations}}}],"policies":[{"name":"us","decision":"allow","include":[{"email_domain":{"domain":"example.com"}}]}]}""").GetProperty("id").GetString()!;
    }

    private async Task EndAsync(MasterRig rig, DockFlare.Core.Commands.AgentId agent)
    {
        rig.Report(agent);
        await rig.PassAsync();
        Time.Advance(TimeSpan.FromHours(1));
        await rig.PassAsync();
    }

    private static async Task<JsonObject> GetAsync(HttpClient client, string path) =>
        JsonNode.Parse(await client.GetStringAsync(new Uri(path, UriKind.Relative), Cancellation))!.AsObject();

    private static async Task<HttpStatusCode> PostAsync(HttpClient client, string path, string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(new Uri(path, UriKind.Relative), content, Cancellation);
        return response.StatusCode;
    }

    private string[] Services()
    {
        using var json = System.Text.Json.JsonDocument.Parse(Rules()!);
        return [.. json.RootElement.GetProperty("ingress").EnumerateArray().Where(rule => rule.TryGetProperty("hostname", out _)).Select(rule => rule.GetProperty("service").GetString()!)];
    }
}
