using System.Text.Json.Nodes;
using DockFlare.Core.Protocol;
using DockFlare.Tests.Reconciliation;

namespace DockFlare.Hosting.Tests.Api;

/// <summary>Access as operators ask for it, from the call to what Cloudflare holds.</summary>
public sealed class AccessCallsTests
{
    private const string Family = """{"display_name":"The family","session_duration":"12h","policies":[{"decision":"allow","include":[{"email":{"email":"mum@example.com"}}]}]}""";

    [Fact]
    public async Task A_zone_default_protects_every_host_one_level_below_until_it_is_taken_off()
    {
        await using var master = await ApiMaster.StartAsync();
        await master.RunAsync(Host("blog", ("access.policy", "default_tld")), Host("shop"), Host("own", ("access.policy", "authenticate")));
        Assert.Equal(["own.example.com under DockFlare-own.example.com", "shop.example.com under nothing"], Reachable(master));
        Assert.Equal(("none", null), await ZoneAsync(master));

        await master.CallAsync("PUT", "/api/v2/access/groups/family", Family);
        var (status, _, _) = await master.CallAsync("PUT", "/api/v2/access/zone-defaults/example.com", """{"group_ids":["family"]}""");
        var pass = await master.PassAsync();

        Assert.Equal((200, ("protected", null)), (status, await ZoneAsync(master)));
        Assert.Equal(
            ["blog.example.com under Zone Default: *.example.com", "own.example.com under DockFlare-own.example.com", "shop.example.com under Zone Default: *.example.com"], Reachable(master));
        Assert.True(pass.Remaining.Changes.All(static change => change is DockFlare.Core.Reconciliation.Change.DispatchCommand), pass.Remaining.ToString());
        master.Cloudflare.Log.Reset();
        await master.PassAsync(resync: true);
        Assert.Equal(0, master.Cloudflare.Log.Writes);

        // Nobody who counts on it is open for a moment when it goes.
        var open = new List<string>();
        master.Cloudflare.Observe(view => open.AddRange(view.Exposures().Where(static exposure => exposure.Host == "blog.example.com" && exposure.App is null).Select(static exposure => exposure.Host)));
        Assert.Equal(204, (await master.CallAsync("DELETE", "/api/v2/access/zone-defaults/example.com")).Status);
        await master.PassAsync();
        pass = await master.PassAsync();

        Assert.Empty(open);
        Assert.Equal(["own.example.com under DockFlare-own.example.com", "shop.example.com under nothing"], Reachable(master));
        Assert.Contains("no Access application covers it", pass.Routes.Single(static route => route.Host == "blog.example.com").Reason, StringComparison.Ordinal);
        Assert.Equal(["DockFlare-own.example.com"], Apps(master));
    }

    [Fact]
    public async Task Whatever_call_fails_a_default_that_is_taken_off_leaves_no_host_open()
    {
        foreach (var nth in Enumerable.Range(1, 8))
        {
            await using var master = await ApiMaster.StartAsync();
            await master.CallAsync("PUT", "/api/v2/access/groups/family", Family);
            await master.RunAsync();
            await master.CallAsync("PUT", "/api/v2/access/zone-defaults/example.com", """{"group_ids":["family"]}""");
            await master.RunAsync(Host("blog", ("access.policy", "default_tld")));
            Assert.Equal(["blog.example.com under Zone Default: *.example.com"], Reachable(master));
            var open = new List<string>();
            master.Cloudflare.Observe(view => open.AddRange(view.Exposures().Where(static exposure => exposure.App is null).Select(static exposure => exposure.Host)));
            master.Cloudflare.Faults.Add("*", "**", new DockFlare.Testing.FakeFault.Refuse(500, 1000, "Internal Server Error"), nth, times: 3);

            await master.CallAsync("DELETE", "/api/v2/access/zone-defaults/example.com");
            for (var i = 0; i < 8; i++)
            {
                await master.PassAsync();
            }

            Assert.Empty(open);
            Assert.Empty(Reachable(master));
            Assert.Empty(Apps(master));
        }
    }

