using DockFlare.EndToEnd.Tests.Stage;

namespace DockFlare.EndToEnd.Tests;

/// <summary>Visitors while the connector under them is replaced.</summary>
[Collection(EngineTests.Name)]
public sealed class ReplaceTests(TwoEngines engines) : IAsyncDisposable
{
    [Fact]
    public async Task Not_one_request_fails_while_the_connector_is_replaced_and_its_configuration_changes()
    {
        await using var world = await World.CreateAsync();
        await using var edge = new Edge(world.Cloudflare, engines.Own);
        var master = await ServingAsync(world);
        var before = await TwoEngines.ConnectorsAsync(engines.Own);

        var visitors = new Visitors(edge, perSecond: 50);
        await using (visitors)
        {
            await visitors.MoreAsync(50);
            await TwoEngines.ReplaceAsync(engines.Own, master.Api);
            await TwoEngines.RunAsync(engines.Own, "wiki", "wiki.example.com");
            await master.Api.UntilAsync("wiki.example.com", "live");
            await visitors.MoreAsync(50);
        }

        Assert.Empty(visitors.Failures);
        Assert.True(visitors.Served >= 100);
        Assert.Equal(2, visitors.Connectors);
        Assert.NotEqual(before, await TwoEngines.ConnectorsAsync(engines.Own));
    }

    // What shows that the test above could fail.
    [Fact]
    public async Task Requests_fail_when_the_connector_is_killed()
    {
        await using var world = await World.CreateAsync();
        await using var edge = new Edge(world.Cloudflare, engines.Own);
        await ServingAsync(world);

        var visitors = new Visitors(edge, perSecond: 50);
        await using (visitors)
        {
            await visitors.MoreAsync(10);
            await engines.Own.CliAsync("kill", await TwoEngines.ConnectorsAsync(engines.Own));
            await visitors.MoreAsync(50);
        }

        Assert.NotEmpty(visitors.Failures);
    }

    private async Task<Master> ServingAsync(World world)
    {
        await TwoEngines.AddDrainingAsync(engines.Own);
        var master = await world.StartMasterAsync(
            ("DOCKER_HOST", engines.Own.Endpoint.OriginalString), ("CLOUDFLARED_IMAGE", TwoEngines.DrainingCloudflared), ("TUNNEL_NAME", "local"));
        await TwoEngines.RunAsync(engines.Own, "blog", "blog.example.com");
        await master.Api.UntilAsync("blog.example.com", "live");
        return master;
    }

    public async ValueTask DisposeAsync() => await engines.Own.RemoveContainersAsync();
}
