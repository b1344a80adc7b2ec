using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DockFlare.Core.Commands;
using DockFlare.Hosting.Persistence;

namespace DockFlare.Hosting.Agents;

/// <summary>
/// The keys agents call with. A key is shown once, when it is made; what is kept is its SHA-256, which is also how it is found: a lookup
/// of a hash tells nothing about a key, so no comparison here depends on secret bytes. All of them are held in memory: a heartbeat costs no store read.
/// </summary>
internal sealed class AgentKeys(IStateStore store, TimeProvider time) : IDisposable
{
    public const string Kind = "agent-key";
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly ConcurrentDictionary<string, AgentKey> keys = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<AgentId, AgentKey[]> byAgent = new();
    private volatile bool isLoaded;

    /// <summary>Every key, oldest first.</summary>
    public IReadOnlyList<AgentKey> All => [.. OldestFirst(keys.Values)];

    public async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        if (isLoaded)
        {
            return;
        }

        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (isLoaded)
            {
                return;
            }

            foreach (var document in await store.ListAsync(Kind, cancellationToken).ConfigureAwait(false))
            {
                Add(new(document.Id, Read(document), document.Version));
            }

            isLoaded = true;
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>The key that was presented, if it is known, not revoked and not expired.</summary>
    public AgentKey? FindValid(string presented) =>
        keys.TryGetValue(Hash(presented), out var key) && IsValid(key) ? key : null;

    /// <summary>Whether it is neither revoked nor expired.</summary>
    public bool IsValid(AgentKey key) => key.Record.RevokedAt is null && !(key.Record.ExpiresAt <= time.GetUtcNow());

    /// <summary>A key by itself or by its SHA-256 in hex, whatever its state.</summary>
    public AgentKey? Find(string keyOrHash) =>
        keys.GetValueOrDefault(keyOrHash.ToLowerInvariant()) ?? keys.GetValueOrDefault(Hash(keyOrHash));

    /// <summary>The keys of an agent that were not revoked, oldest first.</summary>
    public IEnumerable<AgentKey> Of(AgentId agent) => byAgent.GetValueOrDefault(agent, []).Where(static key => key.Record.RevokedAt is null);

