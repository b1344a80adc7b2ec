using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Reconciliation;
using DockFlare.Testing;
using DockFlare.Tests.Reconciliation;

namespace DockFlare.Hosting.Tests.Api;

/// <summary>What operators let go of stays as it is and is touched no more; and policies, which are adopted like everything else.</summary>
public sealed class ReleaseTests
{
    private const string Family = """{"policies":[{"decision":"allow","include":[{"email":{"email":"mum@example.com"}}]}]}""";
    private const string Theirs = """{"name":"DockFlare-AccessGroup-family","decision":"allow","include":[{"email":{"email":"dad@example.com"}}]}""";

    [Fact]
    public async Task A_host_that_is_released_whole_is_served_on_as_it_is_and_outlives_its_container()
    {
        await using var master = await ServedAsync();
        var before = Things(master);
        Assert.Contains("\"dockflare-tests\"", before, StringComparison.Ordinal);
        var open = Watch(master);

        Assert.Equal(202, (await ReleaseAsync(master, "rule", "record", "application")).Status);
        await ConvergeAsync(master);

        var after = Things(master);
        Assert.Equal(before.Replace("dockflare:tests", "", StringComparison.Ordinal).Replace("\"dockflare-tests\"", "", StringComparison.Ordinal), after);
        Assert.Equal(["blog.example.com under DockFlare-blog.example.com"], Reachable(master));
        Assert.DoesNotContain(await ExistingAsync(master), static thing => (string)thing!["kind"]! is "rule" or "record" or "application" && (string)thing["owner"]! == "ours");

        await master.RunAsync();
        await ConvergeAsync(master);
        Assert.Equal(after, Things(master));
        Assert.Empty(open);
    }

    [Fact]
    public async Task What_was_released_is_offered_for_adoption_again_and_is_as_before_then()
    {
        await using var master = await ServedAsync();
        var before = Things(master);
        await ReleaseAsync(master, "rule", "record", "application");
        await ConvergeAsync(master);
        Assert.Equal(RouteState.Blocked, Assert.Single((await master.PassAsync()).Routes).State);

        for (var i = 0; i < 3; i++)
        {
            var (_, plan) = await master.JsonAsync("GET", "/api/v2/plan");
            if ((string?)plan!["adopt"] is { } digest)
            {
                Assert.Equal(202, (await master.CallAsync("POST", "/api/v2/adopt", $$"""{"digest":"{{digest}}"}""")).Status);
            }

            await master.PassAsync();
        }

        Assert.Equal(before, Things(master));
        Assert.True((await master.PassAsync(resync: true)).Remaining.IsEmpty);
    }

    [Theory]
    [InlineData("application")]
    [InlineData("rule")]
    [InlineData("record")]
    public async Task A_part_that_is_released_alone_leaves_no_moment_open(string kind)
    {
        await using var master = await ServedAsync();
        var open = Watch(master);

        Assert.Equal(202, (await ReleaseAsync(master, kind)).Status);
        await ConvergeAsync(master);

        Assert.Empty(open);
        Assert.Equal("foreign", (string?)(await ExistingAsync(master)).Single(thing => (string)thing!["kind"]! == kind)!["owner"]);
        Assert.Equal(RouteState.Blocked, Assert.Single((await master.PassAsync()).Routes).State);
        await master.RunAsync();
        await ConvergeAsync(master);
        Assert.Empty(open);
        Assert.Equal(1, (await ExistingAsync(master)).Count(thing => (string)thing!["kind"]! == kind));
    }

    [Fact]
    public async Task Whatever_call_of_a_release_fails_nothing_is_open_and_nothing_that_was_let_go_is_touched()
    {
        FakeFault[] kinds = [new FakeFault.Drop(AfterApplying: true), new FakeFault.Drop(AfterApplying: false), new FakeFault.Refuse(500, 1000, "Internal Server Error"), new FakeFault.Refuse(403, 10000, "Authentication error")];
        var (clean, calls) = await ReleaseUnderAsync(0, null);
        Assert.InRange(calls, 3, 12);
        for (var nth = 1; nth <= calls; nth++)
        {
            foreach (var kind in kinds)
            {
                Assert.Equal($"{nth} {kind}\n{clean}", $"{nth} {kind}\n{(await ReleaseUnderAsync(nth, kind)).End}");
            }
        }
    }