    [Fact]
    public async Task A_default_of_somebody_else_is_left_alone_and_shown()
    {
        await using var master = await ApiMaster.StartAsync();
        master.Cloudflare.Edit("POST", $"/accounts/{master.Cloudflare.AccountId}/access/apps", """{"type":"self_hosted","name":"theirs","domain":"*.example.com"}""");
        await master.CallAsync("PUT", "/api/v2/access/groups/family", Family);
        await master.RunAsync(Host("own", ("access.group", "family")));

        Assert.Equal(("foreign", "The Access application 'theirs' covers it, which DockFlare does not set."), await ZoneAsync(master));
        await master.CallAsync("PUT", "/api/v2/access/zone-defaults/example.com", """{"group_ids":["family"]}""");
        await master.PassAsync();

        var (state, reason) = await ZoneAsync(master);
        Assert.Equal("waiting", state);
        Assert.Contains("'*.example.com' already belongs to the Access application 'theirs', which DockFlare did not create", reason, StringComparison.Ordinal);
        Assert.Equal(["DockFlare-own.example.com", "theirs"], Apps(master));
    }

    [Theory]
    [InlineData("PUT", "zone-defaults/elsewhere.net", """{"group_ids":["authenticated-default"]}""", 404, "There is no active zone 'elsewhere.net' that the token can see: GET /api/v2/zones lists them.")]
    [InlineData("PUT", "zone-defaults/example.com", """{"group_ids":[]}""", 400, "'group_ids' must be a list of the ids of access groups, with at least one.")]
    [InlineData("PUT", "zone-defaults/example.com", """{"group_ids":["nobody"]}""", 400, "There is no access group 'nobody'. There are: authenticated-default.")]
    [InlineData("PUT", "zone-defaults/example.com", """{"group_ids":["public-default-bypass"]}""", 400, "'public-default-bypass' lets everybody in, which protects nothing: name one of authenticated-default.")]
    [InlineData("DELETE", "zone-defaults/example.com", null, 404, "DockFlare sets no default for zone 'example.com': GET /api/v2/access/zone-defaults lists them.")]
    [InlineData("PUT", "groups/family", """{"policies":[]}""", 400, "The access group 'family' has no policy, so nobody would get in: add one.")]
    [InlineData("PUT", "groups/family", """{"policies":[{"decision":"perhaps","include":[{"everyone":{}}]}]}""", 400, "'policies[0]' cannot be used: the decision 'perhaps' is not allow, deny, bypass or non_identity.")]
    [InlineData("PUT", "groups/family", """{"policies":[{"decision":"allow","include":[{"email":{"email":"mum"}}]}]}""", 400, "In the access group 'family': 'mum' is not an e-mail address: write one such as me@example.com.")]
    [InlineData("PUT", "groups/authenticated-default", """{"policies":[{"decision":"allow","include":[{"everyone":{}}]}]}""", 400, "'authenticated-default' is a system group and says what it always says: use another id.")]
    [InlineData("DELETE", "groups/nobody", null, 404, "There is no access group 'nobody': GET /api/v2/access/groups lists them. System groups stay.")]
    [InlineData("POST", "service-tokens", """{"name":" "}""", 400, "'name' must say what the token is for, such as backup; policies name it by that.")]
    [InlineData("POST", "service-tokens", """{"name":"backup","duration":"soon"}""", 400, "'duration' is 'soon': write hours, such as 8760h, or forever.")]
    [InlineData("DELETE", "service-tokens/6ff42ae2-765d-4adf-8112-31c55c1551ef", null, 404, "There is no service token '6ff42ae2-765d-4adf-8112-31c55c1551ef': GET /api/v2/access/service-tokens lists them.")]
    public async Task What_cannot_be_followed_is_refused_with_what_to_write_instead(string method, string path, string? json, int status, string detail)
    {
        await using var master = await ApiMaster.StartAsync();
        await master.RunAsync();

        var (answered, problem) = await master.JsonAsync(method, "/api/v2/access/" + path, json);

        Assert.Equal((status, detail), (answered, (string?)problem!["detail"]));
    }

