using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Core.Ingress;
using DockFlare.Core.Reconciliation;
using static DockFlare.Tests.Access.AccessSetting;

namespace DockFlare.Tests.Access;

/// <summary>Fail closed: what a plan does about protection, sentence by sentence.</summary>
public sealed class AccessPlannerTests
{
    private const string Family = "hostname=app.example.com\naccess.group=family";
    private const string Public = "hostname=app.example.com";
    private const string Broken = "hostname=app.example.com\naccess.group=nobody";

    private static readonly ObservedAccess NoAccess = new() { TeamName = "team" };

    [Fact]
    public void A_host_is_guarded_before_it_is_routed_and_routed_before_it_is_published() => Assert.Equal(
        [
            "Guard + policy   DockFlare-AccessGroup-family",
            "Guard + access   app.example.com: DockFlare-AccessGroup-family",
            "Route ~ ingress  nas: 1 added",
            $"Publish + record   app.example.com -> {TunnelId}.cfargotunnel.com",
        ],
        Steps(Plan(Desired(Family), Bare(NoAccess))));

    [Fact]
    public void Hosts_of_one_group_share_its_policy()
    {
        var plan = Plan(Desired(Family, "hostname=b.example.com\naccess.group=family"), Bare(NoAccess));

        Assert.Single(plan.Changes.OfType<Change.CreatePolicy>());
        Assert.Equal(["app.example.com", "b.example.com"], plan.Changes.OfType<Change.CreateAccess>().Select(static change => change.Subject));
    }

    [Fact]
    public void A_plan_that_was_applied_leaves_nothing_to_plan()
    {
        var desired = Desired(Family, "hostname=b.example.com\naccess.groups=office,staff", "hostname=c.example.com\naccess.custom_rules=[{\"decision\":\"allow\",\"include\":[{\"email\":{\"email\":\"A@B.example\"}}]}]");

        Assert.Equal(Core.Reconciliation.Plan.Empty, Plan(desired, Served(desired, AccessOf(desired))));
    }

    [Fact]
    public void A_host_whose_application_could_not_be_made_stays_out_of_ingress_and_dns()
    {
        var plan = Plan(Desired(Family), Bare(NoAccess with { Unmade = [new("app.example.com", "Cloudflare said no.")] }));

        Assert.Equal(["Guard + policy   DockFlare-AccessGroup-family"], Steps(plan));
        Assert.Equal([new BlockedRoute(new("app.example.com", RulePath.Any), "'app.example.com' is not exposed, because its Access application could not be brought up to date. Cloudflare said no.")], plan.Blocked);
    }

    [Fact]
    public void A_host_whose_policy_could_not_be_made_stays_out_and_stops_no_other()
    {
        var plan = Plan(Desired(Family, "hostname=b.example.com"), Bare(NoAccess with { Unmade = [new("family/1", "Cloudflare said no.")] }));

        Assert.Equal(["Route ~ ingress  nas: 1 added", $"Publish + record   b.example.com -> {TunnelId}.cfargotunnel.com"], Steps(plan));
        Assert.Equal("app.example.com", Assert.Single(plan.Blocked).Key.Host);
    }

