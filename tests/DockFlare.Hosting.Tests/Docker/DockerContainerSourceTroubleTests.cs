using System.Net;
using System.Net.Sockets;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Docker;
using DockFlare.Tests.Fixtures;
using Microsoft.Extensions.Time.Testing;

namespace DockFlare.Hosting.Tests.Docker;

[Collection(EngineCollection.Name)]
public sealed class DockerContainerSourceTroubleTests(EngineFixture fixture) : IAsyncLifetime
{
    private readonly DockerEngine engine = fixture.Engine;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await engine.StartAsync();
        await engine.RemoveContainersAsync();
    }

    [Fact]
    public async Task An_engine_that_dies_and_returns_is_followed_and_never_gives_an_empty_complete_set()
    {
        await RunAsync("one", "--restart", "always");
        await using var watched = new WatchedContainers(engine.Endpoint);
        await watched.UntilNamesAsync(["one"]);

        await engine.KillAsync();
        var lost = await watched.UntilAsync(i => !i.IsComplete);
        Assert.Equal(["one"], lost.Containers.Select(c => c.Name));
        Assert.Contains(engine.Endpoint.ToString(), watched.Source.Trouble, StringComparison.Ordinal);

        await engine.StartAsync();
        await RunAsync("two");
        await watched.UntilNamesAsync(["one", "two"]);

        Assert.Null(watched.Source.Trouble);
        Assert.DoesNotContain(watched.Yielded, y => y.Inventory is { IsComplete: true, Containers.IsEmpty: true });
        Assert.Equal(
            [
                $"Information: Watching the containers of the Docker Engine at {engine.Endpoint}.",
                $"Warning: Containers cannot be watched: the Docker Engine at {engine.Endpoint} does not answer",
                $"Information: Watching the containers of the Docker Engine at {engine.Endpoint}.",
            ],
            watched.Log.Lines.Where(line => !line.StartsWith("Debug", StringComparison.Ordinal)).Select(line => line.Split(" (")[0]));
    }

    [Fact]
    public async Task A_restart_of_the_engine_brings_the_set_back()
    {
        await RunAsync("one", "--restart", "always");
        await using var watched = new WatchedContainers(engine.Endpoint);
        await watched.UntilNamesAsync(["one"]);

        await engine.RestartAsync();
        await RunAsync("two");
        await watched.UntilNamesAsync(["one", "two"]);
    }

    [Fact]
    public async Task Without_Docker_it_says_so_once_yields_nothing_complete_and_goes_on_trying()
    {
        using var absent = new TcpListener(IPAddress.Loopback, 0);
        absent.Start();
        var host = new Uri($"tcp://127.0.0.1:{((IPEndPoint)absent.LocalEndpoint).Port}");
        await using var watched = new WatchedContainers(host);
        for (var attempt = 0; attempt < 4; attempt++)
        {
            using var connection = await absent.AcceptSocketAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(WatchedContainers.Limit, TestContext.Current.CancellationToken);
        }

        Assert.Equal([new Inventory([], false)], watched.Yielded.Select(y => y.Inventory));
        var line = Assert.Single(watched.Log.Lines);
        Assert.StartsWith($"Warning: Containers cannot be watched: the Docker Engine at {host} does not answer (", line, StringComparison.Ordinal);
        Assert.EndsWith("check that it runs and can be reached from here, or set DOCKER_HOST. Routes stay as they are; it is tried again until it works.", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_socket_names_what_to_do()
    {
        await using var watched = new WatchedContainers(new Uri("unix:///nowhere/docker.sock"));
        await watched.UntilAsync(i => i == new Inventory([], false));
        Assert.Matches("^the Docker Engine at unix:///nowhere/docker.sock does not answer \\(.+\\); check that it runs and that its socket is mounted and readable for this user, or set DOCKER_HOST$", watched.Source.Trouble);
    }

    [Fact]
    public async Task It_works_through_a_socket_proxy()
    {
        await using var proxy = await SocketProxy.StartAsync(engine);
        await RunAsync("one");
        await using var watched = new WatchedContainers(proxy.Endpoint);
        await watched.UntilNamesAsync(["one"]);
        await RunAsync("two");
        await watched.UntilNamesAsync(["one", "two"]);
        await engine.CliAsync("rm", "-f", "one");
        await watched.UntilNamesAsync(["two"]);
    }

    [Fact]
    public async Task A_socket_proxy_that_refuses_is_named_with_what_to_set()
    {
        await using var proxy = await SocketProxy.StartAsync(engine, "EVENTS", "PING", "VERSION");
        await using var watched = new WatchedContainers(proxy.Endpoint);
        Assert.Equal(new Inventory([], false), await watched.UntilAsync(_ => true));
        Assert.Equal(
            $"the Docker API at {proxy.Endpoint} refuses the call; behind a socket proxy, set CONTAINERS=1, EVENTS=1, NETWORKS=1, IMAGES=1 and POST=1",
            watched.Source.Trouble);
    }

    [Fact]
    public async Task A_cut_in_the_stream_loses_nothing_and_is_no_news()
    {
        await using var relay = await EngineRelay.StartAsync(engine);
        await using var watched = new WatchedContainers(relay.Endpoint);
        await watched.UntilNamesAsync([]);

        relay.IsMute = true;
        await RunAsync("one");
        relay.IsMute = false;
        relay.CutEvents();
        await watched.UntilNamesAsync(["one"]);
        await RunAsync("two");
        await watched.UntilNamesAsync(["one", "two"]);

        Assert.All(watched.Yielded, y => Assert.True(y.Inventory.IsComplete));
        Assert.DoesNotContain(watched.Log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_no_event_told_is_found_at_the_resync()
    {
        var time = new FakeTimeProvider();
        await using var relay = await EngineRelay.StartAsync(engine);
        relay.IsMute = true;
        await using var watched = new WatchedContainers(relay.Endpoint, o => o.ResyncInterval = TimeSpan.FromMinutes(10), time);
        await watched.UntilNamesAsync([]);

        await RunAsync("one");
        time.Advance(TimeSpan.FromMinutes(10));
        await watched.UntilNamesAsync(["one"]);
        Assert.Equal(2, watched.Yielded.Count);
    }

    [Fact]
    public async Task A_container_that_cannot_be_looked_at_makes_the_set_incomplete_until_it_can()
    {
        var time = new FakeTimeProvider();
        await using var relay = await EngineRelay.StartAsync(engine);
        await RunAsync("one");
        var two = await RunAsync("two");
        relay.Fails = $"/containers/{two}/json";
        await using var watched = new WatchedContainers(relay.Endpoint, null, time);

        var first = await watched.UntilAsync(_ => true);
        Assert.False(first.IsComplete);
        Assert.Equal(["one"], first.Containers.Select(c => c.Name));
        Assert.Contains(watched.Log.Lines, line => line.StartsWith($"Warning: Container {two} cannot be looked at: ", StringComparison.Ordinal));

        relay.Fails = null;
        time.Advance(TimeSpan.FromSeconds(5));
        await watched.UntilNamesAsync(["one", "two"]);
    }

    [Theory]
    [InlineData(1, 0, 500)]
    [InlineData(1, 0.999, 250)]
    [InlineData(3, 0, 2000)]
    [InlineData(50, 0, 10000)]
    [InlineData(50, 0.5, 7500)]
    public void The_pause_doubles_to_ten_seconds_less_up_to_half_by_chance(int failures, double chance, double milliseconds) =>
        Assert.Equal(milliseconds, DockerContainerSource.Pause(failures, chance).TotalMilliseconds, tolerance: 1);

    private Task<string> RunAsync(string name, params string[] options) => engine.CliAsync(["run", "-d", "--name", name, .. options, TestImages.Workload]);
}
