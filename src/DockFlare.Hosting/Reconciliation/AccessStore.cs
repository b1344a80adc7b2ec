using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using DockFlare.Core.Access;
using DockFlare.Hosting.Persistence;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>Which Access applications and policies are ours. A name proves nothing: only an id in here does.</summary>
internal sealed class AccessStore(IStateStore store)
{
    public const string AppKind = "access-app";
    public const string PolicyKind = "access-policy";
    public const string TokenKind = "access-service-token";
    private readonly ConcurrentDictionary<(string Kind, string Key), (AccessRecord Record, long Version)> records = new();
    private bool isLoaded;

    /// <summary>Whether nothing of ours is, or may be, in Access.</summary>
    public bool IsEmpty => records.Keys.All(static key => key.Kind == TokenKind);

    public async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        if (isLoaded)
        {
            return;
        }

        foreach (var kind in (string[])[AppKind, PolicyKind, TokenKind])
        {
            foreach (var document in await store.ListAsync(kind, cancellationToken).ConfigureAwait(false))
            {
                var record = JsonSerializer.Deserialize(document.Json.Span, AccessStateJson.Default.AccessRecord)
                    ?? throw new StateStoreException($"The record '{document.Id}' ({kind}) in the state store is empty. Restore the data directory from a backup.");
                records[(kind, document.Id)] = (record, document.Version);
            }
        }

        isLoaded = true;
    }

    public AccessRecord? Find(string kind, string key) => records.TryGetValue((kind, key), out var found) ? found.Record : null;

    /// <summary>The keys of what is ours, by Cloudflare's id.</summary>
    public Dictionary<string, string> KeysById(string kind) => Of(kind)
        .Where(static record => record.Id is not null)
        .GroupBy(static record => record.Id!, StringComparer.Ordinal)
        .ToDictionary(static group => group.Key, static group => group.First().Key, StringComparer.Ordinal);

    /// <summary>What was sent and is not known to have come to its end.</summary>
    public IReadOnlyList<AccessRecord> Unfinished(string kind) => [.. Of(kind).Where(static record => record.Sent is not null)];

    /// <summary>Writes a record; durable when it answers.</summary>
    public async ValueTask SaveAsync(string kind, AccessRecord record, CancellationToken cancellationToken)
    {
        var (old, version) = records.GetValueOrDefault((kind, record.Key));
        if (old == record)
        {
            return;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(record, AccessStateJson.Default.AccessRecord);
        var written = await store.TryPutAsync(kind, record.Key, json, version, cancellationToken).ConfigureAwait(false)
            ?? throw new StateStoreException($"Somebody else wrote the record '{record.Key}' ({kind}): two masters share one state store. Stop one of them.");
        records[(kind, record.Key)] = (record, written);
    }

    public async ValueTask RemoveAsync(string kind, string key, CancellationToken cancellationToken)
    {
        if (records.TryGetValue((kind, key), out var found))
        {
            await store.TryDeleteAsync(kind, key, found.Version, cancellationToken).ConfigureAwait(false);
            records.TryRemove((kind, key), out _);
        }
    }

    /// <summary>Finds what was made by calls whose answers were lost, and drops what is gone and not wanted any more.</summary>
    /// <param name="kind">Applications or policies.</param>
    /// <param name="there">What is there, as just read: what each looks like, by id.</param>
    /// <param name="wanted">The keys of what should be there.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    public async ValueTask SettleAsync(string kind, IReadOnlyDictionary<string, string> there, IReadOnlySet<string> wanted, CancellationToken cancellationToken)
    {
        var owned = KeysById(kind);
        foreach (var record in Of(kind).OrderBy(static record => record.Key, StringComparer.Ordinal))
        {
            if (record.Id is { } id && there.ContainsKey(id))
            {
                continue;
            }

            var made = record.Id is not null ? null : there
                .Where(thing => string.Equals(thing.Value, record.Sent, StringComparison.Ordinal) && !record.Before.Contains(thing.Key) && !owned.ContainsKey(thing.Key))
                .Select(static thing => thing.Key).Order(StringComparer.Ordinal).FirstOrDefault();
            if (made is not null)
            {
                owned[made] = record.Key;
                await SaveAsync(kind, new() { Key = record.Key, Id = made }, cancellationToken).ConfigureAwait(false);
            }
            else if (!wanted.Contains(record.Key))
            {
                await RemoveAsync(kind, record.Key, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>What tells an application that we made from any other: its name and what it covers, which no two share.</summary>
    public static string Looks(string name, IEnumerable<string> destinations) =>
        $"{name}\n{string.Join('\n', destinations.Select(AccessCoverage.Normalize).Order(StringComparer.Ordinal))}";

    /// <summary>What tells a policy that we made from any other.</summary>
    public static string Looks(AccessPolicy policy)
    {
        var text = new StringBuilder().Append(policy.Name).Append('\n').Append(policy.Decision);
        foreach (var selectors in new[] { policy.Include, policy.Exclude, policy.Require })
        {
            text.Append('\n').AppendJoin('|', selectors.Select(static selector => selector.ToJson()).Order(StringComparer.Ordinal));
        }

        return text.ToString();
    }

    private IEnumerable<AccessRecord> Of(string kind) => records.Where(pair => string.Equals(pair.Key.Kind, kind, StringComparison.Ordinal)).Select(static pair => pair.Value.Record).ToList();
}
