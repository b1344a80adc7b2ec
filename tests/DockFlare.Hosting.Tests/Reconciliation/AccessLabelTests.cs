using System.Text.Json.Nodes;
using DockFlare.Hosting.Tests.Api;
using DockFlare.Tests.Reconciliation;

namespace DockFlare.Hosting.Tests.Reconciliation;

/// <summary>Each <c>access.*</c> label, from the container to the application at Cloudflare.</summary>
public sealed class AccessLabelTests
{
    private const string Allow = """{"policies":[{"decision":"allow","include":[{"email":{"email":"%"}}]}]}""";

    [Theory]
    [InlineData("access.group=family", "DockFlare-app.example.com | 24h | hidden | no redirect | idps: | DockFlare-AccessGroup-family: allow")]
    [InlineData("access.groups=staff,family", "DockFlare-app.example.com | 8h | shown | redirect | idps: One-time PIN | DockFlare-AccessGroup-staff: allow, DockFlare-AccessGroup-family: allow")]
    [InlineData("access.groups=family;access.group=staff", "DockFlare-app.example.com | 24h | hidden | no redirect | idps: | DockFlare-AccessGroup-family: allow")]
    [InlineData("access.group=bypass", "DockFlare-app.example.com | 24h | hidden | no redirect | idps: | DockFlare-Default-Public-Access-Bypass: bypass")]
    [InlineData("access.policy=bypass", "DockFlare-app.example.com | 24h | hidden | no redirect | idps: | DockFlare-Default-Public-Access-Bypass: bypass")]
    [InlineData("access.policy=authenticate", "DockFlare-app.example.com | 24h | hidden | no redirect | idps: One-time PIN | DockFlare-Default-Authenticated-Access: allow")]
    [InlineData("access.policy=authenticate;access.name=The app", "The app | 24h | hidden | no redirect | idps: One-time PIN | DockFlare-Default-Authenticated-Access: allow")]
    [InlineData("access.policy=bypass;access.session_duration=30m", "DockFlare-app.example.com | 30m | hidden | no redirect | idps: | DockFlare-Default-Public-Access-Bypass: bypass")]
    [InlineData("access.policy=bypass;access.app_launcher_visible=yes", "DockFlare-app.example.com | 24h | shown | no redirect | idps: | DockFlare-Default-Public-Access-Bypass: bypass")]
    [InlineData("access.policy=bypass;access.allowed_idps=one-time pin", "DockFlare-app.example.com | 24h | hidden | no redirect | idps: One-time PIN | DockFlare-Default-Public-Access-Bypass: bypass")]
    [InlineData("access.policy=authenticate;access.auto_redirect_to_identity=true", "DockFlare-app.example.com | 24h | hidden | redirect | idps: One-time PIN | DockFlare-Default-Authenticated-Access: allow")]
    [InlineData(
        """access.custom_rules=[{"name":"office","decision":"bypass","include":[{"ip":{"ip":"203.0.113.0/24"}}]},{"decision":"allow","include":[{"email_domain":{"domain":"example.com"}}]}]""",
        "DockFlare-app.example.com | 24h | hidden | no redirect | idps: | office: bypass, DockFlare-app.example.com 2: allow")]
    public async Task A_label_becomes_what_it_says(string labels, string application)
    {
        await using var master = await MasterAsync();

        var pass = await master.RunAsync(MasterRig.Wants("app.example.com", more: Labels(labels)));

        Assert.Equal(application, Application(master));
        Assert.Equal(["app.example.com"], master.Cloudflare.Read(static view => view.Exposures().Where(static exposure => exposure.App is not null).Select(static exposure => exposure.Host)));
        Assert.True(pass.Remaining.Changes.All(static change => change is DockFlare.Core.Reconciliation.Change.DispatchCommand), pass.Remaining.ToString());
    }

