using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Persistence;
using DockFlare.Testing;

namespace DockFlare.Hosting.Tests.Reconciliation;

/// <summary>Access from labels to Cloudflare, through the wire.</summary>
public sealed class AccessReconcileTests
{
    private const string Guarded = "blog: hostname=blog.example.com access.group=family";
    private const string Public = "blog: hostname=blog.example.com";

    [Fact]
    public async Task A_guarded_host_is_served_under_its_application_and_the_next_pass_is_empty()
    {
        await using var master = await AccessMaster.StartAsync();
        master.Guard("blog.example.com");

        var pass = await master.RunAsync(Guarded);
        master.Cloudflare.Log.Reset();
        var next = await master.PassAsync();

        Assert.Equal(["blog.example.com DockFlare-blog.example.com"], master.Reachable());
        Assert.Equal(["DockFlare-blog.example.com: DockFlare-AccessGroup-family"], master.Apps());
        Assert.Equal((true, true, 0), (pass.Remaining.IsEmpty, next.Remaining.IsEmpty, master.Cloudflare.Log.Total));
        Assert.Empty(master.Exposures);
    }

    [Fact]
    public async Task A_resync_reads_three_lists_and_writes_nothing()
    {
        await using var master = await AccessMaster.StartAsync();
        await master.RunAsync(Guarded, "b: hostname=b.example.com access.policy=authenticate",
            "c: hostname=c.example.com access.custom_rules=[{\"decision\":\"allow\",\"include\":[{\"email\":{\"email\":\"A@B.example\"}},{\"ip\":{\"ip\":\"203.0.113.7\"}}]}]", "d: hostname=d.example.com path=/admin access.group=staff");
        master.Cloudflare.Log.Reset();

        var pass = await master.PassAsync(resync: true);

        Assert.Equal(0, master.Cloudflare.Log.Writes);
        Assert.Equal(3, master.Cloudflare.Log.ByEndpoint.Where(static pair => pair.Key.Contains("/access/", StringComparison.Ordinal)).Sum(static pair => pair.Value));
        Assert.True(pass.Remaining.IsEmpty);
    }

