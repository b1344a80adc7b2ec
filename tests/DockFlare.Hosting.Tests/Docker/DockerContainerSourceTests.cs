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
    public async Task The_whole_set_is_yielded_at_once_and_after_each_change_and_what_did_not_change_keeps_its_object()
    {
        await RunAsync("one", "--label", "dockflare.enable=true", "--label", "com.docker.compose.project=shop", "--label", "com.docker.compose.service=web");
        await using var watched = new WatchedContainers(engine.Endpoint);
        var first = await watched.UntilAsync(_ => true);
        var one = Assert.Single(first.Containers);
        Assert.True(first.IsComplete);
        Assert.Equal(("one", "true", "shop", "web", 12), (one.Name, one.Labels["dockflare.enable"], one.ComposeProject, one.ComposeService, one.Id.Length));

        await RunAsync("two");
        var second = await watched.UntilNamesAsync(["one", "two"]);
        Assert.Same(one, Find(second, "one"));

        await engine.CliAsync("rm", "-f", "one");
        await watched.UntilNamesAsync(["two"]);
    }

    [Fact]
    public async Task A_signal_is_not_a_stop()
    {
        await RunAsync("one");
        await using var watched = new WatchedContainers(engine.Endpoint);
        await watched.UntilNamesAsync(["one"]);

        await engine.CliAsync("kill", "-s", "HUP", "one");
        await RunAsync("two");
        await watched.UntilNamesAsync(["one", "two"]);

        Assert.All(watched.Yielded, y => Assert.Contains(y.Inventory.Containers, c => c.Name == "one"));
    }

    [Fact]
    public async Task A_stopped_container_leaves_the_set_and_a_started_one_returns()
    {
        await RunAsync("one");
        await using var watched = new WatchedContainers(engine.Endpoint);
        await watched.UntilNamesAsync(["one"]);

        await engine.CliAsync("stop", "-t", "0", "one");
        await watched.UntilNamesAsync([]);
        await engine.CliAsync("start", "one");
        await watched.UntilNamesAsync(["one"], watched.Yielded.Count - 1);
    }

    [Fact]
    public async Task Pause_and_rename_are_followed_and_lose_nothing()
    {
        await RunAsync("one");
        await using var watched = new WatchedContainers(engine.Endpoint);
        await watched.UntilNamesAsync(["one"]);

        await engine.CliAsync("pause", "one");
        await watched.UntilAsync(i => i.Containers is [{ State: ContainerState.Paused }]);
        await engine.CliAsync("rename", "one", "blog");
        await watched.UntilAsync(i => i.Containers is [{ Name: "blog", State: ContainerState.Paused }]);
        await engine.CliAsync("unpause", "blog");
        await watched.UntilAsync(i => i.Containers is [{ Name: "blog", State: ContainerState.Running }]);

        Assert.All(watched.Yielded, y => Assert.Single(y.Inventory.Containers));
    }

    [Fact]
    public async Task The_health_check_is_followed()
    {
        await using var watched = new WatchedContainers(engine.Endpoint);
        await RunAsync("one", "--health-cmd", "cat /tmp/ok", "--health-interval", "100ms", "--health-retries", "2");
        await watched.UntilAsync(i => i.Containers is [{ Health: ContainerHealth.Starting }]);
        await watched.UntilAsync(i => i.Containers is [{ Health: ContainerHealth.Unhealthy }]);
        await engine.CliAsync("exec", "one", "sh", "-c", "echo > /tmp/ok");
        await watched.UntilAsync(i => i.Containers is [{ Health: ContainerHealth.Healthy }]);
    }

    [Fact]
    public async Task A_container_between_two_runs_stays_until_it_is_stopped()
    {
        await using var watched = new WatchedContainers(engine.Endpoint);
        await engine.CliAsync("run", "-d", "--name", "one", "--restart", "always", TestImages.Workload, "false");
        await watched.UntilAsync(i => i.Containers is [{ State: ContainerState.Restarting }]);
        var appeared = watched.Yielded.FindIndex(y => y.Inventory.Containers.Count == 1);

        await engine.CliAsync("stop", "-t", "0", "one");
        await watched.UntilNamesAsync([], appeared);
        var yielded = watched.Yielded.Skip(appeared).ToList();
        Assert.All(yielded.SkipLast(1), y => Assert.Single(y.Inventory.Containers));
    }

    [Fact]
    public async Task Networks_ports_and_host_networking_are_seen()
    {
        await engine.CliAsync("network", "create", "backend");
        try
        {
            await RunAsync("one", "-p", "127.0.0.1::9000", "--expose", "9100", "--expose", "53/udp");
            await RunAsync("two", "--network", "host");
            await using var watched = new WatchedContainers(engine.Endpoint);
            await engine.CliAsync("network", "connect", "backend", "one");
            var joined = await watched.UntilAsync(i => Find(i, "one").Networks.Count == 2);

            var one = Find(joined, "one");
            Assert.Equal(["backend", "bridge"], one.Networks.Select(n => n.Name));
            Assert.Equal(await InspectAsync("one", "{{.NetworkSettings.Networks.backend.IPAddress}}"), one.Networks[0].Address);
            Assert.Equal(await InspectAsync("one", "{{.NetworkSettings.Networks.bridge.IPAddress}}"), one.Networks[1].Address);
            Assert.Equal([8080, 9000, 9100], one.Ports);
            Assert.False(one.UsesHostNetwork);
            var two = Find(joined, "two");
            Assert.True(two.UsesHostNetwork);
            Assert.Empty(two.Networks);
            Assert.Equal([8080], two.Ports);

            await engine.CliAsync("network", "disconnect", "backend", "one");
            await watched.UntilAsync(i => Find(i, "one").Networks is [{ Name: "bridge" }], watched.Yielded.Count - 1);
        }
        finally
        {
            await engine.RemoveContainersAsync();
            await engine.CliAsync("network", "rm", "backend");
        }
    }

    [Fact]
    public async Task A_replacement_under_the_same_name_and_labels_is_another_container()
    {
        await RunAsync("shop-web-1", "--label", "com.docker.compose.service=web");
        await using var watched = new WatchedContainers(engine.Endpoint);
        var before = Assert.Single((await watched.UntilNamesAsync(["shop-web-1"])).Containers);

        await engine.CliAsync("rename", "shop-web-1", "old_shop-web-1");
        await RunAsync("shop-web-1", "--label", "com.docker.compose.service=web");
        await engine.CliAsync("rm", "-f", "old_shop-web-1");
        var after = Assert.Single((await watched.UntilAsync(i => i.Containers is [{ Name: "shop-web-1" } only] && only.Id != before.Id)).Containers);

        Assert.Equal(before with { Id = after.Id, Networks = after.Networks }, after);
    }

    [Fact]
    public async Task Only_containers_that_match_the_filter_are_in_the_set()
    {
        await RunAsync("one", "--label", "team=web");
        await RunAsync("two", "--label", "team=data");
        await using var watched = new WatchedContainers(engine.Endpoint, o => o.Filter = DockFlare.Hosting.Docker.ContainerFilter.Parse("label=team=web"));
        await watched.UntilNamesAsync(["one"]);
        await RunAsync("three", "--label", "team=web");
        await watched.UntilNamesAsync(["one", "three"]);
        Assert.All(watched.Yielded, y => Assert.DoesNotContain(y.Inventory.Containers, c => c.Name == "two"));
    }

    [Fact]
    public async Task A_start_costs_one_call()
    {
        await using var relay = await EngineRelay.StartAsync(engine);
        await using var watched = new WatchedContainers(relay.Endpoint);
        await watched.UntilNamesAsync([]);
        relay.Calls.Clear();

        var one = await RunAsync("one");
        await watched.UntilNamesAsync(["one"]);
        await engine.CliAsync("kill", "-s", "HUP", "one");
        var two = await RunAsync("two");
        await watched.UntilNamesAsync(["one", "two"]);

        Assert.Equal([$"GET /containers/{one}/json", $"GET /containers/{two}/json"], relay.Calls.Where(call => call is "GET /containers/json" || call.Contains(one, StringComparison.Ordinal) || call.Contains(two, StringComparison.Ordinal)));
    }

    private static ContainerSnapshot Find(Inventory inventory, string name) => inventory.Containers.Single(c => c.Name == name);

    private Task<string> InspectAsync(string name, string format) => engine.CliAsync("inspect", "-f", format, name);

    private Task<string> RunAsync(string name, params string[] options) => engine.CliAsync(["run", "-d", "--name", name, .. options, TestImages.Workload]);
}
