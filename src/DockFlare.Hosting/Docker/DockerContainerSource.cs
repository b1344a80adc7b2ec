using System.Runtime.CompilerServices;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Docker;

/// <summary>
/// The containers of a Docker Engine, as a cache that lists and watches: it subscribes to the events, lists everything, and from then on
/// looks again at the one container an event names. A break in the stream makes it start over, for ever.
/// </summary>
internal sealed partial class DockerContainerSource(
    DockerConnection connection, IOptions<DockerOptions> options, TimeProvider time, ILogger<DockerContainerSource> logger) : IContainerSource
{
    /// <summary>An engine on the same machine is cheap to ask, and until it answers nothing new is routed.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private bool isTroubleLogged;

    /// <summary>Why the engine cannot be watched, for the readiness check; null while it is.</summary>
    public string? Trouble { get; private set; } = "the Docker Engine was not asked yet";

    /// <inheritdoc />
    public async IAsyncEnumerable<Inventory> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var cache = new ContainerCache(options.Value.Filter);
        var swarm = new SwarmServices(connection.Client, connection.Host, logger);
        var failures = 0;
        Inventory? last = null;
        while (true)
        {
            // A stream that ends is opened again: a socket proxy cuts idle ones, which is no news. Only what then fails is.
            var watch = new EngineWatch(connection.Client, options.Value.ResyncInterval, time, cache, swarm, logger);
            await using var _ = watch.ConfigureAwait(false);
            var began = time.GetTimestamp();
            while (await TryNextAsync(watch, cancellationToken).ConfigureAwait(false))
            {
                var next = cache.ToInventory(isConnected: true);
                if (next != last)
                {
                    yield return last = next;
                }
            }

            if (!watch.WasOpen && cache.ToInventory(isConnected: false) is var incomplete && incomplete != last)
            {
                yield return last = incomplete;
            }

            // One that held is followed at once; one that opens and breaks over and over is not.
            failures = watch.WasOpen && time.GetElapsedTime(began) > LongestPause ? 0 : failures + 1;
            if (failures > 0)
            {
                await Task.Delay(Pause(failures, Random.Shared.NextDouble()), time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Doubles from half a second to ten, less up to half of it by chance, so that many hosts do not ask in step.</summary>
    internal static TimeSpan Pause(int failures, double chance)
    {
        var full = Math.Min(LongestPause.TotalSeconds, 0.25 * Math.Pow(2, Math.Min(failures, 10)));
        return TimeSpan.FromSeconds(full * (1 - (chance / 2)));
    }

    /// <summary>Waits for the next change; false when the engine is lost.</summary>
    private async Task<bool> TryNextAsync(EngineWatch watch, CancellationToken cancellationToken)
    {
        try
        {
            await watch.NextAsync(cancellationToken).ConfigureAwait(false);
            if (Trouble is not null)
            {
                Trouble = null;
                isTroubleLogged = false;
                LogWatching(connection.Host);
            }

            return true;
        }
        catch (Exception error) when (DockerConnection.IsTrouble(error, cancellationToken))
        {
            if (watch.WasOpen)
            {
                LogStreamEnded(error.GetBaseException().Message);
                return false;
            }

            // Said once: how the engine is absent may differ from try to try.
            Trouble = connection.Explain(error);
            if (!isTroubleLogged)
            {
                isTroubleLogged = true;
                LogTrouble(Trouble);
            }

            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Watching the containers of the Docker Engine at {Host}.")]
    private partial void LogWatching(Uri host);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Containers cannot be watched: {Trouble}. Routes stay as they are; it is tried again until it works.")]
    private partial void LogTrouble(string trouble);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The event stream ended ({Cause}); subscribing again.")]
    private partial void LogStreamEnded(string cause);
}