    [Theory]
    [InlineData("access.group=familly", "There is no access group 'familly': did you mean 'family'?")]
    [InlineData("access.policy=autenticate", "authenticate")]
    [InlineData("access.policy=authenticate;access.allowed_idps=Google", "'Google' in access.allowed_idps is no identity provider of the account: write one of One-time PIN.")]
    [InlineData("access.policy=bypass;access.auto_redirect_to_identity=true", "needs exactly one allowed identity provider, and there are 0")]
    [InlineData("access.policy=default_tld", "no Access application covers it")]
    [InlineData("access.custom_rules=[{", "access.custom_rules")]
    [InlineData("""access.custom_rules=[{"decision":"allow","include":[{"login_method":{"id":"Google"}}]}]""", "In access.custom_rules: There is no identity provider 'Google' in the account: write one of One-time PIN.")]
    public async Task What_cannot_be_made_out_exposes_nothing_and_says_what_to_write(string labels, string reason)
    {
        await using var master = await MasterAsync();

        var pass = await master.RunAsync(MasterRig.Wants("app.example.com", more: Labels(labels)));

        Assert.Empty(master.Cloudflare.Read(static view => view.Exposures()));
        Assert.Contains(reason, pass.Routes.Single().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_origin_access_cloudflared_itself_demands_the_token_of_the_application()
    {
        await using var master = await MasterAsync();

        await master.RunAsync(MasterRig.Wants("app.example.com", more: [("access.group", "family"), ("origin.access", "true")]), MasterRig.Wants("open.example.com"));

        var app = master.Cloudflare.Read(static view => view.AccessApps.Single(static app => app.Type == "self_hosted"));
        var rules = JsonNode.Parse(master.Cloudflare.FindTunnelByName("nas")!.Configuration.Json!)!["ingress"]!.AsArray().ToDictionary(static rule => (string?)rule!["hostname"] ?? "", static rule => rule!["originRequest"]?["access"]?.ToJsonString());
        Assert.Equal($$"""{"required":true,"teamName":"team-{{master.Cloudflare.AccountId[..8]}}","audTag":["{{app.Audience}}"]}""", rules["app.example.com"]);
        Assert.Null(rules["open.example.com"]);
        Assert.Equal([("app.example.com", true), ("open.example.com", false)], master.Cloudflare.Read(static view => view.Exposures().Select(static exposure => (exposure.Host, exposure.DemandsToken)).ToArray()));
    }

    [Fact]
    public async Task A_guarded_wildcard_is_closed_at_any_depth()
    {
        await using var master = await MasterAsync();

        await master.RunAsync(MasterRig.Wants("*.example.com", more: [("access.group", "family")]));

        Assert.Equal([("*.example.com", "DockFlare-*.example.com", true)], master.Cloudflare.Read(static view => view.Exposures().Select(static exposure => (exposure.Host, exposure.App!.Name, exposure.DemandsToken)).ToArray()));
    }

    private static async Task<ApiMaster> MasterAsync()
    {
        var master = await ApiMaster.StartAsync();
        await master.CallAsync("PUT", "/api/v2/access/groups/family", Allow.Replace("%", "mum@example.com", StringComparison.Ordinal));
        await master.CallAsync(
            "PUT", "/api/v2/access/groups/staff",
            """{"session_duration":"8h","app_launcher_visible":true,"auto_redirect_to_identity":true,"allowed_idps":["One-time PIN"],"policies":[{"decision":"allow","include":[{"email":{"email":"boss@example.com"}}]}]}""");
        return master;
    }

    private static (string, string)[] Labels(string labels) => [.. labels.Split(';').Select(static label => (label[..label.IndexOf('=', StringComparison.Ordinal)], label[(label.IndexOf('=', StringComparison.Ordinal) + 1)..]))];

    private static string Application(ApiMaster master)
    {
        var app = JsonNode.Parse(master.Cloudflare.Read(static view => view.AccessApps.Single(static app => app.Type == "self_hosted").Json))!;
        var idps = app["allowed_idps"]!.AsArray().Select(id => (string)id!).ToList();
        return string.Join(
            " | ",
            (string)app["name"]!,
            (string)app["session_duration"]!,
            (bool)app["app_launcher_visible"]! ? "shown" : "hidden",
            (bool)app["auto_redirect_to_identity"]! ? "redirect" : "no redirect",
            idps.Count == 0 ? "idps:" : "idps: One-time PIN",
            string.Join(", ", app["policies"]!.AsArray().Select(static policy => $"{(string)policy!["name"]!}: {(string)policy["decision"]!}")));
    }
}
