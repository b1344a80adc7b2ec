using System.Threading.Channels;
using DockFlare.Core;
using DockFlare.Core.Ingress;
using DockFlare.Core.Reconciliation;

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

    /// <summary>The last passes that changed something, oldest first, with what was applied alone.</summary>
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
                passes.Enqueue(new() { Number = snapshot.Number, At = snapshot.At, Duration = snapshot.Duration, Applied = snapshot.Applied.Select(Slim).ToEquatableArray() });
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

    // A document may have thousands of rules; what is told of a write is those that it was about.
    private static Change Slim(Change change)
    {
        if (change is not Change.PutIngress put)
        {
            return change;
        }

        var told = put.Added.Concat(put.Changed).ToHashSet();
        return put with { Rules = put.Rules.Where(rule => told.Contains(RuleIdentity.Of(rule.Key))).ToEquatableArray() };
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