    [Fact]
    public async Task Groups_have_several_policies_and_one_that_is_named_is_not_deleted()
    {
        await using var master = await ApiMaster.StartAsync();
        await master.CallAsync("PUT", "/api/v2/access/groups/home", """
            {"policies":[{"decision":"bypass","include":[{"ip":{"ip":"203.0.113.0/24"}}]},{"decision":"allow","include":[{"email_domain":{"domain":"example.com"}}],"require":[{"login_method":{"id":"One-time PIN"}}],"exclude":[{"geo":{"country_code":"KP"}}]}]}
            """);
        await master.RunAsync(Host("blog", ("access.group", "home")));

        var (_, groups) = await master.JsonAsync("GET", "/api/v2/access/groups");
        var (status, problem) = await master.JsonAsync("DELETE", "/api/v2/access/groups/home");
        Assert.Equal(["home", "authenticated-default", "public-default-bypass"], groups!.AsArray().Select(static group => (string)group!["id"]!));
        Assert.Equal(["blog.example.com"], groups[0]!["routes"]!.AsArray().Select(static route => (string)route!));
        Assert.Equal((409, "The access group 'home' is named by blog.example.com: change those first."), (status, (string?)problem!["detail"]));

        var pin = (string)(await master.JsonAsync("GET", "/api/v2/access/identity-providers")).Json![0]!["id"]!;
        var app = JsonNode.Parse(master.Cloudflare.Read(static view => view.AccessApps.Single(static app => app.Type == "self_hosted").Json))!;
        Assert.Equal(["bypass", "allow"], app["policies"]!.AsArray().Select(static policy => (string)policy!["decision"]!));
        Assert.Contains(pin, app["policies"]![1]!["require"]!.ToJsonString(), StringComparison.Ordinal);

        await master.RunAsync();
        Assert.Equal(204, (await master.CallAsync("DELETE", "/api/v2/access/groups/home")).Status);
    }

    [Fact]
    public async Task A_service_token_is_shown_once_named_in_policies_rotated_and_deleted()
    {
        await using var master = await ApiMaster.StartAsync();
        await master.CallAsync("PUT", "/api/v2/access/groups/machines", """{"policies":[{"decision":"non_identity","include":[{"service_token":{"token_id":"backup"}}]}]}""");
        await master.RunAsync();
        var pass = await master.RunAsync(Host("nas", ("access.group", "machines")));
        Assert.Contains("In the access group 'machines': There is no service token 'backup' in the account: it has none.", pass.Routes.Single().Reason, StringComparison.Ordinal);

        var (status, made) = await master.JsonAsync("POST", "/api/v2/access/service-tokens", """{"name":"backup","duration":"720h"}""");
        await master.PassAsync();

        Assert.Equal(201, status);
        Assert.Equal(["nas.example.com under DockFlare-nas.example.com"], Reachable(master));
        var policy = master.Cloudflare.Read(view => view.AccessPolicies(master.Cloudflare.AccountId).Single());
        Assert.Equal(("non_identity", $$$"""[{"service_token":{"token_id":"{{{(string)made!["id"]!}}}"}}]"""), (policy.Decision, policy.IncludeJson));

        var secret = (string)made["client_secret"]!;
        var (_, listed, _) = await master.CallAsync("GET", "/api/v2/access/service-tokens");
        Assert.Equal((64, false), (secret.Length, listed.Contains(secret, StringComparison.Ordinal)));
        Assert.Equal((409, "The account has a service token 'Backup' already: choose another name, or rotate that one."), await RefusalAsync(master, "POST", "service-tokens", """{"name":"Backup"}"""));

        var (_, rotated) = await master.JsonAsync("POST", $"/api/v2/access/service-tokens/{(string)made["id"]!}/rotate", """{"old_secret_hours":24}""");
        Assert.NotEqual(secret, (string)rotated!["client_secret"]!);
        Assert.Equal((string)made["client_id"]!, (string)rotated["client_id"]!);
        Assert.Equal(204, (await master.CallAsync("DELETE", $"/api/v2/access/service-tokens/{(string)made["id"]!}")).Status);
        Assert.Equal("[]", (await master.CallAsync("GET", "/api/v2/access/service-tokens")).Body);
    }

