using DockFlare.Core.Protocol;
using DockFlare.Tests.Fixtures;

namespace DockFlare.Hosting.Tests.Docker;

[Collection(EngineCollection.Name)]
public sealed class DockerContainerSourceTests(EngineFixture fixture) : IAsyncLifetime
{
    private readonly DockerEngine engine = fixture.Engine;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await engine.RemoveContainersAsync();

    [Fact]
    public async Task The_whole_set_is_yielded_at_once_and_after_each_change()
    {
        await RunAsync("one", "--label", "dockflare.enable=true");
        await using var watched = new WatchedContainers(engine.Endpoint);
        var first = await watched.UntilAsync(_ => true);
        Assert.Equal(["one"], first.Containers.Select(c => c.Name));
        Assert.True(first.IsComplete);

        await RunAsync("two");
        var second = await watched.UntilNamesAsync(["one", "two"]);
        Assert.Same(first.Containers[0], second.Containers.Single(c => c.Name == "one"));

        await engine.CliAsync("rm", "-f", "one");
        await watched.UntilNamesAsync(["two"]);
    }

    private Task<string> RunAsync(string name, params string[] options) => engine.CliAsync(["run", "-d", "--name", name, .. options, TestImages.Workload]);
}