    /// <summary>Makes a key. The answer is the only place where the key itself ever is.</summary>
    public async ValueTask<(string Raw, AgentKey Key)> CreateAsync(string? owner, TimeSpan? lifetime, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return await AddAsync(new AgentKeyRecord { Owner = owner, CreatedAt = now, ExpiresAt = now + lifetime }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes a new key for an agent. Its present ones go on being accepted for <paramref name="overlap"/>, so that the agent has time to be given the
    /// new one; with none they end at once.
    /// </summary>
    public async ValueTask<string> RollAsync(AgentId agent, TimeSpan overlap, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var old = Of(agent).ToList();
        var (raw, _) = await AddAsync(
            new AgentKeyRecord { Owner = old.FirstOrDefault()?.Record.Owner, CreatedAt = now, Agent = agent, RolledFrom = old.LastOrDefault()?.Fingerprint },
            cancellationToken).ConfigureAwait(false);
        foreach (var key in old)
        {
            await EndAsync(key, overlap, cancellationToken).ConfigureAwait(false);
        }

        return raw;
    }

    /// <summary>Ends a key after a while, or at once.</summary>
    public async ValueTask EndAsync(AgentKey key, TimeSpan after, CancellationToken cancellationToken)
    {
        if (after <= TimeSpan.Zero)
        {
            await RevokeAsync(key, cancellationToken).ConfigureAwait(false);
            return;
        }

        var end = time.GetUtcNow() + after;
        await ChangeAsync(key, record => record.ExpiresAt <= end ? record : record with { ExpiresAt = end }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Binds a key to the agent that registers with it first. False when somebody else was faster.</summary>
    public async ValueTask<bool> BindAsync(AgentKey key, AgentId agent, CancellationToken cancellationToken)
    {
        await ChangeAsync(key, record => record.Agent is null ? record with { Agent = agent } : record, cancellationToken).ConfigureAwait(false);
        Add(key);
        return key.Record.Agent == agent;
    }

    /// <summary>Ends a key, and with it the polls that wait under it.</summary>
    public async ValueTask RevokeAsync(AgentKey key, CancellationToken cancellationToken)
    {
        await ChangeAsync(key, record => record.RevokedAt is null ? record with { RevokedAt = time.GetUtcNow() } : record, cancellationToken).ConfigureAwait(false);
        await key.RevokeAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        writing.Dispose();
        foreach (var key in keys.Values)
        {
            key.Dispose();
        }
    }

    /// <summary>SHA-256 of a key in lower-case hex: how it is kept and found.</summary>
    public static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    private async ValueTask<(string Raw, AgentKey Key)> AddAsync(AgentKeyRecord record, CancellationToken cancellationToken)
    {
        var raw = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var key = new AgentKey(Hash(raw), record, 0);
        await ChangeAsync(key, static record => record with { }, cancellationToken).ConfigureAwait(false);
        Add(key);
        return (raw, key);
    }

    private void Add(AgentKey key)
    {
        keys[key.Hash] = key;
        if (key.Record.Agent is { } agent)
        {
            byAgent.AddOrUpdate(agent, [key], (_, others) => others.Contains(key) ? others : [.. OldestFirst(others.Append(key))]);
        }
    }

    private static IEnumerable<AgentKey> OldestFirst(IEnumerable<AgentKey> some) =>
        some.OrderBy(static key => key.Record.CreatedAt).ThenBy(static key => key.Hash, StringComparer.Ordinal);

    private async ValueTask ChangeAsync(AgentKey key, Func<AgentKeyRecord, AgentKeyRecord> change, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var record = change(key.Record);
            if (ReferenceEquals(record, key.Record))
            {
                return;
            }

            var json = JsonSerializer.SerializeToUtf8Bytes(record, AgentRecordJson.Default.AgentKeyRecord);
            var version = await store.TryPutAsync(Kind, key.Hash, json, key.Version, cancellationToken).ConfigureAwait(false)
                ?? throw new StateStoreException($"Somebody else wrote the record of agent key {key.Fingerprint}: two masters share one state store. Stop one of them.");
            key.Replace(record, version);
        }
        finally
        {
            writing.Release();
        }
    }

    private static AgentKeyRecord Read(StateDocument document)
    {
        try
        {
            return JsonSerializer.Deserialize(document.Json.Span, AgentRecordJson.Default.AgentKeyRecord) ?? throw new JsonException("It is null.");
        }
        catch (JsonException exception)
        {
            throw new StateStoreException($"The record of agent key {document.Id[..8]} in the state store cannot be read. Restore the data directory from a backup.", exception);
        }
    }
}

/// <summary>One key as it stands. The object lives as long as the key is known, so that those who wait under it hear of its end.</summary>
internal sealed class AgentKey : IDisposable
{
    private readonly CancellationTokenSource revoked = new();
    private AgentKeyRecord record;

    public AgentKey(string hash, AgentKeyRecord record, long version)
    {
        (Hash, this.record, Version) = (hash, record, version);
        if (record.RevokedAt is not null)
        {
            revoked.Cancel();
        }
    }

    /// <summary>SHA-256 in lower-case hex.</summary>
    public string Hash { get; }

    /// <summary>What people see of a key: the first 8 digits of its hash.</summary>
    public string Fingerprint => Hash[..8];

    public AgentKeyRecord Record => Volatile.Read(ref record);

    public long Version { get; private set; }

    /// <summary>How often it called of late.</summary>
    public CallBucket Calls { get; } = new();

    /// <summary>Goes off when the key is revoked.</summary>
    public CancellationToken Revoked => revoked.Token;

    public void Replace(AgentKeyRecord next, long version)
    {
        Version = version;
        Volatile.Write(ref record, next);
    }

    public Task RevokeAsync() => revoked.CancelAsync();

    public void Dispose() => revoked.Dispose();
}
