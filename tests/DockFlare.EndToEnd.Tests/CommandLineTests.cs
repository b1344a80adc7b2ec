using DockFlare.EndToEnd.Tests.Stage;

namespace DockFlare.EndToEnd.Tests;

/// <summary>The master's commands, as somebody types them.</summary>
[Collection(EngineTests.Name)]
public sealed class CommandLineTests(TwoEngines engines) : IAsyncDisposable
{
    [Fact]
    public async Task A_plan_before_the_first_start_reads_the_engine_and_cloudflare_and_changes_neither()
    {
        await using var world = await World.CreateAsync();
        await TwoEngines.RunAsync(engines.Own, "blog", "blog.example.com");

        var plan = await world.RunMasterAsync([("DOCKER_HOST", engines.Own.Endpoint.OriginalString)], "plan");

        Assert.Equal(2, plan.ExitCode);
        Assert.Contains($"No master answers at {world.MasterAddress}", plan.Output, StringComparison.Ordinal);
        Assert.Contains("+ record   blog.example.com", plan.Output, StringComparison.Ordinal);
        Assert.Equal(0, world.Cloudflare.Log.Writes);
        Assert.Equal("blog", await engines.Own.CliAsync("ps", "-a", "--format", "{{.Names}}"));

        var explained = await world.RunMasterAsync([("DOCKER_HOST", engines.Own.Endpoint.OriginalString)], "explain", "blog.example.com");
        Assert.Equal(0, explained.ExitCode);
        Assert.Contains("blog.example.com answers: http://blog:8080", explained.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_without_an_engine_says_so_rather_than_that_nothing_would_run()
    {
        await using var world = await World.CreateAsync();

        var plan = await world.RunMasterAsync([], "plan");

        Assert.Equal(1, plan.ExitCode);
        Assert.Contains("Containers cannot be watched: the Docker Engine at unix://", plan.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_master_that_runs_is_asked()
    {
        await using var world = await World.CreateAsync();
        await using var edge = new Edge(world.Cloudflare, engines.Own);
        await TwoEngines.RunAsync(engines.Own, "blog", "blog.example.com");
        var master = await world.StartMasterAsync(("DOCKER_HOST", engines.Own.Endpoint.OriginalString), ("CLOUDFLARED_IMAGE", TwoEngines.Cloudflared));
        await master.Api.UntilAsync("blog.example.com", "live");
        await master.Api.UntilNothingToChangeAsync();

        Assert.Equal((0, "Nothing to change."), await world.RunMasterAsync([], "plan"));
        var explained = await world.RunMasterAsync([], "explain", "https://blog.example.com/about");
        Assert.Equal(0, explained.ExitCode);
        Assert.Contains("It is live.", explained.Output, StringComparison.Ordinal);
        Assert.Equal(1, (await world.RunMasterAsync([], "explain", "other.example.com")).ExitCode);
        Assert.Equal((0, ""), await world.RunMasterAsync([], "healthcheck"));

        var refused = await world.RunMasterAsync([("DOCKFLARE_API_KEY", world.Keep("a wrong key", World.Secret()))], "plan");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("does not take the key: set DOCKFLARE_API_KEY to the master API key", refused.Output, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync() => await engines.Own.RemoveContainersAsync();
}