    [Theory]
    [InlineData("""{}""", 400)]
    [InlineData("""{"digest":"0000000000000000"}""", 400)]
    [InlineData("""{"ids":["0000000000000000"]}""", 409)]
    public async Task Nothing_else_than_what_is_shown_is_released(string body, int status)
    {
        await using var master = await ServedAsync();
        var before = Things(master);

        Assert.Equal(status, (await master.CallAsync("POST", "/api/v2/release", body)).Status);
        await ConvergeAsync(master);

        Assert.Equal(before, Things(master));
    }

    [Fact]
    public async Task A_policy_is_adopted_with_its_id_and_ours_beside_it_goes()
    {
        await using var master = await ApiMaster.StartAsync();
        var theirs = AddPolicy(master);
        await master.CallAsync("PUT", "/api/v2/access/groups/family", Family);
        var open = Watch(master);
        await master.RunAsync(Blog());
        await ConvergeAsync(master);
        Assert.Equal(["DockFlare-AccessGroup-family", "DockFlare-AccessGroup-family [tests]"], Policies(master));
        Assert.True((await ExistingAsync(master)).Single(thing => (string?)thing!["id"] == theirs)!["adoptable"]!.GetValue<bool>());
        var (_, plan) = await master.JsonAsync("GET", "/api/v2/plan");
        var offer = Assert.Single(plan!["held"]!.AsArray());
        Assert.Equal("adopt_policy", (string?)offer!["change"]!["kind"]);

        Assert.Equal(202, (await master.CallAsync("POST", "/api/v2/adopt", $$"""{"ids":["{{(string)offer["adopt"]!}}"]}""")).Status);
        await ConvergeAsync(master);

        Assert.Equal(["DockFlare-AccessGroup-family"], Policies(master));
        var used = Assert.Single(master.Cloudflare.Read(static view => view.AccessApps.Single(static app => app.Type == "self_hosted").Policies));
        Assert.Equal(theirs, used.Id);
        Assert.Contains("mum@example.com", master.Cloudflare.Read(view => view.AccessPolicies(master.Cloudflare.AccountId).Single().IncludeJson), StringComparison.Ordinal);
        Assert.Empty(open);

        Assert.Equal(202, (await ReleaseAsync(master, "policy")).Status);
        await ConvergeAsync(master);
        Assert.Equal(["DockFlare-AccessGroup-family", "DockFlare-AccessGroup-family [tests]"], Policies(master));
        Assert.NotEqual(theirs, Assert.Single(master.Cloudflare.Read(static view => view.AccessApps.Single(static app => app.Type == "self_hosted").Policies)).Id);
        Assert.Empty(open);
        await master.RunAsync();
        await ConvergeAsync(master);
        Assert.Equal(theirs, Assert.Single(master.Cloudflare.Read(view => view.AccessPolicies(master.Cloudflare.AccountId).ToList())).Id);
    }

    [Fact]
    public async Task A_policy_that_an_application_of_somebody_uses_is_not_offered()
    {
        await using var master = await ApiMaster.StartAsync();
        var theirs = AddPolicy(master);
        master.Cloudflare.Edit("POST", $"/accounts/{master.Cloudflare.AccountId}/access/apps", $$"""{"type":"self_hosted","name":"theirs","domain":"theirs.example.com","policies":["{{theirs}}"]}""");
        await master.CallAsync("PUT", "/api/v2/access/groups/family", Family);
        await master.RunAsync(Blog());
        await ConvergeAsync(master);

        Assert.Empty((await master.JsonAsync("GET", "/api/v2/plan")).Json!["held"]!.AsArray());
        var shown = (await ExistingAsync(master)).Single(thing => (string?)thing!["id"] == theirs)!;
        Assert.Equal((false, "Applications that are not DockFlare's use it, so it is not offered for adoption: adopt those first."), (shown["adoptable"]!.GetValue<bool>(), (string?)shown["note"]));
    }