    [Fact]
    public async Task Without_access_labels_access_is_never_asked()
    {
        await using var master = await AccessMaster.StartAsync();

        await master.RunAsync(Public);
        await master.PassAsync(resync: true);

        Assert.DoesNotContain(master.Cloudflare.Log.ByEndpoint.Keys, static endpoint => endpoint.Contains("/access/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_guarded_path_demands_the_token_of_its_own_application()
    {
        await using var master = await AccessMaster.StartAsync();

        var pass = await master.RunAsync("blog: hostname=blog.example.com path=/admin access.group=family");

        var app = master.Cloudflare.Read(static view => view.AccessApps.Single(static app => app.Type == "self_hosted"));
        Assert.Equal(["blog.example.com/admin", "blog.example.com/admin/*"], app.Domains);
        var json = master.Cloudflare.Configuration(master.Cloudflare.FindTunnelByName("nas")!.Id).Json!;
        Assert.Contains($$"""{"required":true,"teamName":"team-{{master.Cloudflare.AccountId[..8]}}","audTag":["{{app.Audience}}"]}""", json, StringComparison.Ordinal);
        Assert.True(pass.Remaining.IsEmpty, pass.Remaining + string.Join("\n", pass.Routes.Select(static r => r.ToString())) + string.Join("\n", pass.Applied.Select(static c => c.Describe())) + string.Join("\n", pass.Faults));
    }

    [Fact]
    public async Task From_guarded_to_public_and_back_nothing_is_exposed_that_should_not_be()
    {
        await using var master = await AccessMaster.StartAsync();
        master.Guard("blog.example.com");
        await master.RunAsync(Guarded);
        Assert.Empty(master.Exposures);

        master.Unguard("blog.example.com");
        await master.RunAsync(Public);
        Assert.Equal(["blog.example.com public"], master.Reachable());
        Assert.Equal(([], []), (master.Apps(), master.Policies()));

        await master.RunAsync(Guarded);
        Assert.Equal(["blog.example.com DockFlare-blog.example.com"], master.Reachable());
    }

    [Fact]
    public async Task Another_group_takes_over_without_an_open_moment_and_the_old_policy_goes()
    {
        await using var master = await AccessMaster.StartAsync();
        master.Guard("blog.example.com");
        await master.RunAsync(Guarded);

        await master.RunAsync("blog: hostname=blog.example.com access.group=staff");
        await master.PutGroupAsync("staff", "boss@example.com", "deputy@example.com");
        await master.PassAsync();

        Assert.Equal(["DockFlare-blog.example.com: DockFlare-AccessGroup-staff"], master.Apps());
        Assert.Equal(["DockFlare-AccessGroup-staff"], master.Policies());
        Assert.Contains("deputy@example.com", master.Cloudflare.Read(view => view.AccessPolicies(master.Cloudflare.AccountId).Single().IncludeJson), StringComparison.Ordinal);
        Assert.Empty(master.Exposures);
    }

    [Fact]
    public async Task A_host_that_leaves_takes_its_application_and_policy_with_it()
    {
        await using var master = await AccessMaster.StartAsync();
        master.Guard("blog.example.com");
        await master.RunAsync(Guarded);

        await master.RunAsync();
        var pass = await master.RunAsync();

        Assert.Equal(([], [], []), (master.Reachable(), master.Apps(), master.Policies()));
        Assert.True(pass.Remaining.IsEmpty);
        Assert.Empty(master.Exposures);
    }

    [Fact]
    public async Task An_unknown_group_is_not_exposed_and_says_why()
    {
        await using var master = await AccessMaster.StartAsync();
        master.Guard("blog.example.com");

        var pass = await master.RunAsync("blog: hostname=blog.example.com access.group=familly");

        Assert.Empty(master.Reachable());
        Assert.Equal((RouteState.Blocked, "There is no access group 'familly': did you mean 'family'? Until then 'blog.example.com' is not exposed."), (pass.Routes[0].State, pass.Routes[0].Reason));
    }

    [Fact]
    public async Task A_live_host_outlives_its_group_and_is_withdrawn_when_its_application_is_deleted_too()
    {
        await using var master = await AccessMaster.StartAsync();
        await master.RunAsync(Guarded);

        await master.Groups.DeleteAsync("family", TestContext.Current.CancellationToken);
        await master.PassAsync(resync: true);
        Assert.Equal(["blog.example.com DockFlare-blog.example.com"], master.Reachable());

        var app = master.Cloudflare.Read(static view => view.AccessApps.Single(static app => app.Type == "self_hosted"));
        master.Cloudflare.Edit("DELETE", $"/accounts/{app.AccountId}/access/apps/{app.Id}");
        await master.PassAsync(resync: true);
        Assert.Empty(master.Reachable());
    }

    [Fact]
    public async Task An_application_that_somebody_deleted_is_made_anew()
    {
        await using var master = await AccessMaster.StartAsync();
        await master.RunAsync(Guarded);
        var app = master.Cloudflare.Read(static view => view.AccessApps.Single(static app => app.Type == "self_hosted"));
        master.Cloudflare.Edit("DELETE", $"/accounts/{app.AccountId}/access/apps/{app.Id}");

        var pass = await master.PassAsync(resync: true);

        Assert.Equal(["blog.example.com DockFlare-blog.example.com"], master.Reachable());
        Assert.True(pass.Remaining.IsEmpty);
    }

    [Fact]
    public async Task An_application_of_somebody_else_on_the_host_is_left_alone_and_the_host_is_not_exposed()
    {
        await using var master = await AccessMaster.StartAsync();
        master.Guard("blog.example.com");
        master.Cloudflare.Edit("POST", $"/accounts/{master.Cloudflare.AccountId}/access/apps", """{"type":"self_hosted","name":"DockFlare-blog.example.com","domain":"blog.example.com"}""");

        var pass = await master.RunAsync(Guarded);

        Assert.Empty(master.Reachable());
        Assert.Equal(["DockFlare-blog.example.com: "], master.Apps());
        Assert.Contains("which DockFlare did not create", pass.Routes[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_ours_is_known_again_after_a_restart()
    {
        await using var master = await AccessMaster.StartAsync(store: new InMemoryStateStore());
        await master.RunAsync(Guarded);
        await master.RestartAsync();
        master.Cloudflare.Log.Reset();

        var pass = await master.RunAsync(Guarded);

        Assert.Equal((0, true), (master.Cloudflare.Log.Writes, pass.Remaining.IsEmpty));
    }

    [Fact]
    public async Task Three_hundred_guarded_containers_that_share_three_policies_start_within_320_calls()
    {
        await using var master = await AccessMaster.StartAsync();
        await master.PutGroupAsync("guests", "guest@example.com");
        string[] groups = ["family", "staff", "guests"];
        var hosts = Enumerable.Range(0, 300).Select(static number => $"h{number}.example.com").ToArray();
        master.Guard(hosts);

        var pass = await master.RunAsync([.. hosts.Select((host, at) => $"c{at}: hostname={host} access.group={groups[at % 3]}")]);

        TestContext.Current.TestOutputHelper?.WriteLine($"{master.Cloudflare.Log.Total} calls in {pass.Duration}");
        Assert.InRange(master.Cloudflare.Log.Total, 300, 320);
        Assert.Equal((300, 3), (master.Reachable().Length, master.Policies().Length));
        Assert.True(pass.Remaining.IsEmpty);
        Assert.Empty(master.Exposures);
    }

    [Theory]
    [InlineData("apps")]
    [InlineData("policies")]
    public async Task While_access_cannot_be_read_live_hosts_stay_and_new_ones_wait(string list)
    {
        await using var master = await AccessMaster.StartAsync();
        master.Guard("blog.example.com", "new.example.com");
        await master.RunAsync(Guarded);
        await master.RestartAsync();
        master.Cloudflare.Faults.Add("GET", $"/accounts/*/access/{list}", new FakeFault.Refuse(403, 10000, "Authentication error"), times: 100);

        var pass = await master.RunAsync(Guarded, "new: hostname=new.example.com access.group=family");

        Assert.Equal(["blog.example.com DockFlare-blog.example.com"], master.Reachable());
        Assert.Contains("could not be read", pass.Routes.Single(static route => route.Route == "new.example.com").Reason, StringComparison.Ordinal);
    }
}
