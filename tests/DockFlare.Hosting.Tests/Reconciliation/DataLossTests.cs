using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Persistence;
using DockFlare.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>The data folder is lost: what Cloudflare still shows has to be enough not to take anything down.</summary>
public sealed class DataLossTests : RigCase
{
    [Fact]
    public async Task What_was_served_stays_served_and_its_rules_are_offered_for_adoption()
    {
        Cloudflare.AddZone("example.com");
        var (lost, before) = await OneAgentAsync();
        lost.Report(before, MasterRig.Wants("app.example.com"), MasterRig.Wants("blog.example.com"));
        await lost.PassAsync(resync: true);
        var end = Cloudflare.Snapshot();
        var without = 0;
        Cloudflare.Observe(view => without += view.Exposures().Count == 2 ? 0 : 1);

        var (next, nas) = await OneAgentAsync(new InMemoryStateStore(), adopt: true);
        next.Report(nas, MasterRig.Wants("app.example.com"), MasterRig.Wants("blog.example.com"));
        var pass = await next.PassAsync(resync: true);
        Assert.Equal((end, 0), (Cloudflare.Snapshot(), without));

        next.Reconciler.Confirmations.Adopt(pass.Remaining.Held.Select(held => held.AdoptionId!));
        pass = await next.PassAsync();

        Assert.Equal((end, 0, true), (Cloudflare.Snapshot(), without, pass.IsConverged));
        Assert.All(pass.Routes, route => Assert.NotEqual(RouteState.Blocked, route.State));
    }

    [Fact]
    public async Task Guarded_hosts_stay_guarded_under_the_application_they_had_because_its_tag_proves_it()
    {
        await using var master = await DockFlare.Hosting.Tests.Reconciliation.AccessMaster.StartAsync();
        string[] containers = ["a: hostname=a.example.com access.group=family", "b: hostname=b.example.com path=/admin access.group=staff"];
        master.Guard("a.example.com");
        await master.RunAsync(containers);
        var (reachable, ids) = (master.Reachable(), AppIds(master));

        await master.LoseDataAsync();
        var pass = await master.RunAsync(containers);
        Assert.Equal((2, ids), (master.Reachable().Length, AppIds(master)));
        master.Confirmations.Adopt(pass.Remaining.Held.Select(held => held.AdoptionId!));
        pass = await master.PassAsync();

        Assert.Equal(reachable, master.Reachable());
        Assert.Equal(ids, AppIds(master));
        Assert.True(pass.IsConverged, pass.Remaining.ToString());
        Assert.Empty(master.Exposures);
        await master.RunAsync();
        await master.PassAsync();
        Assert.Empty(master.Apps());
    }

    [Fact]
    public async Task A_tagged_application_that_nothing_asks_for_is_left_alone()
    {
        await using var master = await DockFlare.Hosting.Tests.Reconciliation.AccessMaster.StartAsync();
        master.Guard("a.example.com");
        await master.RunAsync("a: hostname=a.example.com access.group=family");
        var ids = AppIds(master);

        await master.LoseDataAsync();
        await master.RunAsync("b: hostname=b.example.com access.group=family");
        await master.PassAsync(resync: true);

        Assert.Contains(ids, AppIds(master), StringComparison.Ordinal);
        Assert.Empty(master.Exposures);
    }

    [Fact]
    public async Task The_tag_of_another_installation_proves_nothing()
    {
        await using var master = await DockFlare.Hosting.Tests.Reconciliation.AccessMaster.StartAsync();
        var account = $"/accounts/{master.Cloudflare.AccountId}/access";
        master.Cloudflare.Edit("POST", $"{account}/tags", """{"name":"dockflare-others"}""");
        master.Cloudflare.Edit("POST", $"{account}/apps", """{"type":"self_hosted","name":"DockFlare-a.example.com","domain":"a.example.com","tags":["dockflare-others"]}""");

        var pass = await master.RunAsync("a: hostname=a.example.com access.group=family");

        Assert.Equal(RouteState.Blocked, Assert.Single(pass.Routes).State);
        Assert.Equal(["DockFlare-a.example.com: "], master.Apps());
    }

    [Theory]
    [InlineData(403)]
    [InlineData(400)]
    [InlineData(500)]
    public async Task Where_the_tag_cannot_be_made_hosts_are_guarded_without_it(int status)
    {
        await using var master = await DockFlare.Hosting.Tests.Reconciliation.AccessMaster.StartAsync();
        master.Guard("a.example.com");
        master.Cloudflare.Faults.Add("POST", "/accounts/*/access/tags", new FakeFault.Refuse(status, 12130, "no"), times: 100);

        var pass = await master.RunAsync("a: hostname=a.example.com access.group=family");

        Assert.Equal(["a.example.com DockFlare-a.example.com"], master.Reachable());
        Assert.True(pass.IsConverged);
    }

    [Fact]
    public async Task A_tag_that_somebody_deletes_keeps_no_host_from_being_guarded()
    {
        await using var master = await DockFlare.Hosting.Tests.Reconciliation.AccessMaster.StartAsync();
        master.Guard("a.example.com", "b.example.com");
        await master.RunAsync("a: hostname=a.example.com access.group=family");
        master.Cloudflare.Edit("DELETE", $"/accounts/{master.Cloudflare.AccountId}/access/tags/dockflare-tests");

        var pass = await master.RunAsync("a: hostname=a.example.com access.group=family", "b: hostname=b.example.com access.group=family");

        Assert.Equal(2, master.Reachable().Length);
        Assert.True(pass.IsConverged);
        Assert.Empty(master.Exposures);
    }

    private static string AppIds(DockFlare.Hosting.Tests.Reconciliation.AccessMaster master) =>
        string.Join(' ', master.Cloudflare.Read(view => view.AccessApps.Where(app => app.Type == "self_hosted").Select(app => app.Id).Order(StringComparer.Ordinal)));
}
