using DockFlare.Core;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;
using DockFlare.Testing;

namespace DockFlare.Tests.Fake;

public sealed class SimulationTests : FakeCase
{
    [Fact]
    public async Task A_simulated_connector_reports_the_version_that_arrived()
    {
        var tunnel = Fake.AddTunnel("main");
        var runner = new SimulatedTunnelRunner(Fake);
        var received = new List<long>();
        runner.ConfigurationReceived = configuration => received.Add(configuration.Version);

        Assert.Null(await runner.ObserveAsync(Cancellation));
        await runner.EnsureAsync(new(tunnel.Id, "main", 3, tunnel.Token), Cancellation);
        Assert.Equal(new RunningTunnel(3, new ConnectorStatus(tunnel.Id, "2026.8.0-simulated", 4, null)), await runner.ObserveAsync(Cancellation));
        Fake.PutConfiguration(tunnel.Id, """{"ingress":[{"service":"http_status:404"}]}""");
        Assert.Equal(new RunningTunnel(3, new ConnectorStatus(tunnel.Id, "2026.8.0-simulated", 4, 1)), await runner.ObserveAsync(Cancellation));
        Assert.Equal([1], received);
        await runner.StopAsync(Cancellation);
        Assert.Null(await runner.ObserveAsync(Cancellation));
        Assert.Equal("down", Fake.FindTunnel(tunnel.Id)!.Status);
    }

    [Fact]
    public async Task One_that_runs_is_left_alone_unless_it_is_to_restart()
    {
        var tunnel = Fake.AddTunnel("main");
        var runner = new SimulatedTunnelRunner(Fake);
        var spec = new TunnelSpec(tunnel.Id, "main", 1, tunnel.Token);

        await runner.EnsureAsync(spec, Cancellation);
        var first = Assert.Single(Fake.FindTunnel(tunnel.Id)!.ConnectorIds);
        await runner.EnsureAsync(spec, Cancellation);
        Assert.Equal(first, Assert.Single(Fake.FindTunnel(tunnel.Id)!.ConnectorIds));
        await runner.EnsureAsync(spec with { Restart = true }, Cancellation);
        Assert.NotEqual(first, Assert.Single(Fake.FindTunnel(tunnel.Id)!.ConnectorIds));
    }

    [Fact]
    public async Task A_wrong_token_is_refused_without_being_told()
    {
        var (tunnel, other) = (Fake.AddTunnel("main"), Fake.AddTunnel("other"));
        var runner = new SimulatedTunnelRunner(Fake);
        Fake.Edit("PATCH", $"/accounts/{Account}/cfd_tunnel/{tunnel.Id}", $$"""{"tunnel_secret":"{{Convert.ToBase64String(new byte[32])}}"}""");

        foreach (var token in (string[])[tunnel.Token, other.Token, "nonsense"])
        {
            var refusal = await Assert.ThrowsAsync<TunnelException>(async () => await runner.EnsureAsync(new(tunnel.Id, "main", 1, token), Cancellation));
            Assert.DoesNotContain(token, refusal.ToString(), StringComparison.Ordinal);
        }

        Assert.Null(await runner.ObserveAsync(Cancellation));
        Assert.Empty(Fake.FindTunnel(other.Id)!.ConnectorIds);
    }

    [Fact]
    public async Task A_connector_whose_tunnel_is_deleted_has_no_connections()
    {
        var tunnel = Fake.AddTunnel("main");
        var runner = new SimulatedTunnelRunner(Fake);
        await runner.EnsureAsync(new(tunnel.Id, "main", 1, tunnel.Token), Cancellation);

        Fake.Edit("DELETE", $"/accounts/{Account}/cfd_tunnel/{tunnel.Id}?cascade=true");

        Assert.Equal(0, (await runner.ObserveAsync(Cancellation))!.Connector!.ReadyConnections);
    }

    [Fact]
    public async Task A_scripted_source_yields_whole_sets_at_once_and_after_each_change()
    {
        var source = new ScriptedContainerSource();
        source.Add("web", new LabelMap([new("dockflare.enable", "true")]));
        await using var watch = source.WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation);

        async Task<string> NextAsync()
        {
            Assert.True(await watch.MoveNextAsync());
            return $"{string.Join(' ', watch.Current.Containers.Select(static container => container.Name))} {watch.Current.IsComplete}";
        }

        Assert.Equal("web True", await NextAsync());
        source.Add("api", LabelMap.Empty);
        Assert.Equal("api web True", await NextAsync());
        source.IsComplete = false;
        Assert.Equal("api web False", await NextAsync());
        Assert.True(source.Remove("web"));
        Assert.Equal("api False", await NextAsync());
        source.Set(new ContainerSnapshot("0123456789ab", "db", LabelMap.Empty));
        source.IsComplete = true;
        Assert.Equal("db True", await NextAsync());
    }

    [Fact]
    public async Task Every_watcher_of_a_scripted_source_sees_every_end_state()
    {
        var source = new ScriptedContainerSource();
        await using var one = source.WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        await using var two = source.WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        await one.MoveNextAsync();
        await two.MoveNextAsync();

        source.Add("web", LabelMap.Empty);
        await one.MoveNextAsync();
        await two.MoveNextAsync();

        Assert.Equal(source.Current, one.Current);
        Assert.Equal(source.Current, two.Current);
    }
}