    [Fact]
    public async Task A_service_token_whose_answer_was_lost_is_found_and_deleted_and_never_made_twice()
    {
        await using var master = await ApiMaster.StartAsync();
        await master.RunAsync();
        master.Cloudflare.Faults.Add("POST", "/accounts/*/access/service_tokens", new DockFlare.Testing.FakeFault.Drop(AfterApplying: true));

        var (status, problem) = await master.JsonAsync("POST", "/api/v2/access/service-tokens", """{"name":"backup"}""");

        Assert.Equal((503, "outcome_unknown"), (status, (string?)problem!["code"]));
        Assert.Contains("Whether the service token 'backup' was made is not known, and its secret is lost: DockFlare looks for it", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.StartsWith("backup (dockflare ", Assert.Single(Tokens(master)), StringComparison.Ordinal);

        // In the meantime somebody helps themselves: that one is theirs.
        master.Cloudflare.Edit("POST", $"/accounts/{master.Cloudflare.AccountId}/access/service_tokens", """{"name":"backup"}""");
        await master.PassAsync();
        Assert.Equal(["backup"], Tokens(master));
        Assert.Equal(409, (await master.CallAsync("POST", "/api/v2/access/service-tokens", """{"name":"backup"}""")).Status);
    }

    [Theory]
    [InlineData("POST", "/accounts/*/access/service_tokens", true, 503)]
    [InlineData("POST", "/accounts/*/access/service_tokens", false, 503)]
    [InlineData("PUT", "/accounts/*/access/service_tokens/*", true, 201)]
    [InlineData("PUT", "/accounts/*/access/service_tokens/*", false, 201)]
    public async Task Whatever_call_of_a_service_token_fails_there_is_one_in_the_end_and_its_secret_was_told(string method, string path, bool afterApplying, int answered)
    {
        await using var master = await ApiMaster.StartAsync();
        await master.RunAsync();
        master.Cloudflare.Faults.Add(method, path, new DockFlare.Testing.FakeFault.Drop(afterApplying));

        var (status, made) = await master.JsonAsync("POST", "/api/v2/access/service-tokens", """{"name":"backup","duration":"720h"}""");
        Assert.Equal(answered, status);
        if (status == 503)
        {
            (status, made) = await master.JsonAsync("POST", "/api/v2/access/service-tokens", """{"name":"backup","duration":"720h"}""");
        }

        await master.PassAsync();
        var (_, listed) = await master.JsonAsync("GET", "/api/v2/access/service-tokens");
        var token = Assert.Single(listed!.AsArray())!;
        Assert.Equal((201, 64), (status, ((string)made!["client_secret"]!).Length));
        Assert.Equal(((string)made["id"]!, "backup", true), ((string)token["id"]!, (string)token["name"]!, (bool)token["is_ours"]!));
        Assert.Equal(["backup"], Tokens(master));

        // One that was not seen to be made may still be: it is looked for at each pass for an hour, and otherwise nothing is asked.
        master.Cloudflare.Log.Reset();
        await master.PassAsync();
        Assert.Equal(method == "POST" && !afterApplying ? 1 : 0, master.Cloudflare.Log.Total);
    }

    [Fact]
    public async Task A_rotation_whose_answer_was_lost_says_that_the_old_secret_may_be_gone()
    {
        await using var master = await ApiMaster.StartAsync();
        await master.RunAsync();
        var (_, made) = await master.JsonAsync("POST", "/api/v2/access/service-tokens", """{"name":"backup"}""");
        var path = $"service-tokens/{(string)made!["id"]!}/rotate";
        master.Cloudflare.Faults.Add("POST", "/accounts/*/access/service_tokens/*/rotate", new DockFlare.Testing.FakeFault.Drop(AfterApplying: true));

        var (status, detail) = await RefusalAsync(master, "POST", path, "{}");

        Assert.Equal(503, status);
        Assert.Contains("Whether the service token 'backup' has a new secret is not known, and the old one may not work any more: rotate it again.", detail, StringComparison.Ordinal);
        Assert.Equal(200, (await master.CallAsync("POST", "/api/v2/access/" + path, "{}")).Status);
    }

    [Fact]
    public async Task A_service_token_of_somebody_else_is_named_and_left_alone()
    {
        await using var master = await ApiMaster.StartAsync();
        master.Cloudflare.Edit("POST", $"/accounts/{master.Cloudflare.AccountId}/access/service_tokens", """{"name":"theirs"}""");
        await master.CallAsync("PUT", "/api/v2/access/groups/machines", """{"policies":[{"decision":"non_identity","include":[{"service_token":{"token_id":"Theirs"}}]}]}""");
        await master.RunAsync(Host("nas", ("access.group", "machines")));
        master.Cloudflare.Log.Reset();
        await master.PassAsync(resync: true);

        // Ids do not change, so the list of tokens is not read again.
        Assert.Equal(3, master.Cloudflare.Log.ByEndpoint.Where(static pair => pair.Key.Contains("/access/", StringComparison.Ordinal)).Sum(static pair => pair.Value));
        Assert.Equal(["nas.example.com under DockFlare-nas.example.com"], Reachable(master));
        var id = (string)(await master.JsonAsync("GET", "/api/v2/access/service-tokens")).Json![0]!["id"]!;
        Assert.Equal((409, "The service token 'theirs' was not made by DockFlare, so it is left alone: use the Zero Trust dashboard."), await RefusalAsync(master, "DELETE", $"service-tokens/{id}", null));
    }

    [Fact]
    public async Task What_cloudflare_refuses_is_said_in_its_words_and_with_the_permission()
    {
        await using var master = await ApiMaster.StartAsync();
        await master.RunAsync();
        master.Cloudflare.Faults.Add("POST", "/accounts/*/access/service_tokens", new DockFlare.Testing.FakeFault.Refuse(403, 10000, "Authentication error"));

        var (status, detail) = await RefusalAsync(master, "POST", "service-tokens", """{"name":"backup"}""");

        Assert.Equal(502, status);
        Assert.Contains("lacks the permission 'Account / Access: Service Tokens / Edit'", detail, StringComparison.Ordinal);
    }

    private static async Task<(int Status, string? Detail)> RefusalAsync(ApiMaster master, string method, string path, string? json)
    {
        var (status, problem) = await master.JsonAsync(method, "/api/v2/access/" + path, json);
        return (status, (string?)problem!["detail"]);
    }

    private static async Task<(string State, string? Reason)> ZoneAsync(ApiMaster master)
    {
        var zone = (await master.JsonAsync("GET", "/api/v2/access/zone-defaults")).Json!.AsArray().Single()!;
        return ((string)zone["state"]!, (string?)zone["reason"]);
    }

    private static ContainerSnapshot Host(string name, params (string Key, string Value)[] labels) => MasterRig.Wants($"{name}.example.com", more: labels);

    private static string[] Reachable(ApiMaster master) => master.Cloudflare.Read(static view => view.Exposures().Select(static exposure => $"{exposure.Host} under {exposure.App?.Name ?? "nothing"}").ToArray());

    private static string[] Tokens(ApiMaster master)
    {
        var answer = master.Cloudflare.Edit("GET", $"/accounts/{master.Cloudflare.AccountId}/access/service_tokens");
        return [.. answer.EnumerateArray().Select(static token => token.GetProperty("name").GetString()!)];
    }

    private static string[] Apps(ApiMaster master) => master.Cloudflare.Read(static view => view.AccessApps.Where(static app => app.Type == "self_hosted").Select(static app => app.Name).Order(StringComparer.Ordinal).ToArray());
}
