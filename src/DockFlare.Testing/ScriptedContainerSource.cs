using System.Runtime.CompilerServices;
using System.Threading.Channels;
using DockFlare.Core;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;

namespace DockFlare.Testing;

/// <summary>A host whose containers a test decides. Safe to change and to watch from several places at once.</summary>
public sealed class ScriptedContainerSource : IContainerSource
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, ContainerSnapshot> containers = new(StringComparer.Ordinal);
    private readonly List<Channel<Inventory>> watchers = [];
    private bool isComplete = true;

    /// <summary>Whether everything can be seen; setting it is a change like any other.</summary>
    public bool IsComplete
    {
        get
        {
            lock (gate)
            {
                return isComplete;
            }
        }
        set => Change(() => isComplete = value);
    }

    /// <summary>The set as it is now.</summary>
    public Inventory Current
    {
        get
        {
            lock (gate)
            {
                return Take();
            }
        }
    }

    /// <summary>Puts a whole set in the place of the old one.</summary>
    public void Set(params IEnumerable<ContainerSnapshot> all)
    {
        ArgumentNullException.ThrowIfNull(all);
        Change(() =>
        {
            containers.Clear();
            foreach (var container in all)
            {
                containers[container.Name] = container;
            }
        });
    }

    /// <summary>Adds a container, or puts it in the place of the one with its name.</summary>
    public void Add(ContainerSnapshot container)
    {
        ArgumentNullException.ThrowIfNull(container);
        Change(() => containers[container.Name] = container);
    }

    /// <summary>Adds a container of this name with these labels.</summary>
    public void Add(string name, LabelMap labels) => Add(new ContainerSnapshot($"{name}-0123456789ab", name, labels));

    /// <summary>Takes a container away.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(string name)
    {
        var isRemoved = false;
        Change(() => isRemoved = containers.Remove(name));
        return isRemoved;
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<Inventory> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // What is yielded is always everything, so a watcher that is slow needs only the newest.
        var channel = Channel.CreateBounded<Inventory>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (gate)
        {
            watchers.Add(channel);
            channel.Writer.TryWrite(Take());
        }

        try
        {
            await foreach (var inventory in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return inventory;
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

    private void Change(Action change)
    {
        lock (gate)
        {
            change();
            var inventory = Take();
            watchers.ForEach(watcher => watcher.Writer.TryWrite(inventory));
        }
    }

    private Inventory Take() => new(containers.Values.ToEquatableArray(), isComplete);
}
