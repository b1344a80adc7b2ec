using DockFlare.Core.Protocol;
using DockFlare.Hosting.Docker;
using DockFlare.Tests.Fixtures;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Tests.Docker;

/// <summary>A source that is being watched: keeps everything it yielded and lets a test wait for the set it expects.</summary>
internal sealed class WatchedContainers : IAsyncDisposable
{
    /// <summary>A bound to fail by, never a wait for success.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly DockerConnection connection;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private readonly List<(Inventory Inventory, DateTimeOffset At)> yielded = [];
    private readonly Task watching;
    private TaskCompletionSource more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public WatchedContainers(Uri host, Action<DockerOptions>? configure = null, TimeProvider? time = null)
    {
        var options = new DockerOptions { Host = host };
        configure?.Invoke(options);
        connection = new DockerConnection(Options.Create(options));
        Source = new DockerContainerSource(connection, Options.Create(options), time ?? TimeProvider.System, Log.For<DockerContainerSource>());
        watching = WatchAsync(Source);
    }

    public DockerContainerSource Source { get; }

    public LogLines Log { get; } = new();

    /// <summary>Everything that was yielded so far, with the time of this machine.</summary>
    public List<(Inventory Inventory, DateTimeOffset At)> Yielded
    {
        get
        {
            lock (gate)
            {
                return [.. yielded];
            }
        }
    }

    /// <summary>Waits until a set is yielded, from <paramref name="from"/> on, that fits; gives it.</summary>
    public async Task<Inventory> UntilAsync(Func<Inventory, bool> fits, int from = 0)
    {
        using var limit = new CancellationTokenSource(Limit);
        for (var i = from; ; i++)
        {
            Task wait;
            lock (gate)
            {
                if (i < yielded.Count)
                {
                    if (fits(yielded[i].Inventory))
                    {
                        return yielded[i].Inventory;
                    }

                    continue;
                }

                wait = more.Task;
                i--;
            }

            try
            {
                await wait.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"No such set within {Limit.TotalSeconds} s. Yielded:\n{string.Join('\n', Yielded.Select(y => Describe(y.Inventory)))}\nLog:\n{string.Join('\n', Log.Lines)}");
            }
        }
    }

    /// <summary>Waits for the complete set of exactly these names, in any order.</summary>
    public Task<Inventory> UntilNamesAsync(string[] names, int from = 0) =>
        UntilAsync(inventory => inventory.IsComplete && inventory.Containers.Select(c => c.Name).Order(StringComparer.Ordinal).SequenceEqual(names.Order(StringComparer.Ordinal)), from);

    public static string Describe(Inventory inventory) =>
        $"{(inventory.IsComplete ? "complete" : "incomplete")}: {string.Join(", ", inventory.Containers.Select(c => $"{c.Name} {c.State} {c.Health}"))}";

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await watching;
        connection.Dispose();
        stop.Dispose();
    }

    private async Task WatchAsync(DockerContainerSource source)
    {
        try
        {
            await foreach (var inventory in source.WatchAsync(stop.Token))
            {
                var at = TimeProvider.System.GetUtcNow();
                lock (gate)
                {
                    yielded.Add((inventory, at));
                    more.TrySetResult();
                    more = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The test is over.
        }
    }
}
