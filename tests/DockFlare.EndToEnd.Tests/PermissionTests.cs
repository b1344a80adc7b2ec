using DockFlare.EndToEnd.Tests.Stage;
using DockFlare.Testing;

namespace DockFlare.EndToEnd.Tests;

/// <summary>What a token may not do, and what a zone cannot carry, is named where the operator looks.</summary>
[Collection(EngineTests.Name)]
public sealed class PermissionTests(TwoEngines engines) : IAsyncDisposable
{
    /// <summary>What the token lacks of each area, and the permission that the sentence must name.</summary>
    public static TheoryData<FakePermissions, string> Areas => new()
    {
        { FakePermissions.ZoneRead, "Zone / Zone / Read" },
        { FakePermissions.DnsEdit, "Zone / DNS / " },
        { FakePermissions.DnsEdit & ~FakePermissions.DnsRead, "Zone / DNS / Edit" },
        { FakePermissions.TunnelEdit, "Account / Cloudflare Tunnel / " },
        { FakePermissions.TunnelEdit & ~FakePermissions.TunnelRead, "Account / Cloudflare Tunnel / Edit" },
    };

    [Theory]
    [MemberData(nameof(Areas))]
    public async Task A_token_that_lacks_an_area_is_told_which(FakePermissions lacking, string permission)
    {
        await using var world = await World.CreateAsync();
        var token = world.Keep("the poor token", world.Cloudflare.AddToken(FakePermissions.All & ~lacking));
        var master = await world.StartMasterAsync(("CF_API_TOKEN", token), ("DOCKER_HOST", engines.Own.Endpoint.OriginalString), ("CLOUDFLARED_IMAGE", TwoEngines.Cloudflared));
        await TwoEngines.RunAsync(engines.Own, "blog", "blog.example.com");

        var line = await master.Process.UntilLineAsync(permission);
        Assert.Contains("CF_API_TOKEN", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_zone_that_is_not_active_blocks_its_hosts_and_no_others()
    {
        await using var world = await World.CreateAsync();
        world.Cloudflare.AddZone("example.net", status: "pending");
        await using var edge = new Edge(world.Cloudflare, engines.Own);
        var master = await world.StartMasterAsync(("DOCKER_HOST", engines.Own.Endpoint.OriginalString), ("CLOUDFLARED_IMAGE", TwoEngines.Cloudflared));
        await TwoEngines.RunAsync(engines.Own, "blog", "blog.example.com");
        await TwoEngines.RunAsync(engines.Own, "shop", "shop.example.net");

        await master.Api.UntilAsync("blog.example.com", "live");
        var shop = await master.Api.UntilAsync("shop.example.net", "blocked");
        Assert.Contains("example.net", shop.Reason, StringComparison.Ordinal);
        Assert.Contains("pending", shop.Reason, StringComparison.Ordinal);
        await master.Api.UntilNothingToChangeAsync();
    }

    public async ValueTask DisposeAsync() => await engines.Own.RemoveContainersAsync();
}
