using System.Globalization;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Cloudflared;
using DockFlare.Hosting.Docker;
using DockFlare.Tests.Fixtures;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Tests.Docker;

[Collection(EngineCollection.Name)]
public sealed class DockerTunnelRunnerTests(EngineFixture fixture) : IAsyncLifetime
{
    private const string Name = "dockflare-agent-tunnel";
    private const string Tunnel = "6ff42ae2-765d-4adf-8112-31c55c1551ef";
    private const string Token = "eyJhIjoiYWNjb3VudCIsInQiOiI2ZmY0MmFlMiIsInMiOiJzZWNyZXQifQ==";
    private const string OtherToken = "eyJhIjoiYWNjb3VudCIsInQiOiI2ZmY0MmFlMiIsInMiOiJyb2xsZWQifQ==";
    private readonly DockerEngine engine = fixture.Engine;
    private readonly HttpClient http = new();
    private readonly LogLines log = new();
    private readonly List<IDisposable> opened = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        opened.ForEach(o => o.Dispose());
        http.Dispose();
        await engine.RemoveContainersAsync();
        await engine.CliAsync("network", "prune", "-f");
    }

    [Fact]
    public async Task A_connector_is_started_with_its_network_and_observed()
    {
        var runner = Runner();
        Assert.Null(await runner.ObserveAsync(Cancel));

        await runner.EnsureAsync(Spec(7), Cancel);

        Assert.Equal(new RunningTunnel(7, new ConnectorStatus(Tunnel, "2026.8.0", 4, 1)), await runner.ObserveAsync(Cancel));
        Assert.Equal([Name], await NamesAsync());
        Assert.Equal("unless-stopped [tunnel --no-autoupdate run] cloudflare-net", await InspectAsync(Name, "{{.HostConfig.RestartPolicy.Name}} {{.Config.Cmd}} {{.HostConfig.NetworkMode}}"));
        Assert.Equal("dockflare-dotnet 7", await InspectAsync(Name, "{{index .Config.Labels \"managed-by\"}} {{index .Config.Labels \"dockflare.connector.generation\"}}"));
        AssertNoSecret(await InspectAsync(Name, "{{json .Config.Labels}} {{json .Args}}"));
    }

    [Fact]
    public async Task One_that_runs_what_is_asked_is_left_alone_and_stands_for_the_newer_generation()
    {
        var runner = Runner();
        await runner.EnsureAsync(Spec(1), Cancel);
        var before = await IdAsync(Name);
        await runner.EnsureAsync(Spec(1), Cancel);
        await runner.EnsureAsync(Spec(2), Cancel);

        Assert.Equal(before, await IdAsync(Name));
        Assert.Equal(2, (await runner.ObserveAsync(Cancel))?.Generation);
        Assert.Equal(1, (await Runner().ObserveAsync(Cancel))?.Generation);
    }

    [Theory]
    [InlineData("token")]
    [InlineData("restart")]
    [InlineData("image")]
    public async Task A_replacement_runs_beside_the_old_one_until_it_is_connected(string what)
    {
        await Runner().EnsureAsync(Spec(1), Cancel);
        var old = await IdAsync(Name);
        var since = await EngineTimeAsync();
        var (spec, image) = what switch
        {
            "token" => (Spec(2) with { Token = OtherToken }, TestImages.Cloudflared),
            "restart" => (Spec(1) with { Restart = true }, TestImages.Cloudflared),
            _ => (Spec(2), "dockflare-test/cloudflared:next"),
        };
        await TestImages.AddCloudflaredAsync(engine, image);
        await Runner(image).EnsureAsync(spec, Cancel);

        var now = await IdAsync(Name);
        Assert.NotEqual(old, now);
        Assert.Equal([Name], await NamesAsync());
        var events = await EventsAsync(since);
        Assert.True(events.IndexOf($"start {now}") is >= 0 and var start && start < events.IndexOf($"kill {old}"), string.Join('\n', events));
    }

    [Fact]
    public async Task The_old_one_serves_until_the_new_one_is_ready_and_on_when_it_never_is()
    {
        await Runner().EnsureAsync(Spec(1), Cancel);
        var old = await IdAsync(Name);
        var slow = await ImageAsync("slow", "ENV STANDIN_READY_AFTER_MS=600000");

        var error = await Assert.ThrowsAsync<TunnelException>(async () => await Runner(slow, o => o.ConnectorReadyTimeout = TimeSpan.FromSeconds(1)).EnsureAsync(Spec(2), Cancel));

        Assert.Matches("^cloudflared of tunnel 'shop' is not connected to Cloudflare after \\d+ s; its last words: ", error.Message);
        Assert.Equal(old, await IdAsync(Name));
        Assert.Equal([Name], await NamesAsync());
    }

    [Fact]
    public async Task One_that_crashes_is_taken_away_and_its_last_words_are_told_without_the_token()
    {
        await Runner().EnsureAsync(Spec(1), Cancel);
        var old = await IdAsync(Name);
        var broken = await ImageAsync("broken", "ENV STANDIN_CRASH_AFTER_MS=100 STANDIN_READY_AFTER_MS=60000 STANDIN_LEAK_TOKEN=1");

        var error = await Assert.ThrowsAsync<TunnelException>(async () => await Runner(broken).EnsureAsync(Spec(2), Cancel));

        Assert.StartsWith("cloudflared of tunnel 'shop' ends after it starts; its last words: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("Unauthorized: Failed to get tunnel", error.Message, StringComparison.Ordinal);
        Assert.Contains("DBG [redacted]", error.Message, StringComparison.Ordinal);
        AssertNoSecret(error.ToString());
        Assert.Equal(old, await IdAsync(Name));
        Assert.Equal([Name], await NamesAsync());
    }

    [Fact]
    public async Task An_image_that_cannot_be_pulled_is_named_and_the_old_connector_stays()
    {
        await Runner().EnsureAsync(Spec(1), Cancel);
        var error = await Assert.ThrowsAsync<TunnelException>(async () => await Runner("127.0.0.1:1/absent:1").EnsureAsync(Spec(2), Cancel));
        Assert.StartsWith("The image '127.0.0.1:1/absent:1' cannot be pulled: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(". Check CLOUDFLARED_IMAGE and that the Docker Engine can reach its registry, or pull it there by hand.", error.Message, StringComparison.Ordinal);
        Assert.Equal([Name], await NamesAsync());
    }

    [Fact]
    public async Task The_container_of_an_older_agent_is_taken_over_without_a_stop_and_replaced_on_request()
    {
        await engine.CliAsync("network", "create", "cloudflare-net");
        await RunOldAsync(Name, Token);
        var old = await IdAsync(Name);
        var runner = Runner();
        Assert.Equal(0, (await runner.ObserveAsync(Cancel))?.Generation);

        await runner.EnsureAsync(Spec(3), Cancel);
        Assert.Equal(old, await IdAsync(Name));
        Assert.Equal(3, (await runner.ObserveAsync(Cancel))?.Generation);

        await runner.EnsureAsync(Spec(3) with { Restart = true }, Cancel);
        Assert.NotEqual(old, await IdAsync(Name));
        Assert.Equal("dockflare-dotnet", await InspectAsync(Name, "{{index .Config.Labels \"managed-by\"}}"));
        Assert.Equal([Name], await NamesAsync());
    }

    [Fact]
    public async Task The_older_masters_connector_is_replaced_without_a_gap()
    {
        await engine.CliAsync("network", "create", "cloudflare-net");
        await engine.CliAsync("run", "-d", "--name", "cloudflared-agent-shop", "--label", "managed-by=dockflare", "--network", "cloudflare-net", TestImages.Cloudflared, "tunnel", "--no-autoupdate", "run", "--token", Token);
        var old = await IdAsync("cloudflared-agent-shop");
        var since = await EngineTimeAsync();

        await Runner(configure: o => o.ConnectorName = "dockflare-master-tunnel").EnsureAsync(Spec(1), Cancel);

        Assert.Equal(["dockflare-master-tunnel"], await NamesAsync());
        var events = await EventsAsync(since);
        Assert.True(events.IndexOf($"start {await IdAsync("dockflare-master-tunnel")}") < events.IndexOf($"kill {old}"));
    }

    [Fact]
    public async Task Somebody_elses_container_of_our_name_is_neither_touched_nor_taken()
    {
        await engine.CliAsync("run", "-d", "--name", Name, TestImages.Workload);
        var foreign = await IdAsync(Name);
        var error = await Assert.ThrowsAsync<TunnelException>(async () => await Runner().EnsureAsync(Spec(1), Cancel));
        Assert.Equal($"The container '{Name}' is not a connector of ours, and its name is needed: rename or remove it.", error.Message);
        await Runner().StopAsync(Cancel);
        Assert.Equal(foreign, await IdAsync(Name));
    }

    [Fact]
    public async Task A_replacement_that_was_interrupted_is_finished_by_the_next_call()
    {
        await Runner().EnsureAsync(Spec(1), Cancel);
        var next = Spec(2) with { Token = OtherToken };
        var options = new DockerOptions { ConnectorImage = ConnectorImage.Parse(TestImages.Cloudflared) };

        // Crashed once after creating and once after starting.
        await engine.Client.Containers.CreateContainerAsync(ConnectorPlan.ToContainer(next, options, 0, $"{Name}-created"), Cancel);
        var started = await engine.Client.Containers.CreateContainerAsync(ConnectorPlan.ToContainer(next, options, 0, $"{Name}-started"), Cancel);
        await engine.Client.Containers.StartContainerAsync(started.ID, new(), Cancel);

        await Runner().EnsureAsync(next, Cancel);

        Assert.Equal(started.ID, await IdAsync(Name));
        Assert.Equal([Name], await NamesAsync());
    }

    [Fact]
    public async Task Stop_removes_ours_alone_and_can_be_repeated()
    {
        await engine.CliAsync("run", "-d", "--name", "other", TestImages.Workload);
        await Runner(configure: o => o.ConnectorName = "dockflare-master-tunnel").EnsureAsync(Spec(1), Cancel);
        var runner = Runner();
        await runner.EnsureAsync(Spec(1), Cancel);

        await runner.StopAsync(Cancel);
        await runner.StopAsync(Cancel);

        Assert.Null(await runner.ObserveAsync(Cancel));
        Assert.Equal(["dockflare-master-tunnel", "other"], await NamesAsync());
    }

    [Fact]
    public async Task Replicas_are_added_and_taken_away()
    {
        await Runner(configure: o => o.ConnectorReplicas = 3).EnsureAsync(Spec(1), Cancel);
        Assert.Equal([Name, $"{Name}-2", $"{Name}-3"], await NamesAsync());
        Assert.Equal(12, (await Runner(configure: o => o.ConnectorReplicas = 3).ObserveAsync(Cancel))?.Connector?.ReadyConnections);
        var first = await IdAsync(Name);

        await Runner().EnsureAsync(Spec(1), Cancel);
        Assert.Equal([Name], await NamesAsync());
        Assert.Equal(first, await IdAsync(Name));
    }

    [Fact]
    public async Task A_connector_joins_networks_and_one_it_cannot_join_stops_nothing()
    {
        await engine.CliAsync("network", "create", "shop");
        var runner = Runner();
        await runner.EnsureAsync(Spec(1), Cancel);

        await runner.AttachAsync(["absent", "shop"], Cancel);
        await runner.AttachAsync(["shop"], Cancel);

        Assert.Equal("cloudflare-net shop ", await InspectAsync(Name, "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}") + " ");
        Assert.Single(log.Lines, line => line == $"Information: The connector {Name} joined the network shop.");
        Assert.Single(log.Lines, line => line.StartsWith($"Warning: The connector {Name} cannot join the network absent: ", StringComparison.Ordinal));
        Assert.Equal(4, (await runner.ObserveAsync(Cancel))?.Connector?.ReadyConnections);
    }

    [Fact]
    public async Task A_connector_follows_the_networks_of_what_it_serves_and_its_replacement_is_on_them_from_the_start()
    {
        await engine.CliAsync("network", "create", "shop");
        var runner = Runner(configure: static o => o.ConnectorAttach = true);
        await runner.EnsureAsync(Spec(1), Cancel);
        var joins = System.Threading.Channels.Channel.CreateUnbounded<string>();
        using var watch = new TunnelWatch(runner, Options.Create(new AgentOptions()), TimeProvider.System);
        using var networks = new OriginNetworks(watch, TimeProvider.System, log.For<OriginNetworks>(), new("cloudflare-net", async (names, token) =>
        {
            await runner.AttachAsync(names, token);
            await joins.Writer.WriteAsync(string.Join(' ', names), token);
        }));
        await networks.StartAsync(Cancel);
        await using var seen = new WatchedContainers(engine.Endpoint);
        async Task UntilAsync(string names)
        {
            while (await joins.Reader.ReadAsync(Cancel).AsTask().WaitAsync(WatchedContainers.Limit, Cancel) != names)
            {
            }
        }

        Task<string> NetworksAsync() => InspectAsync(Name, "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}");

        await engine.CliAsync("run", "-d", "--name", "blog", "--network", "shop", "-l", "dockflare.enable=true", TestImages.Workload);
        networks.Show(await seen.UntilAsync(static inventory => inventory.Containers.Any(static container => container.Name == "blog")));
        await UntilAsync("shop");
        var joined = await NetworksAsync();
        await runner.EnsureAsync(Spec(2) with { Restart = true }, Cancel);
        var replaced = await NetworksAsync();
        var from = seen.Yielded.Count;
        await engine.CliAsync("rm", "-f", "blog");
        networks.Show(await seen.UntilAsync(static inventory => inventory.Containers.All(static container => container.Name != "blog"), from));
        await UntilAsync("");
        var left = await NetworksAsync();
        await networks.StopAsync(Cancel);

        Assert.Equal(("cloudflare-net shop", "cloudflare-net shop", "cloudflare-net"), (joined.Trim(), replaced.Trim(), left.Trim()));
        await engine.CliAsync("network", "rm", "shop");
    }

    [Fact]
    public async Task Where_the_metrics_cannot_be_reached_running_without_a_restart_is_enough()
    {
        var runner = Runner(configure: o => o.ConnectorStableTime = TimeSpan.FromSeconds(1), read: (_, _, _) => ValueTask.FromResult<ConnectorStatus?>(null));
        await runner.EnsureAsync(Spec(4), Cancel);
        Assert.Equal(new RunningTunnel(4, null), await runner.ObserveAsync(Cancel));
        Assert.Contains(log.Lines, line => line.StartsWith($"Information: The metrics of the connector {Name} cannot be reached from here", StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_works_through_a_socket_proxy()
    {
        await using var proxy = await SocketProxy.StartAsync(engine);
        var runner = Runner(host: proxy.Endpoint);
        await runner.EnsureAsync(Spec(1), Cancel);
        await runner.EnsureAsync(Spec(1) with { Restart = true }, Cancel);
        Assert.Equal(4, (await runner.ObserveAsync(Cancel))?.Connector?.ReadyConnections);
        await runner.StopAsync(Cancel);
        Assert.Empty(await NamesAsync());
    }

    [Fact]
    public async Task Without_Docker_it_says_so_and_observes_nothing()
    {
        var runner = Runner(host: new Uri("unix:///nowhere/docker.sock"));
        var error = await Assert.ThrowsAsync<TunnelException>(async () => await runner.EnsureAsync(Spec(1), Cancel));
        Assert.StartsWith($"The connector '{Name}' cannot be brought to what is asked: the Docker Engine at unix:///nowhere/docker.sock does not answer (", error.Message, StringComparison.Ordinal);
        Assert.Null(await runner.ObserveAsync(Cancel));
    }

    private static TunnelSpec Spec(long generation) => new(Tunnel, "shop", generation, Token);

    private static void AssertNoSecret(string text) => Assert.DoesNotContain(Token, text, StringComparison.Ordinal);

    private DockerTunnelRunner Runner(string image = TestImages.Cloudflared, Action<DockerOptions>? configure = null, ReadConnector? read = null, Uri? host = null)
    {
        var options = new DockerOptions { Host = host ?? engine.Endpoint, ConnectorImage = ConnectorImage.Parse(image), ConnectorGracePeriod = TimeSpan.FromSeconds(5) };
        configure?.Invoke(options);
        var connection = new DockerConnection(Options.Create(options));
        var runner = new DockerTunnelRunner(connection, Options.Create(options), read ?? new CloudflaredMetrics(http).ReadAsync, TimeProvider.System, log.For<DockerTunnelRunner>());
        opened.AddRange([runner, connection]);
        return runner;
    }

    /// <summary>The stand-in with other settings of its own.</summary>
    private async Task<string> ImageAsync(string tag, string environment)
    {
        var image = $"dockflare-test/cloudflared:{tag}";
        await TestImages.ImportAsync(engine, image, ["ENTRYPOINT [\"cloudflared\"]", environment], [("usr/local/bin/cloudflared", await TestImages.CompileCloudflaredAsync())]);
        return image;
    }

    private Task<string> RunOldAsync(string name, string token) => engine.CliAsync(
        "run", "-d", "--name", name, "--network", "cloudflare-net", "--restart", "unless-stopped", "-e", $"TUNNEL_TOKEN={token}", TestImages.Cloudflared, "tunnel", "--no-autoupdate", "run");

    private Task<string> InspectAsync(string name, string format) => engine.CliAsync("inspect", "-f", format, name);

    private Task<string> IdAsync(string name) => InspectAsync(name, "{{.Id}}");

    private async Task<List<string>> NamesAsync() =>
        [.. (await engine.Client.Containers.ListContainersAsync(new() { All = true }, Cancel)).Select(c => c.Names[0].TrimStart('/')).Order(StringComparer.Ordinal)];

    private static Task<string> EngineTimeAsync() =>
        Task.FromResult((TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0).ToString("0.000", CultureInfo.InvariantCulture));

    /// <summary>What happened to containers since then, as <c>start id</c>.</summary>
    private async Task<List<string>> EventsAsync(string since) =>
        [.. (await engine.CliAsync("events", "--since", since, "--until", await EngineTimeAsync(), "--filter", "type=container", "--format", "{{.Action}} {{.ID}}")).Split('\n')];
}
