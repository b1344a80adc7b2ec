using System.Globalization;
using System.Threading.Channels;
using Docker.DotNet;
using Docker.DotNet.Models;
using DockFlare.Testing;
using DockFlare.Tests.Fixtures;

namespace DockFlare.EndToEnd.Tests.Stage;

/// <summary>
/// Cloudflare's edge between the emulator and the connectors of one engine: each connector that starts there is let in with the token it was given,
/// and is told of every configuration that is pushed to its tunnel, so that its metrics tell the version really in force.
/// </summary>
internal sealed class Edge : IAsyncDisposable
{
    private const int MetricsPort = 20241;
    private readonly FakeCloudflare cloudflare;
    private readonly DockerEngine engine;
    private readonly CancellationTokenSource stopping = new();
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly Dictionary<string, Line> connected = new(StringComparer.Ordinal);
    private readonly Channel<bool> look = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private (string Id, Uri Address)[] connectors = [];
    private readonly Task watching;
    private readonly Task connecting;

    public Edge(FakeCloudflare cloudflare, DockerEngine engine)
    {
        (this.cloudflare, this.engine) = (cloudflare, engine);
        watching = WatchAsync();
        connecting = ConnectAsync();
    }

    /// <summary>The containers that were let in, each with the address it answers at.</summary>
    public IReadOnlyList<(string Id, Uri Address)> Connectors => Volatile.Read(ref connectors);

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(watching, connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var line in connected.Values)
        {
            await line.DisposeAsync();
        }

        Assert.False(connecting.IsFaulted || watching.IsFaulted, $"The edge broke: {connecting.Exception ?? watching.Exception}");
        stopping.Dispose();
        http.Dispose();
    }

    // An event only says that there is something to look at; a stream that ended says it too.
    private async Task WatchAsync()
    {
        var since = DateTimeOffset.UnixEpoch.AddSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var parameters = new ContainerEventsParameters
                {
                    Since = since.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
                    Filters = new Dictionary<string, IDictionary<string, bool>> { ["type"] = new Dictionary<string, bool> { ["container"] = true } },
                };
                look.Writer.TryWrite(true);
                await engine.Client.System.MonitorEventsAsync(parameters, new Ear(look), stopping.Token);
            }
            catch (Exception error) when (error is HttpRequestException or IOException or DockerApiException or TimeoutException)
            {
                // The engine is away.
            }

            await Task.Delay(100, stopping.Token);
        }
    }

    private async Task ConnectAsync()
    {
        await foreach (var _ in look.Reader.ReadAllAsync(stopping.Token))
        {
            try
            {
                await LookAsync();
            }
            catch (Exception error) when (error is HttpRequestException or IOException or DockerApiException or TimeoutException)
            {
                // The engine went away: the next stream makes it look again.
            }
        }
    }

    private async Task LookAsync()
    {
        var labelled = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { ["dockflare.connector"] = true } };
        Dictionary<string, ContainerInspectResponse> running = new(StringComparer.Ordinal);
        foreach (var listed in await engine.Client.Containers.ListContainersAsync(new() { Filters = labelled }, stopping.Token))
        {
            try
            {
                var container = await engine.Client.Containers.InspectContainerAsync(listed.ID, stopping.Token);
                running[$"{container.ID}@{container.State!.StartedAt}"] = container;
            }
            catch (DockerContainerNotFoundException)
            {
                // It went between the two calls.
            }
        }

        foreach (var gone in connected.Keys.Except(running.Keys).ToList())
        {
            connected.Remove(gone, out var line);
            await line!.DisposeAsync();
        }

        foreach (var (id, container) in running)
        {
            var address = container.NetworkSettings!.Networks!.Values.Select(static network => network.IPAddress).FirstOrDefault(static ip => !string.IsNullOrEmpty(ip));
            var token = container.Config!.Env!.First(static variable => variable.StartsWith("TUNNEL_TOKEN=", StringComparison.Ordinal))["TUNNEL_TOKEN=".Length..];
            if (address is not null && !connected.ContainsKey(id))
            {
                try
                {
                    connected[id] = new Line(cloudflare, token, new Uri($"http://{address}:{MetricsPort}/edge/"), http);
                }
                catch (FakeConnectException)
                {
                    // The edge refuses its token: it stays without a connection, as the real one would.
                }
            }
        }

        Volatile.Write(ref connectors, [.. connected.Select(static line => (line.Key, line.Value.Address))]);
    }

    private sealed class Ear(Channel<bool> look) : IProgress<Message>
    {
        public void Report(Message value) => look.Writer.TryWrite(true);
    }

    /// <summary>One connector that was let in.</summary>
    private sealed class Line : IAsyncDisposable
    {
        private readonly Channel<long> versions = Channel.CreateUnbounded<long>();
        private readonly CancellationTokenSource ended = new();
        private readonly FakeConnector connector;
        private readonly Task pushing;

        public Line(FakeCloudflare cloudflare, string token, Uri address, HttpClient http)
        {
            connector = cloudflare.Connect(token, onConfiguration: configuration => versions.Writer.TryWrite(configuration.Version));
            versions.Writer.TryWrite(connector.ConfigVersion ?? 0);
            Address = address;
            pushing = PushAsync(address, http);
        }

        public Uri Address { get; }

        public async ValueTask DisposeAsync()
        {
            connector.Disconnect();
            await ended.CancelAsync();
            await pushing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ended.Dispose();
        }

        private async Task PushAsync(Uri address, HttpClient http)
        {
            long newest = 0;
            await foreach (var version in versions.Reader.ReadAllAsync(ended.Token))
            {
                newest = Math.Max(newest, version);
                while (!await TryPushAsync(new Uri(address, newest.ToString(CultureInfo.InvariantCulture)), http))
                {
                    await Task.Delay(20, ended.Token);
                }
            }
        }

        private async Task<bool> TryPushAsync(Uri address, HttpClient http)
        {
            try
            {
                using var answer = await http.PostAsync(address, null, ended.Token);
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                // Its listener is not open yet.
                return false;
            }
        }
    }
}
