using System.Collections.Concurrent;
using System.Text.Json;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Persistence;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>The tunnel records, in memory and in the store. Used by the reconciler alone, one pass at a time; in a pass several records are written side by side.</summary>
internal sealed class TunnelStore(IStateStore store)
{
    public const string Kind = "tunnel";
    private readonly ConcurrentDictionary<string, (TunnelRecord Record, long Version)> records = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> names = new(StringComparer.Ordinal);
    private bool isLoaded;

    /// <summary>Every record, by name.</summary>
    public IEnumerable<TunnelRecord> All => records.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => pair.Value.Record);

    public async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        if (isLoaded)
        {
            return;
        }

        foreach (var document in await store.ListAsync(Kind, cancellationToken).ConfigureAwait(false))
        {
            var record = JsonSerializer.Deserialize(document.Json.Span, StateJson.Default.TunnelRecord)
                ?? throw new StateStoreException($"The record of tunnel '{document.Id}' in the state store is empty. Restore the data directory from a backup.");
            Keep(record, document.Version);
        }

        isLoaded = true;
    }

    public TunnelRecord? Find(string name) => records.TryGetValue(name, out var found) ? found.Record : null;

    public TunnelRecord? FindById(string tunnelId) =>
        names.TryGetValue(tunnelId, out var name) && records.TryGetValue(name, out var found) && string.Equals(found.Record.TunnelId, tunnelId, StringComparison.Ordinal) ? found.Record : null;

    /// <summary>The id that a tunnel has now, also one that was made anew since; the id itself when none of ours ever had it.</summary>
    public string CurrentIdOf(string tunnelId)
    {
        foreach (var (record, _) in records.Values)
        {
            if (record.FormerIds.Contains(tunnelId, StringComparer.Ordinal))
            {
                return record.TunnelId ?? TunnelAssignment.Planned(record.Name);
            }
        }

        return tunnelId;
    }

    /// <summary>The ids of the tunnels here, and those they had before somebody deleted them.</summary>
    public HashSet<string> OwnIds()
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (record, _) in records.Values)
        {
            ids.UnionWith(record.FormerIds);
            if (record.TunnelId is { } id)
            {
                ids.Add(id);
            }
        }

        return ids;
    }

    /// <summary>Writes the record if it says something else than before; durable when it answers.</summary>
    public async ValueTask SaveAsync(TunnelRecord record, CancellationToken cancellationToken)
    {
        var (old, version) = records.TryGetValue(record.Name, out var found) ? found : default;
        if (record == old)
        {
            return;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(record, StateJson.Default.TunnelRecord);
        var written = await store.TryPutAsync(Kind, record.Name, json, version, cancellationToken).ConfigureAwait(false)
            ?? throw new StateStoreException($"Somebody else wrote the record of tunnel '{record.Name}': two masters share one state store. Stop one of them.");
        Keep(record, written);
    }

    /// <summary>Forgets a tunnel.</summary>
    public async ValueTask RemoveAsync(TunnelRecord record, CancellationToken cancellationToken)
    {
        if (records.TryGetValue(record.Name, out var found) && await store.TryDeleteAsync(Kind, record.Name, found.Version, cancellationToken).ConfigureAwait(false))
        {
            records.TryRemove(record.Name, out _);
        }
    }

    // An id that a record no longer has stays in the index and finds nothing.
    private void Keep(TunnelRecord record, long version)
    {
        records[record.Name] = (record, version);
        if (record.TunnelId is { } id)
        {
            names[id] = record.Name;
        }
    }
}