    private static async Task<(string End, int Calls)> ReleaseUnderAsync(int nth, FakeFault? fault)
    {
        await using var master = await ServedAsync();
        var open = Watch(master);
        await ReleaseAsync(master, "rule", "record", "application");
        master.Cloudflare.Log.Reset();
        if (fault is not null)
        {
            master.Cloudflare.Faults.Add("*", "/**", fault, nth);
        }

        await master.PassAsync();
        var calls = master.Cloudflare.Log.Total;
        await ConvergeAsync(master);
        await master.RunAsync();
        await ConvergeAsync(master);
        return (Things(master) + string.Join('\n', open), calls);
    }

    private static async Task<ApiMaster> ServedAsync()
    {
        var master = await ApiMaster.StartAsync();
        await master.CallAsync("PUT", "/api/v2/access/groups/family", Family);
        await master.RunAsync(Blog());
        await ConvergeAsync(master);
        Assert.Equal(["blog.example.com under DockFlare-blog.example.com"], Reachable(master));
        return master;
    }

    private static async Task ConvergeAsync(ApiMaster master)
    {
        for (var i = 0; i < 4; i++)
        {
            await master.PassAsync(resync: i % 2 == 0);
        }
    }

    private static ContainerSnapshot Blog() => MasterRig.Wants("blog.example.com", more: [("access.group", "family")]);

    private static async Task<JsonArray> ExistingAsync(ApiMaster master) => (await master.JsonAsync("GET", "/api/v2/existing")).Json!["things"]!.AsArray();

    private static async Task<(int Status, string Body)> ReleaseAsync(ApiMaster master, params string[] kinds)
    {
        var ids = (await ExistingAsync(master)).Where(thing => kinds.Contains((string)thing!["kind"]!)).Select(static thing => (string?)thing!["release"]).OfType<string>().ToList();
        Assert.Equal(kinds.Length, ids.Count);
        var (status, body, _) = await master.CallAsync("POST", "/api/v2/release", $$"""{"ids":["{{string.Join("\",\"", ids)}}"]}""");
        return (status, body);
    }

    private static string AddPolicy(ApiMaster master) => master.Cloudflare.Edit("POST", $"/accounts/{master.Cloudflare.AccountId}/access/policies", Theirs).GetProperty("id").GetString()!;

    private static string[] Policies(ApiMaster master) => master.Cloudflare.Read(view => view.AccessPolicies(master.Cloudflare.AccountId).Select(static policy => policy.Name).Order(StringComparer.Ordinal).ToArray());

    private static string[] Reachable(ApiMaster master) => master.Cloudflare.Read(static view => view.Exposures().Select(static exposure => $"{exposure.Host} under {exposure.App?.Name ?? "nothing"}").ToArray());

    // The record, the rules and the application as they are, without when they were written.
    private static string Things(ApiMaster master)
    {
        var app = JsonNode.Parse(master.Cloudflare.Read(static view => view.AccessApps.SingleOrDefault(static app => app.Type == "self_hosted")?.Json ?? "{}"))!.AsObject();
        app = new(app.ToList().Select(static property => KeyValuePair.Create(property.Key, property.Value?.DeepClone())).OrderBy(static property => property.Key, StringComparer.Ordinal));
        var zone = master.Cloudflare.Read(static view => view.Zones.Single().Id);
        var records = master.Cloudflare.Records(zone).Select(static record => $"{record.Id} {record.Name} {record.Type} {record.Content} {record.Proxied} '{record.Comment}'");
        return $"{string.Join('\n', records)}\n{master.Cloudflare.FindTunnelByName("nas")!.Configuration.Json}\n{Regex.Replace(app.ToJsonString(), "\"(created|updated)_at\":\"[^\"]*\",?", "")}";
    }

    private static List<string> Watch(ApiMaster master)
    {
        var open = new List<string>();
        master.Cloudflare.Observe(view => open.AddRange(view.Exposures()
            .Where(static exposure => exposure.App is null || exposure.App.Policies.IsEmpty)
            .Select(static exposure => $"{exposure.Host} reached {exposure.Service} under {exposure.App?.Name ?? "nothing"}")));
        return open;
    }
}
