using System.Threading.Channels;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>Where the newest pass is shown: the API, the terminal and the dashboard read it.</summary>
internal sealed class PassBoard
{
    private readonly Lock gate = new();
    private readonly List<Channel<PassSnapshot>> watchers = [];
    private const int Kept = 200;
    private readonly Queue<PassSnapshot> passes = new();
    private volatile PassSnapshot current = PassSnapshot.None;

    public PassSnapshot Current => current;

    /// <summary>The last passes that changed something, oldest first, without the whole desired state.</summary>
    public IReadOnlyList<PassSnapshot> Recent
    {
        get
        {
            lock (gate)
            {
                return [.. passes];
            }
        }
    }

    public void Publish(PassSnapshot snapshot)
    {
        lock (gate)
        {
            current = snapshot;
            if (!snapshot.Applied.IsEmpty)
            {
                passes.Enqueue(snapshot with { Desired = new(), Routes = [] });
                if (passes.Count > Kept)
                {
                    passes.Dequeue();
                }
            }

            foreach (var watcher in watchers)
            {
                watcher.Writer.TryWrite(snapshot);
            }
        }
    }

    /// <summary>Yields the current snapshot and then each newer one; a slow reader sees the newest and misses those between.</summary>
    public async IAsyncEnumerable<PassSnapshot> WatchAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<PassSnapshot>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (gate)
        {
            watchers.Add(channel);
            channel.Writer.TryWrite(current);
        }

        try
        {
            await foreach (var snapshot in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return snapshot;
            }
        }
        finally
        {
            lock (gate)
            {
                watchers.Remove(channel);
            }
        }
    }
}
