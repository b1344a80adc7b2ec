using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Docker.DotNet;

namespace DockFlare.Hosting.Docker;

/// <summary>
/// One subscription to the engine's events. It keeps only which containers have to be looked at again, so that what it holds is
/// bounded by their number however slow the reader is. Once the stream broke, waiting fails with what broke it.
/// </summary>
internal sealed class DockerEventStream : IAsyncDisposable
{
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource ended = new();
    private readonly Lock gate = new();
    private readonly StreamReader reader;
    private readonly Task reading;
    private Dictionary<string, bool> touched = new(StringComparer.Ordinal);
    private bool areServicesTouched;

    private DockerEventStream(Stream stream)
    {
        reader = new StreamReader(stream);
        reading = ReadAsync();
    }

    /// <summary>Subscribes. When this returns the engine has answered, so a list asked for from now on misses nothing.</summary>
    public static async Task<DockerEventStream> OpenAsync(IDockerClient client, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // The engine answers just before it subscribes us; asking for the last seconds closes that gap, and looking twice harms nothing.
        var since = now.AddSeconds(-2).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
#pragma warning disable CS0618 // The other overload does not say when the engine has answered.
        var stream = await client.System.MonitorEventsAsync(new() { Since = since, Filters = DockerEvent.Filters }, cancellationToken).ConfigureAwait(false);
#pragma warning restore CS0618
        return new(stream);
    }

    /// <summary>Waits until there is something to do.</summary>
    /// <exception cref="IOException">The stream broke.</exception>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await wake.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException error)
        {
            throw new IOException("The event stream of the Docker Engine ended.", error.InnerException);
        }
    }

    /// <summary>Ends a wait.</summary>
    public void Wake() => wake.Writer.TryWrite(true);

    /// <summary>Takes the containers to look at again; the value says whether one that is unknown may be new.</summary>
    public Dictionary<string, bool> TakeTouched()
    {
        lock (gate)
        {
            var taken = touched;
            touched = new(StringComparer.Ordinal);
            return taken;
        }
    }

    /// <summary>Whether services of a Swarm are to be looked at since this was asked last.</summary>
    public bool TakeServicesTouched()
    {
        lock (gate)
        {
            var taken = areServicesTouched;
            areServicesTouched = false;
            return taken;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync().ConfigureAwait(false);
        reader.Dispose();
        await reading.ConfigureAwait(false);
        ended.Dispose();
    }

    private async Task ReadAsync()
    {
        Exception? broken = null;
        try
        {
            while (await reader.ReadLineAsync(ended.Token).ConfigureAwait(false) is { } line)
            {
                if (line.Length > 0 && JsonSerializer.Deserialize(line, DockerEventJsonContext.Default.DockerEvent) is { } message)
                {
                    Touch(message);
                }
            }
        }
        catch (Exception error) when (error is IOException or JsonException or HttpRequestException or ObjectDisposedException or OperationCanceledException)
        {
            broken = error;
        }

        wake.Writer.TryComplete(broken);
    }

    private void Touch(DockerEvent message)
    {
        lock (gate)
        {
            areServicesTouched |= message.IsOfService;
            if (message.Container is { } id)
            {
                touched[id] = message.CanAdd || touched.GetValueOrDefault(id);
            }
        }

        Wake();
    }
}
