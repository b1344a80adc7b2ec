using System.Globalization;
using System.Text.Json;

namespace DockFlare.Tests.Fake;

public sealed class AccessTests : FakeCase
{
    private string Access => $"/accounts/{Account}/access";

    private static string App(string name, string domain, string more = "") => $$"""{"type":"self_hosted","name":"{{name}}","domain":"{{domain}}"{{more}}}""";

    private async Task<string> Policy(string name = "staff") =>
        (await Post($"{Access}/policies", $$$"""{"name":"{{{name}}}","decision":"allow","include":[{"email_domain":{"domain":"example.com"}}]}""")).Id;

    private void Zone() => Fake.AddZone("example.com");

    [Fact]
    public async Task An_application_is_made_with_201_and_deleted_with_202()
    {
        Zone();
        var policy = await Policy();

        var created = await Post($"{Access}/apps", App("app", "app.example.com", $",\"policies\":[\"{policy}\"]"));

        Assert.Equal("201", created.Verdict);
        Assert.Equal(64, created.Text("aud")!.Length);
        Assert.Equal("""[{"type":"public","uri":"app.example.com"}]""", created.Result.GetProperty("destinations").GetRawText());
        Assert.Equal(("24h", "True"), (created.Text("session_duration"), created.Text("app_launcher_visible")));
        var expanded = Assert.Single(created.Result.GetProperty("policies").EnumerateArray());
        Assert.Equal(
            (policy, "staff", "allow", true, 1),
            (expanded.GetProperty("id").GetString(), expanded.GetProperty("name").GetString(), expanded.GetProperty("decision").GetString(), expanded.GetProperty("reusable").GetBoolean(), expanded.GetProperty("precedence").GetInt32()));
        var deleted = await Delete($"{Access}/apps/{created.Id}");
        Assert.Equal(("202", $$"""{"id":"{{created.Id}}"}"""), (deleted.Verdict, deleted.Result.GetRawText()));
        Assert.Equal("404/11021", (await Delete($"{Access}/apps/{created.Id}")).Code);
        Assert.Equal("405/10405", (await Patch($"{Access}/apps/{created.Id}", "{}")).Code);
    }

    [Fact]
    public async Task A_PUT_replaces_everything_but_policies_that_it_leaves_out()
    {
        Zone();
        var policy = await Policy();
        var created = await Post($"{Access}/apps", App("app", "app.example.com", $$""","policies":["{{policy}}"],"session_duration":"1h","logo_url":"https://x.example.com/l.png" """));

        var kept = await Put($"{Access}/apps/{created.Id}", App("renamed", "app.example.com"));
        Assert.Equal(("renamed", "24h", created.Text("aud")), (kept.Text("name"), kept.Text("session_duration"), kept.Text("aud")));
        Assert.False(kept.Result.TryGetProperty("logo_url", out _));
        Assert.Single(kept.Result.GetProperty("policies").EnumerateArray());
        var emptied = await Put($"{Access}/apps/{created.Id}", App("renamed", "app.example.com", ",\"policies\":[]"));
        Assert.Empty(emptied.Result.GetProperty("policies").EnumerateArray());
    }

    [Fact]
    public async Task A_domain_belongs_to_one_application()
    {
        Zone();
        await Post($"{Access}/apps", App("one", "app.example.com", """,  "destinations":[{"type":"public","uri":"app.example.com"},{"type":"public","uri":"b.example.com/admin"}]"""));

        Assert.Equal("409/11010 access.api.error.application_already_exists", (await Post($"{Access}/apps", App("two", "b.example.com/admin"))).Verdict);
        var other = await Post($"{Access}/apps", App("two", "b.example.com"));
        Assert.Equal("201", other.Verdict);
        Assert.Equal("409/11010", (await Put($"{Access}/apps/{other.Id}", App("two", "APP.example.com"))).Code);
        Assert.Equal("200", (await Put($"{Access}/apps/{other.Id}", App("two", "b.example.com"))).Verdict);
    }

