using Docker.DotNet;
using DockFlare.Core.Protocol;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Docker;

/// <summary>One subscription and what is asked because of it.</summary>
internal sealed partial class EngineWatch(IDockerClient client, TimeSpan resyncInterval, TimeProvider time, ContainerCache cache, SwarmServices swarm, ILogger logger) : IAsyncDisposable
{
    // What tasks on other nodes do is in no event.
    private static readonly TimeSpan ServicesInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryUnseen = TimeSpan.FromSeconds(5);

    /// <summary>How many containers a full list looks at side by side.</summary>
    private const int Parallel = 8;

    private DockerEventStream? events;
    private ITimer? resync;
    private ITimer? retry;
    private ITimer? services;
    private volatile bool isListDue;
    private volatile bool isRetryDue;
    private volatile bool areServicesDue;

    /// <summary>Whether it subscribed and listed: what fails afterwards is a break, not an absence.</summary>
    public bool WasOpen { get; private set; }

    /// <summary>Opens the watch, or waits until the cache changed.</summary>
    public async Task NextAsync(CancellationToken cancellationToken)
    {
        if (events is null)
        {
            await OpenAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        do
        {
            await events.WaitAsync(cancellationToken).ConfigureAwait(false);
            await LookAsync(events, cancellationToken).ConfigureAwait(false);
            RetryUnseenLater();
        }
        while (!cache.TakeChanged());
    }

    public async ValueTask DisposeAsync()
    {
        if (resync is not null)
        {
            await resync.DisposeAsync().ConfigureAwait(false);
        }

        if (retry is not null)
        {
            await retry.DisposeAsync().ConfigureAwait(false);
        }

        if (services is not null)
        {
            await services.DisposeAsync().ConfigureAwait(false);
        }

        if (events is not null)
        {
            await events.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        events = await DockerEventStream.OpenAsync(client, time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        resync = time.CreateTimer(_ => { isListDue = true; events.Wake(); }, null, resyncInterval, resyncInterval);
        retry = time.CreateTimer(_ => { isRetryDue = true; events.Wake(); }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        services = time.CreateTimer(_ => { areServicesDue = true; events.Wake(); }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var asking = swarm.AskAsync(cancellationToken);
        await ListAsync(cancellationToken).ConfigureAwait(false);
        await asking.ConfigureAwait(false);
        await ListServicesAsync(cancellationToken).ConfigureAwait(false);
        RetryUnseenLater();
        cache.TakeChanged();
        WasOpen = true;
    }

    private void RetryUnseenLater()
    {
        if (cache.Unseen.Count > 0)
        {
            retry?.Change(RetryUnseen, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task LookAsync(DockerEventStream stream, CancellationToken cancellationToken)
    {
        if (isListDue)
        {
            isListDue = false;
            areServicesDue = true;
            await ListAsync(cancellationToken).ConfigureAwait(false);
            await swarm.AskAsync(cancellationToken).ConfigureAwait(false);
        }

        foreach (var (id, canAdd) in stream.TakeTouched())
        {
            if (canAdd || cache.Knows(id))
            {
                await LookAtAsync(id, cancellationToken).ConfigureAwait(false);
            }
        }

        if (stream.TakeServicesTouched() | areServicesDue)
        {
            areServicesDue = false;
            await ListServicesAsync(cancellationToken).ConfigureAwait(false);
        }

        if (isRetryDue)
        {
            isRetryDue = false;
            foreach (var id in cache.Unseen.ToArray())
            {
                await LookAtAsync(id, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var listed = await client.Containers.ListContainersAsync(new() { Filters = Live }, cancellationToken).ConfigureAwait(false);
        cache.KeepOnly(listed.Select(container => container.ID).ToHashSet(StringComparer.Ordinal));
        foreach (var batch in listed.Select(container => container.ID).Chunk(Parallel))
        {
            foreach (var look in await Task.WhenAll(batch.Select(id => InspectAsync(id, cancellationToken))).ConfigureAwait(false))
            {
                Put(look);
            }
        }
    }

    private async Task ListServicesAsync(CancellationToken cancellationToken)
    {
        cache.PutServices(await swarm.ListAsync(cancellationToken).ConfigureAwait(false));
        services?.Change(swarm.IsManager ? ServicesInterval : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private async Task LookAtAsync(string id, CancellationToken cancellationToken) => Put(await InspectAsync(id, cancellationToken).ConfigureAwait(false));

    private async Task<Look> InspectAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return new(id, ContainerMapping.ToSnapshot(await client.Containers.InspectContainerAsync(id, cancellationToken).ConfigureAwait(false)), null);
        }
        catch (DockerContainerNotFoundException)
        {
            // It went between the event and the look.
            return new(id, null, null);
        }
        catch (DockerApiException error)
        {
            return new(id, null, error.Message);
        }
    }

    private void Put(Look look)
    {
        if (look.Failure is null)
        {
            cache.Put(look.Id, look.Container);
            return;
        }

        LogUnseen(look.Id, look.Failure);
        cache.PutUnseen(look.Id);
    }

    private static IDictionary<string, IDictionary<string, bool>> Live { get; } = new Dictionary<string, IDictionary<string, bool>>
    {
        ["status"] = new Dictionary<string, bool> { ["running"] = true, ["paused"] = true, ["restarting"] = true },
    };

    private readonly record struct Look(string Id, ContainerSnapshot? Container, string? Failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Container {Id} cannot be looked at: {Cause}. The report is marked incomplete until it can.")]
    private partial void LogUnseen(string id, string cause);
}