    [Fact]
    public void A_host_whose_policy_cannot_be_made_out_is_not_exposed()
    {
        var plan = Plan(Desired(Broken), Bare(NoAccess));

        Assert.Empty(plan.Changes);
        Assert.Contains("There is no access group 'nobody'", Assert.Single(plan.Blocked).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_live_host_whose_policy_cannot_be_made_out_stays_under_its_last_application()
    {
        var before = Desired(Family);

        var plan = Plan(Desired(Broken), Served(before, AccessOf(before)));

        Assert.Equal(Core.Reconciliation.Plan.Empty, plan);
    }

    [Fact]
    public void A_live_host_whose_policy_cannot_be_made_out_is_withdrawn_when_its_last_application_is_gone()
    {
        var plan = Plan(Desired(Broken), Served(Desired(Family), NoAccess));

        Assert.Equal([$"Withdraw - record   app.example.com -> {TunnelId}.cfargotunnel.com", "Route ~ ingress  nas: 1 removed"], Steps(plan));
    }

    [Fact]
    public void A_live_host_whose_last_application_has_no_policy_any_more_is_withdrawn()
    {
        var before = Desired(Family);
        var access = AccessOf(before);

        var plan = Plan(Desired(Broken), Served(before, access with { Apps = [access.Apps[0] with { Policies = [] }] }));

        Assert.Equal([ChangePhase.Withdraw, ChangePhase.Route, ChangePhase.Unguard], plan.Changes.Select(static change => change.Phase));
    }

    [Fact]
    public void A_live_public_host_that_asks_for_protection_that_cannot_be_had_is_withdrawn()
    {
        var plan = Plan(Desired(Broken), Served(Desired(Public), NoAccess));

        Assert.Equal([ChangePhase.Withdraw, ChangePhase.Route], plan.Changes.Select(static change => change.Phase));
    }

    [Theory]
    [InlineData(PlanMode.UpsertOnly)]
    [InlineData(PlanMode.CreateOnly)]
    public void What_closes_an_exposure_is_never_held(PlanMode mode)
    {
        var hosts = Enumerable.Range(0, 20).Select(static number => $"hostname=h{number}.example.com").ToArray();
        var plan = Plan(
            Desired([.. hosts.Select(static host => host + "\naccess.group=nobody")]), Served(Desired(hosts), NoAccess), new() { Mode = mode, MaxDeletePercent = 0 });

        Assert.Equal(20, plan.Changes.OfType<Change.DeleteDns>().Count());
        Assert.Equal(20, Assert.Single(plan.Changes.OfType<Change.PutIngress>()).Removed.Count);
        Assert.DoesNotContain(plan.Held, static change => change.Change is Change.DeleteDns);
    }

    [Fact]
    public void An_application_that_somebody_deleted_is_made_anew_and_the_live_host_stays()
    {
        var desired = Desired(Family);

        Assert.Equal(
            ["Guard + access   app.example.com: DockFlare-AccessGroup-family"],
            Steps(Plan(desired, Served(desired, AccessOf(desired) with { Apps = [] }))));
    }

    [Fact]
    public void A_live_host_whose_application_is_gone_and_cannot_be_made_anew_is_withdrawn()
    {
        var desired = Desired(Family);
        var plan = Plan(desired, Served(desired, AccessOf(desired) with { Apps = [], Unmade = [new("app.example.com", "Cloudflare said no.")] }));

        Assert.Equal([ChangePhase.Withdraw, ChangePhase.Route], plan.Changes.Select(static change => change.Phase));
    }

    [Fact]
    public void A_live_host_whose_policy_could_not_be_changed_stays_and_a_new_one_waits()
    {
        var catalog = Catalog with { Groups = [Catalog.Groups[0] with { Policies = [new(AccessDecision.Allow) { Include = [new(AccessSelectorKind.Email, "aunt@example.com")] }] }] };
        var before = Desired(Family);
        var after = Desired(catalog, Family, "hostname=b.example.com\naccess.group=family");

        var changing = Plan(after, Served(before, AccessOf(before)));
        var failed = Plan(after, Served(before, AccessOf(before) with { Unmade = [new("family/1", "Cloudflare said no.")] }));

        Assert.Equal("Guard ~ policy   DockFlare-AccessGroup-family", Steps(changing)[0]);
        Assert.Empty(failed.Changes);
        Assert.Equal("b.example.com", Assert.Single(failed.Blocked).Key.Host);
    }

    [Fact]
    public void Changing_groups_replaces_the_application_whole_and_drops_the_policy_afterwards()
    {
        var before = Desired("hostname=app.example.com\naccess.group=office");
        var after = Desired(Family);

        var plan = Plan(after, Served(before, AccessOf(before)));

        Assert.Equal(
            [
                "Guard + policy   DockFlare-AccessGroup-family", "Guard ~ access   app.example.com: DockFlare-AccessGroup-family",
                "Unguard - policy   DockFlare-AccessGroup-office", "Unguard - policy   DockFlare-AccessGroup-office (2)",
            ],
            Steps(plan));
    }

    [Fact]
    public void A_host_becomes_public_only_because_its_labels_say_so_and_last_of_all()
    {
        var before = Desired("hostname=app.example.com\naccess.group=family\norigin.access=true");
        var served = Served(before with { Routes = [before.Routes[0] with { Rule = before.Routes[0].Rule with { Origin = new() { Access = new(true, "team", ["aud-app.example.com"]) } } }] }, AccessOf(before));

        Assert.Equal(Core.Reconciliation.Plan.Empty, Plan(before, served));
        Assert.Equal(
            ["Route ~ ingress  nas: 1 changed", "Unguard - policy   DockFlare-AccessGroup-family", "Unguard - access   app.example.com"],
            Steps(Plan(Desired(Public), served)));
    }

    [Fact]
    public void A_host_that_leaves_loses_its_application_after_record_and_rule()
    {
        var before = Desired(Family);

        Assert.Equal(
            [ChangePhase.Withdraw, ChangePhase.Route, ChangePhase.Unguard, ChangePhase.Unguard],
            Plan(Desired(), Served(before, AccessOf(before))).Changes.Select(static change => change.Phase));
    }

    [Fact]
    public void An_application_stays_as_long_as_the_brake_holds_its_record_or_its_rule()
    {
        var hosts = Enumerable.Range(0, 20).Select(static number => $"hostname=h{number}.example.com\naccess.group=family").ToArray();
        var before = Desired(hosts);

        var plan = Plan(Desired(), Served(before, AccessOf(before)));

        Assert.DoesNotContain(plan.Changes, static change => change.Phase == ChangePhase.Unguard);
        Assert.Equal(20, plan.Held.Count(static change => change.Change is Change.DeleteDns));
    }

    [Fact]
    public void An_application_stays_while_a_zone_cannot_be_read()
    {
        var before = Desired(Family);
        var plan = Plan(Desired(), Served(before, AccessOf(before)) with { Dns = [], UnreadZones = [new(Zone, "no answer")] });

        Assert.DoesNotContain(plan.Changes, static change => change.Phase == ChangePhase.Unguard);
    }

    [Fact]
    public void While_access_cannot_be_read_live_hosts_stay_and_new_ones_wait()
    {
        var before = Desired(Family);
        var plan = Plan(Desired(Family, "hostname=b.example.com\naccess.group=family"), Served(before, new() { Unread = "No answer." }));

        Assert.Empty(plan.Changes);
        Assert.Equal([new BlockedRoute(new("b.example.com", RulePath.Any), "'b.example.com' waits, because the Access applications could not be read. No answer.")], plan.Blocked);
    }

    [Fact]
    public void An_application_of_somebody_else_on_the_host_blocks_it_and_is_left_alone()
    {
        var foreign = new ObservedApp("f", "Blog", "aud") { Destinations = ["app.example.com/*"] };
        var plan = Plan(Desired(Family), Bare(NoAccess with { Apps = [foreign] }));

        Assert.DoesNotContain(plan.Changes, static change => change.Phase is ChangePhase.Route or ChangePhase.Publish || change is Change.CreateAccess or Change.UpdateAccess or Change.DeleteAccess);
        Assert.Equal(
            "'app.example.com' is to be guarded by the application 'DockFlare-app.example.com', but 'app.example.com' already belongs to the Access application 'Blog', which DockFlare did not create; it is left as it is, and the host is not exposed. Delete it or adopt it, or use another hostname.",
            Assert.Single(plan.Blocked).Reason);
    }

    [Fact]
    public void A_policy_of_our_name_that_is_not_ours_is_neither_used_nor_changed_nor_deleted()
    {
        var desired = Desired(Family);
        var foreign = AsWanted(desired.Policies[0]) with { OwnedAs = null };

        var steps = Steps(Plan(desired, Bare(NoAccess with { Policies = [foreign] })));

        Assert.Equal("Guard + policy   DockFlare-AccessGroup-family [abc123]", steps[0]);
        Assert.Empty(Plan(Desired(Public), Served(Desired(Public), NoAccess with { Policies = [foreign] })).Changes);
    }

    [Fact]
    public void A_rule_whose_token_is_checked_is_routed_only_when_its_application_is_seen()
    {
        var desired = Desired("hostname=app.example.com\npath=/admin\naccess.group=family");

        var first = Plan(desired, Bare(NoAccess));
        var second = Plan(desired, Bare(AccessOf(desired)));

        Assert.Equal([ChangePhase.Guard, ChangePhase.Guard], first.Changes.Select(static change => change.Phase));
        Assert.Equal(new OriginAccess(true, "team", ["aud-app.example.com/admin"]), Assert.Single(Assert.Single(second.Changes.OfType<Change.PutIngress>()).Rules).Origin.Access);
    }

    [Fact]
    public void Without_the_team_name_a_rule_whose_token_is_checked_is_not_routed()
    {
        var desired = Desired("hostname=app.example.com\npath=/admin\naccess.group=family");

        Assert.DoesNotContain(Plan(desired, Bare(AccessOf(desired) with { TeamName = null })).Changes, static change => change.Phase is ChangePhase.Route or ChangePhase.Publish);
    }

    public static TheoryData<string, string[], bool, string?> ZoneDefaults => new()
    {
        { "app.example.com", ["*.example.com"], false, null },
        { "app.example.com", [], false, "no Access application covers it" },
        { "example.com", ["*.example.com"], false, "no Access application covers it" },
        { "a.b.example.com", ["*.example.com"], false, "no Access application covers it" },
        { "app.example.com", ["*.example.com", "app.example.com"], false, "is more specific and answers for it" },
        { "app.example.com", ["*.example.com", "ap*.example.com"], false, "is more specific and answers for it" },
        { "app.example.com", ["*.example.com"], true, "lets everybody in" },
    };

    [Theory]
    [MemberData(nameof(ZoneDefaults))]
    public void A_host_left_to_the_zone_is_exposed_only_under_the_zones_own_application(string host, string[] domains, bool isPublic, string? reason)
    {
        var policy = new AccessPolicy(isPublic ? AccessDecision.Bypass : AccessDecision.Allow) { Include = [AccessSelector.Everyone] };
        var apps = domains.Select((domain, at) => new ObservedApp($"f{at}", $"App {domain}", "aud") { Destinations = [domain], Policies = [new($"p{at}", policy)] }).ToEquatableArray();

        var plan = Plan(Desired($"hostname={host}\naccess.policy=default_tld"), Bare(NoAccess with { Apps = apps }));

        Assert.Equal(reason is null, plan.Changes.Any(static change => change.Phase == ChangePhase.Publish));
        Assert.Contains(reason ?? "", plan.Blocked.IsEmpty ? "" : Assert.Single(plan.Blocked).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_that_goes_over_to_the_zones_application_keeps_being_served()
    {
        var before = Desired(Family);
        var zone = new ObservedApp("f", "Zone Default: *.example.com", "aud") { Destinations = ["*.example.com"], Policies = [new("p", new(AccessDecision.Allow) { Include = [AccessSelector.Everyone] })] };
        var access = AccessOf(before);

        Assert.Equal(
            ["Unguard - policy   DockFlare-AccessGroup-family", "Unguard - access   app.example.com"],
            Steps(Plan(Desired("hostname=app.example.com\naccess.policy=default_tld"), Served(before, access with { Apps = [.. access.Apps, zone] }))));
    }

    [Fact]
    public void Applications_and_policies_of_others_are_never_touched()
    {
        var foreign = new ObservedApp("f", "DockFlare-app.example.com", "aud") { Destinations = ["other.example.com"], Policies = [new("p", new(AccessDecision.Bypass) { Include = [AccessSelector.Everyone] })] };
        var access = NoAccess with { Apps = [foreign], Policies = [foreign.Policies[0]] };

        Assert.Empty(Plan(Desired(), Bare(access)).Changes);
    }
}
