using DockFlare.Core;
using DockFlare.Core.Protocol;
using DockFlare.Tests.Fixtures;

namespace DockFlare.Hosting.Tests.Docker;

/// <summary>A Swarm of one node: a real manager in an engine of its own, as a test that began a Swarm would change the engine of the others.</summary>
public sealed class SwarmFixture : IAsyncLifetime
{
    public DockerEngine Engine { get; } = new();

    public async ValueTask InitializeAsync()
    {
        await Engine.InitializeAsync();
        await TestImages.AddWorkloadAsync(Engine);
        await Engine.CliAsync("swarm", "init", "--advertise-addr", Engine.EngineAddress);
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.CliAsync("swarm", "leave", "--force");
        await Engine.DisposeAsync();
    }
}

public sealed class SwarmServicesTests(SwarmFixture fixture) : IClassFixture<SwarmFixture>, IAsyncLifetime
{
    private readonly DockerEngine engine = fixture.Engine;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var id in (await engine.CliAsync("service", "ls", "-q")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            await engine.CliAsync("service", "rm", id);
        }

        await using var watched = new WatchedContainers(engine.Endpoint);
        await watched.UntilNamesAsync([]);
    }

    private static ContainerSnapshot? Web(Inventory inventory) => inventory.Containers.ToArray().SingleOrDefault(static container => container.Name == "web" && container.Labels.ContainsKey("dockflare.enable"));

    private Task<string> CreateAsync(params string[] more) => engine.CliAsync(
        [
            "service", "create", "-d", "--name", "web", "--network", "host", "--label", "dockflare.enable=true", "--label", "dockflare.hostname=web.example.com", "--label", "dockflare.service=http://localhost:8080",
            .. more, TestImages.Workload,
        ]);

    [Fact]
    public async Task A_service_is_one_container_of_the_set_while_it_has_a_running_task_and_follows_its_labels()
    {
        await using var watched = new WatchedContainers(engine.Endpoint);
        await watched.UntilNamesAsync([]);

        var id = await CreateAsync("--replicas", "2");
        var web = Web(await watched.UntilAsync(static inventory => Web(inventory) is not null))!;
        Assert.Equal(
            new ContainerSnapshot(id, "web", new LabelMap([new("dockflare.enable", "true"), new("dockflare.hostname", "web.example.com"), new("dockflare.service", "http://localhost:8080")])) { UsesHostNetwork = true },
            web);

        // Both tasks run, and go by their service's name: they are replaced without becoming others.
        var both = await watched.UntilAsync(static inventory => inventory.Containers.Count == 3);
        Assert.Equal(["web", "web", "web"], both.Containers.Select(static container => container.Name));
        Assert.Same(web, Web(both));

        await engine.CliAsync("service", "update", "-d", "--label-add", "dockflare.path=/shop", "web");
        await watched.UntilAsync(static inventory => Web(inventory)?.Labels.ContainsKey("dockflare.path") == true);

        await engine.CliAsync("service", "scale", "-d", "web=0");
        await watched.UntilAsync(static inventory => inventory.IsComplete && Web(inventory) is null, watched.Yielded.Count - 1);
        await engine.CliAsync("service", "scale", "-d", "web=1");
        await watched.UntilAsync(static inventory => Web(inventory) is not null, watched.Yielded.Count - 1);
        await engine.CliAsync("service", "rm", "web");
        await watched.UntilNamesAsync([], watched.Yielded.Count - 1);
    }

    [Fact]
    public async Task What_a_socket_proxy_refuses_turns_services_off_and_says_what_to_set()
    {
        await CreateAsync("--container-label", "team=web");
        string[] usual = ["CONTAINERS", "EVENTS", "NETWORKS", "IMAGES", "POST", "PING", "VERSION"];

        Assert.Equal(
            "Information: Services of a Swarm are not looked at: the Docker API at {0} does not say whether it is a manager (403). If it is one, set INFO=1, SERVICES=1 and TASKS=1 at the socket proxy.",
            await BehindAsync(usual, isSeen: false));
        Assert.Equal(
            "Warning: Services of the Swarm are not looked at: the Docker API at {0} refuses them (403). Set SERVICES=1 and TASKS=1 beside INFO=1 at the socket proxy.",
            await BehindAsync([.. usual, "INFO", "SERVICES"], isSeen: false));
        Assert.Null(await BehindAsync([.. usual, "INFO", "SERVICES", "TASKS"], isSeen: true));
    }

    [Fact]
    public async Task Services_that_cannot_be_seen_any_more_stay_in_an_incomplete_set()
    {
        await CreateAsync();
        var all = await SocketProxy.StartAsync(engine, "CONTAINERS", "EVENTS", "INFO", "SERVICES", "TASKS");
        await using var watched = new WatchedContainers(all.Endpoint);
        await watched.UntilAsync(static inventory => inventory.IsComplete && Web(inventory) is not null);

        // Another proxy in its place, which refuses them: nothing says that they are gone.
        await all.DisposeAsync();
        await using var less = await SocketProxy.StartAsync(engine, all.Endpoint.Port, "CONTAINERS", "EVENTS", "INFO");
        while (!watched.Log.Lines.Exists(static line => line.StartsWith("Warning: The services of the Swarm cannot be seen", StringComparison.Ordinal)))
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        var last = watched.Yielded[^1].Inventory;
        Assert.Equal((false, true), (last.IsComplete, Web(last) is not null));
        Assert.DoesNotContain(watched.Yielded.Skip(watched.Yielded.FindIndex(static one => Web(one.Inventory) is not null)), static one => one.Inventory.IsComplete && Web(one.Inventory) is null);
    }

    /// <summary>What is said of services behind a proxy that allows these areas; containers are seen in any case.</summary>
    private async Task<string?> BehindAsync(string[] areas, bool isSeen)
    {
        await using var proxy = await SocketProxy.StartAsync(engine, areas);
        await using var watched = new WatchedContainers(proxy.Endpoint);
        var set = await watched.UntilAsync(inventory => inventory.IsComplete && inventory.Containers.Any(static container => container.Labels.ContainsKey("team")) && (!isSeen || Web(inventory) is not null));
        Assert.Equal(isSeen, Web(set) is not null);
        return watched.Log.Lines.SingleOrDefault(static line => line.Contains("Swarm", StringComparison.Ordinal))?.Replace(proxy.Endpoint.ToString(), "{0}", StringComparison.Ordinal);
    }
}