    [Theory]
    [InlineData(""" "domain":"https://app.example.com" """)]
    [InlineData(""" "domain":"app.example.com:8443" """)]
    [InlineData(""" "domain":"app.elsewhere.net" """)]
    [InlineData(""" "domain":"*a*.example.com" """)]
    [InlineData(""" "name":"no domain" """)]
    [InlineData(""" "domain":"app.example.com","tags":["missing"] """)]
    [InlineData(""" "domain":"app.example.com","policies":["nothing"] """)]
    [InlineData(""" "domain":"app.example.com","allowed_idps":["nothing"] """)]
    [InlineData(""" "domain":"app.example.com","auto_redirect_to_identity":true """)]
    [InlineData(""" "domain":"app.example.com","session_duration":"1 day" """)]
    [InlineData(""" "domain":"app.example.com","allow_authenticate_via_warp":true """)]
    [InlineData(""" "domain":"app.example.com","same_site_cookie_attribute":"some" """)]
    [InlineData(""" "domain":"app.example.com","cors_headers":{"allow_all_methods":true} """)]
    [InlineData(""" "domain":"app.example.com","options_preflight_bypass":true,"cors_headers":{"allow_all_methods":true,"allow_all_origins":true} """)]
    [InlineData(""" "domain":"app.example.com","destinations":[{"uri":"1.example.com"},{"uri":"2.example.com"},{"uri":"3.example.com"},{"uri":"4.example.com"},{"uri":"5.example.com"},{"uri":"6.example.com"}] """)]
    public async Task An_application_that_is_wrong_is_12130(string members)
    {
        Zone();

        Assert.Equal("400/12130", (await Post($"{Access}/apps", $"{{\"type\":\"self_hosted\",\"name\":\"app\",{members.Replace("\"name\":\"no domain\"", "\"logo_url\":\"\"", StringComparison.Ordinal)}}}")).Code);
        Assert.Equal(["App Launcher"], (await Get($"{Access}/apps")).Names());
    }

    [Fact]
    public async Task A_pending_zone_guards_nothing()
    {
        Fake.AddZone("example.com", status: "pending");

        Assert.Equal("400/12130", (await Post($"{Access}/apps", App("app", "app.example.com"))).Code);
    }

    [Fact]
    public async Task Policies_are_ordered_by_precedence_which_is_unique()
    {
        Zone();
        var (one, two) = (await Policy("one"), await Policy("two"));

        var app = await Post($"{Access}/apps", App("app", "app.example.com", $$""","policies":[{"id":"{{one}}","precedence":9},{"id":"{{two}}","precedence":3}]"""));
        Assert.Equal(["two", "one"], app.Result.GetProperty("policies").EnumerateArray().Select(static policy => policy.GetProperty("name").GetString()));
        Assert.Equal(
            "400/12130 access.api.error.invalid_request: policy precedences must be unique",
            (await Put($"{Access}/apps/{app.Id}", App("app", "app.example.com", $$""","policies":[{"id":"{{one}}","precedence":1},{"id":"{{two}}","precedence":1}]"""))).Verdict);
        Assert.Equal(
            "400/12130 access.api.error.invalid_request: reusable and inline policies cannot be mixed",
            (await Put($"{Access}/apps/{app.Id}", App("app", "app.example.com", $$$""","policies":["{{{one}}}",{"name":"own","decision":"bypass","include":[{"everyone":{}}]}]"""))).Verdict);
    }

    [Fact]
    public async Task A_policy_in_use_is_409_until_it_is_taken_off()
    {
        Zone();
        var policy = await Policy();
        var app = (await Post($"{Access}/apps", App("app", "app.example.com", $",\"policies\":[\"{policy}\"]"))).Id;

        Assert.Equal("1", (await Get($"{Access}/policies/{policy}")).Text("app_count"));
        Assert.Equal("409/12130", (await Delete($"{Access}/policies/{policy}")).Code);
        await Put($"{Access}/apps/{app}", App("app", "app.example.com", ",\"policies\":[]"));
        Assert.Equal("202", (await Delete($"{Access}/policies/{policy}")).Verdict);
        Assert.Equal("404/12135", (await Get($"{Access}/policies/{policy}")).Code);
    }

    [Theory]
    [InlineData("""{"name":"p","decision":"permit","include":[{"everyone":{}}]}""", "400/12130")]
    [InlineData("""{"name":"p","decision":"allow","include":[]}""", "400/12130")]
    [InlineData("""{"name":"p","decision":"allow","include":[{"nobody":{}}]}""", "400/12130")]
    [InlineData("""{"name":"p","decision":"allow","include":[{"github_organization":{"name":"x"}}]}""", "400/12130")]
    [InlineData("""{"name":"p","decision":"allow","include":[{"ip":{"ip":"10.0.0.0/99"}}]}""", "400/12130")]
    [InlineData("""{"name":"p","decision":"allow","include":[{"group":{"id":"4b4c1a9c-0000-4000-8000-000000000000"}}]}""", "400/11020")]
    [InlineData("""{"decision":"allow","include":[{"everyone":{}}]}""", "400/12130")]
    [InlineData("""{"name":"p","decision":"bypass","include":[{"everyone":{}}],"require":[{"ip":{"ip":"10.0.0.0/8"}}]}""", "201")]
    public async Task A_policy_is_checked(string json, string code) => Assert.Equal(code, (await Post($"{Access}/policies", json)).Code);

    [Fact]
    public async Task Two_policies_of_one_name_are_twins()
    {
        var (one, two) = (await Policy(), await Policy());

        Assert.NotEqual(one, two);
        Assert.Equal(["staff", "staff"], (await Get($"{Access}/policies")).Names());
    }

    [Fact]
    public async Task The_limit_of_policies_is_500()
    {
        for (var i = 0; i < 500; i++)
        {
            Fake.Edit("POST", $"{Access}/policies", string.Create(CultureInfo.InvariantCulture, $"{{\"name\":\"p{i}\",\"decision\":\"allow\",\"include\":[{{\"everyone\":{{}}}}]}}"));
        }

        Assert.Equal("400/12130", (await Post($"{Access}/policies", """{"name":"p","decision":"allow","include":[{"everyone":{}}]}""")).Code);
        Assert.Equal("""{"page":5,"per_page":100,"count":100,"total_count":500}""", (await Get($"{Access}/policies?page=5")).Json.GetProperty("result_info").GetRawText());
        Assert.Equal("400/1001", (await Get($"{Access}/policies?per_page=1001")).Code);
    }

    [Fact]
    public async Task An_application_has_policies_of_its_own_the_old_way()
    {
        Zone();
        var app = (await Post($"{Access}/apps", App("app", "app.example.com"))).Id;

        var own = await Post($"{Access}/apps/{app}/policies", """{"name":"own","decision":"allow","include":[{"everyone":{}}]}""");
        Assert.Equal(("201", "False"), (own.Verdict, own.Text("reusable")));
        Assert.Equal("renamed", (await Put($"{Access}/apps/{app}/policies/{own.Id}", """{"name":"renamed","decision":"deny","include":[{"everyone":{}}]}""")).Text("name"));
        Assert.Equal(["renamed"], (await Get($"{Access}/apps/{app}/policies")).Names());
        Assert.Equal("202", (await Delete($"{Access}/apps/{app}/policies/{own.Id}")).Verdict);
        Assert.Empty((await Get($"{Access}/apps/{app}/policies")).Names());
    }

    [Fact]
    public async Task A_service_token_tells_its_secret_only_when_it_is_new()
    {
        var created = await Post($"{Access}/service_tokens", """{"name":"ci","duration":"24h"}""");
        var path = $"{Access}/service_tokens/{created.Id}";

        Assert.Equal(("201", "2026-11-21T12:00:00Z"), (created.Verdict, created.Text("expires_at")));
        Assert.EndsWith(".access", created.Text("client_id"), StringComparison.Ordinal);
        Assert.False((await Get(path)).Result.TryGetProperty("client_secret", out _));
        var rotated = await Send("POST", $"{path}/rotate");
        Assert.Equal(("200", "2", "2026-11-20T12:00:00Z"), (rotated.Verdict, rotated.Text("client_secret_version"), rotated.Text("previous_client_secret_expires_at")));
        Assert.NotEqual(created.Text("client_secret"), rotated.Text("client_secret"));
        Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal("2026-11-21T13:00:00Z", (await Send("POST", $"{path}/refresh")).Text("expires_at"));
        var deleted = await Delete(path);
        Assert.Equal(("200", "ci"), (deleted.Verdict, deleted.Text("name")));
        Assert.Equal("404/12135", (await Get(path)).Code);
        Assert.Equal("400/12130", (await Post($"{Access}/service_tokens", """{"name":"ci","duration":"a year"}""")).Code);
    }

    [Fact]
    public async Task A_tag_is_made_before_it_is_used_and_comes_back_sorted()
    {
        Zone();
        Assert.Equal("201", (await Post($"{Access}/tags", """{"name":"zulu"}""")).Verdict);
        await Post($"{Access}/tags", """{"name":"alpha"}""");

        var app = await Post($"{Access}/apps", App("app", "app.example.com", ""","tags":["zulu","alpha"]"""));

        Assert.Equal("""["alpha","zulu"]""", app.Result.GetProperty("tags").GetRawText());
        Assert.Equal("1", (await Get($"{Access}/tags/zulu")).Text("app_count"));
        Assert.Equal("409/12130", (await Post($"{Access}/tags", """{"name":"zulu"}""")).Code);
        Assert.Equal("""{"name":"zulu"}""", (await Delete($"{Access}/tags/zulu")).Result.GetRawText());
        Assert.Equal("404/12135", (await Delete($"{Access}/tags/zulu")).Code);
    }

    [Fact]
    public async Task A_group_is_loaded_by_the_policies_that_name_it()
    {
        var group = await Post($"{Access}/groups", """{"name":"admins","include":[{"email":{"email":"a@example.com"}}]}""");

        Assert.Equal("201", group.Verdict);
        Assert.Equal("201", (await Post($"{Access}/policies", $$$"""{"name":"p","decision":"allow","include":[{"group":{"id":"{{{group.Id}}}"}}]}""")).Verdict);
        Assert.Equal(["admins"], (await Get($"{Access}/groups?name=admins")).Names());
        Assert.Equal("202", (await Delete($"{Access}/groups/{group.Id}")).Verdict);
        Assert.Equal("404/12152", (await Get($"{Access}/groups/{group.Id}")).Code);
    }

    [Fact]
    public async Task The_one_time_PIN_is_there_and_secrets_of_providers_stay_inside()
    {
        Assert.Equal(["onetimepin"], (await Get($"{Access}/identity_providers")).Names("type"));
        var created = await Post($"{Access}/identity_providers", """{"name":"GitHub","type":"github","config":{"client_id":"id","client_secret":"hush"}}""");

        Assert.Equal("201", created.Verdict);
        Assert.DoesNotContain("hush", created.Body, StringComparison.Ordinal);
        Assert.Equal("400/12130", (await Post($"{Access}/identity_providers", """{"name":"x","type":"unheard","config":{}}""")).Code);
    }

    [Fact]
    public async Task The_organization_tells_and_takes_its_auth_domain()
    {
        Assert.EndsWith(".cloudflareaccess.com", (await Get($"{Access}/organizations")).Text("auth_domain"), StringComparison.Ordinal);

        Assert.Equal("team.cloudflareaccess.com", (await Put($"{Access}/organizations", """{"auth_domain":"team.cloudflareaccess.com"}""")).Text("auth_domain"));
    }

    [Fact]
    public async Task Where_Zero_Trust_was_never_set_up_every_call_says_so()
    {
        Fake.SetAccessEnabled(false);

        var reply = await Get($"{Access}/apps");
        Assert.StartsWith("403/9999 access.api.error.not_enabled", reply.Verdict, StringComparison.Ordinal);
        Fake.SetAccessEnabled(true);
        Assert.Equal("200", (await Get($"{Access}/apps")).Verdict);
    }

    [Fact]
    public async Task Applications_are_found_by_name_domain_and_aud()
    {
        Zone();
        var app = await Post($"{Access}/apps", App("Wiki", "wiki.example.com"));
        await Post($"{Access}/apps", App("Wiki old", "old.example.com"));

        Assert.Equal(["Wiki", "Wiki old"], (await Get($"{Access}/apps?name=wiki")).Names());
        Assert.Equal(["Wiki"], (await Get($"{Access}/apps?name=wiki&exact=true")).Names());
        Assert.Equal(["Wiki"], (await Get($"{Access}/apps?domain=wiki.example.com")).Names());
        Assert.Equal(["Wiki"], (await Get($"{Access}/apps?aud={app.Text("aud")}")).Names());
        Assert.Equal(JsonValueKind.Object, (await Get($"{Access}/apps/{app.Id}")).Result.ValueKind);
    }
}
