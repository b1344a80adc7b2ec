using System.Collections.Concurrent;
using Docker.DotNet.Models;
using DockFlare.Tests.Fixtures;

namespace DockFlare.Hosting.Tests.Docker;

[Collection(EngineCollection.Name)]
public sealed class DockerContainerSourceLatencyTests(EngineFixture fixture, ITestOutputHelper output) : IAsyncLifetime
{
    private const int Starts = 50;
    private readonly DockerEngine engine = fixture.Engine;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await engine.RemoveContainersAsync();

    [Fact]
    public async Task From_the_engines_stamp_to_the_set_is_milliseconds()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var stamps = new ConcurrentDictionary<string, long>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var events = engine.Client.System.MonitorEventsAsync(new(), new Stamps(stamps), stop.Token);
        await using var watched = new WatchedContainers(engine.Endpoint);
        await watched.UntilNamesAsync([]);

        List<double> milliseconds = [];
        for (var i = 0; i < Starts; i++)
        {
            var created = await engine.Client.Containers.CreateContainerAsync(new() { Image = TestImages.Workload, Name = $"c{i}" }, cancellationToken);
            await engine.Client.Containers.StartContainerAsync(created.ID, new(), cancellationToken);
            await watched.UntilAsync(inventory => inventory.Containers.Any(c => created.ID.StartsWith(c.Id, StringComparison.Ordinal)), Math.Max(0, watched.Yielded.Count - 1));
            var at = watched.Yielded.First(y => y.Inventory.Containers.Any(c => created.ID.StartsWith(c.Id, StringComparison.Ordinal))).At;
            var stamp = await StampAsync(stamps, created.ID, cancellationToken);
            milliseconds.Add((at - DateTimeOffset.UnixEpoch).TotalMilliseconds - (stamp / 1e6));
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => events);
        milliseconds.Sort();
        output.WriteLine($"engine stamp to yielded set, {Starts} starts: p50 {milliseconds[Starts / 2]:0.00} ms, p99 {milliseconds[^1]:0.00} ms, least {milliseconds[0]:0.00} ms");
        Assert.True(milliseconds[Starts / 2] < 50, $"p50 is {milliseconds[Starts / 2]:0.00} ms.");
    }

    private static async Task<long> StampAsync(ConcurrentDictionary<string, long> stamps, string id, CancellationToken cancellationToken)
    {
        // The other subscriber hears of it at the same time; it may be a moment later.
        long stamp;
        while (!stamps.TryGetValue(id, out stamp))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        return stamp;
    }

    private sealed class Stamps(ConcurrentDictionary<string, long> stamps) : IProgress<Message>
    {
        public void Report(Message value)
        {
            if (value is { Type: "container", Action: "start", TimeNano: { } nanoseconds })
            {
                stamps[value.Actor.ID] = nanoseconds;
            }
        }
    }
}
