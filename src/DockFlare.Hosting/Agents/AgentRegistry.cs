using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Persistence;
using DockFlare.Hosting.Reconciliation;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Agents;

/// <summary>The master's knowledge of agents: who they are is in the store, what they say of themselves in memory alone.</summary>
internal sealed class AgentRegistry(IStateStore store, ReconcileSignal signal, IOptions<AgentPlaneOptions> options, TimeProvider time) : IDisposable
{
    public const string Kind = "agent";
    private static readonly TimeSpan ShortestPace = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPace = TimeSpan.FromMinutes(5);
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly ConcurrentDictionary<AgentId, AgentPresence> presences = new();
    private ImmutableSortedDictionary<AgentId, (AgentRecord Record, long Version)> records = ImmutableSortedDictionary<AgentId, (AgentRecord, long)>.Empty;
    private ImmutableArray<AgentRecord> all = [];
    private ImmutableArray<AgentRecord> removed = [];
    private volatile bool isLoaded;

    /// <summary>Every agent, by id, without those whose removal is done.</summary>
    public IReadOnlyList<AgentRecord> All => all;

    /// <summary>Those whose removal is done.</summary>
    public IReadOnlyList<AgentRecord> Removed => removed;

    /// <summary>
    /// How often an agent is to give a sign of life: 30 s up to 1,000 agents, then in proportion, so that the master never hears
    /// more than about 33 a second; 5 minutes at most.
    /// </summary>
    public TimeSpan Pace
    {
        get
        {
            var pace = ShortestPace * (all.Length / 1000.0);
            return pace < ShortestPace ? ShortestPace : pace > LongestPace ? LongestPace : pace;
        }
    }

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

            var loaded = ImmutableSortedDictionary.CreateBuilder<AgentId, (AgentRecord, long)>();
            foreach (var document in await store.ListAsync(Kind, cancellationToken).ConfigureAwait(false))
            {
                loaded[new(document.Id)] = (Read(document), document.Version);
            }

            Publish(loaded.ToImmutable());
            isLoaded = true;
        }
        finally
        {
            writing.Release();
        }
    }

    public AgentRecord? Find(AgentId id) => records.TryGetValue(id, out var found) ? found.Record : null;

    public AgentPresence Presence(AgentId id) => presences.GetOrAdd(id, static _ => new AgentPresence());

    /// <summary>The newest report; null when none came since the master started.</summary>
    public AgentReport? FindReport(AgentId id) => presences.TryGetValue(id, out var presence) ? presence.Report : null;

    /// <summary>When the newest report came; null when none did.</summary>
    public DateTimeOffset? ReportedAt(AgentId id)
    {
        if (!presences.TryGetValue(id, out var presence))
        {
            return null;
        }

        lock (presence.Gate)
        {
            return presence.ReportedAt;
        }
    }

    public DateTimeOffset? LastSeen(AgentId id)
    {
        if (!presences.TryGetValue(id, out var presence))
        {
            return null;
        }

        lock (presence.Gate)
        {
            return presence.LastSeen;
        }
    }

    /// <summary>Whether it gave a sign of life within three times the pace it was given, and never less than the heartbeat time-out.</summary>
    public bool IsOnline(AgentId id)
    {
        if (!presences.TryGetValue(id, out var presence))
        {
            return false;
        }

        lock (presence.Gate)
        {
            var patience = presence.Pace * 3 > options.Value.HeartbeatTimeout ? presence.Pace * 3 : options.Value.HeartbeatTimeout;
            return presence.LastSeen is { } seen && time.GetUtcNow() - seen <= patience;
        }
    }

    /// <summary>The containers that an agent of protocol 1 does not show any more and never said have stopped.</summary>
    public IReadOnlyList<string> FindAbsent(AgentId id)
    {
        if (!presences.TryGetValue(id, out var presence))
        {
            return [];
        }

        lock (presence.Gate)
        {
            return presence.Inventory.Absent;
        }
    }

    /// <summary>Takes such a container for stopped. False when it is none.</summary>
    public bool TryEndAbsent(AgentId id, string container)
    {
        var presence = Presence(id);
        AgentReport report;
        lock (presence.Gate)
        {
            if (!presence.Inventory.TryEndAbsent(container))
            {
                return false;
            }

            report = presence.Inventory.ToReport(id);
            presence.Report = report;
        }

        signal.Raise();
        return true;
    }

    /// <summary>Takes a sign of life and answers the pace to keep from now on.</summary>
    public TimeSpan Touch(AgentId id)
    {
        var presence = Presence(id);
        var pace = Pace;
        lock (presence.Gate)
        {
            presence.LastSeen = time.GetUtcNow();
            presence.Pace = pace;
        }

        return pace;
    }

    /// <summary>Takes a report. The reconcile loop is woken only when it says something new.</summary>
    public void Accept(AgentReport report)
    {
        Touch(report.Agent);
        var presence = Presence(report.Agent);
        lock (presence.Gate)
        {
            if (presence.Report == report)
            {
                return;
            }

            presence.Report = report.Keeping(presence.Report);
            presence.ReportedAt = time.GetUtcNow();
        }

        signal.Raise();
    }

    /// <summary>Makes an agent known, or refreshes what it says of itself. Writes only when that is something new.</summary>
    public ValueTask<AgentRecord> RegisterAsync(AgentId id, AgentIntroduction hello, CancellationToken cancellationToken) =>
        ChangeAsync(
            id,
            old =>
            {
                var record = old ?? New(id);
                return record with
                {
                    DisplayName = record.IsRenamed || hello.DisplayName is not { Length: > 0 } name ? record.DisplayName : name,
                    Version = hello.Version,
                    Hostname = hello.Hostname ?? record.Hostname,
                    Protocol = hello.Protocol,
                };
            },
            cancellationToken)!;

    /// <summary>Makes the agent of the master's own process known and enrols it on the given tunnel.</summary>
    public ValueTask<AgentRecord> RegisterLocalAsync(AgentId id, AgentIntroduction hello, string tunnelName, bool adopt, CancellationToken cancellationToken) =>
        ChangeAsync(
            id,
            old =>
            {
                var record = old ?? New(id);
                return record with
                {
                    DisplayName = record.IsRenamed || hello.DisplayName is not { Length: > 0 } name ? record.DisplayName : name,
                    Version = hello.Version,
                    Hostname = hello.Hostname,
                    Protocol = hello.Protocol,
                    Status = AgentStatus.Enrolled,
                    TunnelName = tunnelName,
                    AdoptTunnel = adopt,
                    IsLocal = true,
                    EnrolledAt = record.EnrolledAt ?? time.GetUtcNow(),
                };
            },
            cancellationToken)!;

    /// <summary>Gives an agent its tunnel: from now on it publishes. False when there is no such agent.</summary>
    public async ValueTask<bool> EnrolAsync(AgentId id, string tunnelName, bool adopt, CancellationToken cancellationToken)
    {
        var record = await ChangeAsync(
            id,
            old => old is null or { Status: AgentStatus.Leaving } ? old : old with { Status = AgentStatus.Enrolled, TunnelName = tunnelName, AdoptTunnel = adopt, EnrolledAt = time.GetUtcNow() },
            cancellationToken).ConfigureAwait(false);
        signal.Raise();
        return record is not null;
    }

    /// <summary>Gives an agent the name that an operator chose. False when there is no such agent.</summary>
    public async ValueTask<bool> RenameAsync(AgentId id, string displayName, CancellationToken cancellationToken) =>
        await ChangeAsync(id, old => old is null ? null : old with { DisplayName = displayName, IsRenamed = true }, cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>Gives an agent other authority; null for what the installation says. False when there is no such agent.</summary>
    public async ValueTask<bool> AuthorizeAsync(AgentId id, string? authority, CancellationToken cancellationToken)
    {
        var record = await ChangeAsync(id, old => old is null ? null : old with { Authority = authority }, cancellationToken).ConfigureAwait(false);
        signal.Raise();
        return record is not null;
    }

    /// <summary>Begins the removal of an agent, or forces one that is under way.</summary>
    public async ValueTask<AgentRemoval?> BeginRemovalAsync(AgentId id, bool force, CancellationToken cancellationToken)
    {
        var record = await ChangeAsync(
            id,
            old => old switch
            {
                null or { Removal.Phase: RemovalPhase.Done } => old,
                { Removal: { } removal } => old with { Removal = removal with { IsForced = removal.IsForced || force } },
                _ => old with
                {
                    Status = AgentStatus.Leaving,
                    Removal = new() { OperationId = $"remove-{Guid.NewGuid():N}", BegunAt = time.GetUtcNow(), IsForced = force },
                },
            },
            cancellationToken).ConfigureAwait(false);
        signal.Raise();
        return record?.Removal;
    }

    /// <summary>Takes down how far a removal has come.</summary>
    public async ValueTask RemovedToAsync(AgentId id, Func<AgentRemoval, AgentRemoval> change, CancellationToken cancellationToken) =>
        await ChangeAsync(id, old => old is { Removal: { } removal } ? old with { Removal = change(removal) } : old, cancellationToken).ConfigureAwait(false);

    /// <summary>Something happened that a removal may wait for.</summary>
    public void Progressed(AgentRecord agent)
    {
        if (agent.Removal is { Phase: not RemovalPhase.Done })
        {
            signal.Raise();
        }
    }

    /// <summary>An agent's host is in somebody else's hands: its tunnel's secret is rolled, and without <paramref name="holdRoutes"/> it publishes nothing until it is enrolled again.</summary>
    public async ValueTask CompromisedAsync(AgentId id, bool holdRoutes, CancellationToken cancellationToken)
    {
        await ChangeAsync(
            id,
            old => old is null ? null : old with { IsCompromised = old.TunnelName is not null, Status = holdRoutes || old.Status == AgentStatus.Leaving ? old.Status : AgentStatus.Pending },
            cancellationToken).ConfigureAwait(false);
        signal.Raise();
    }

    /// <summary>Its tunnel has another secret now.</summary>
    public async ValueTask SecretRolledAsync(AgentId id, CancellationToken cancellationToken) =>
        await ChangeAsync(id, static old => old is null ? null : old with { IsCompromised = false }, cancellationToken).ConfigureAwait(false);

    /// <summary>Forgets an agent. False when there is no such agent.</summary>
    public async ValueTask<bool> RemoveAsync(AgentId id, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!records.TryGetValue(id, out var found))
            {
                return false;
            }

            if (!await store.TryDeleteAsync(Kind, id.Value, found.Version, cancellationToken).ConfigureAwait(false))
            {
                throw Conflict(id);
            }

            Publish(records.Remove(id));
            presences.TryRemove(id, out _);
        }
        finally
        {
            writing.Release();
        }

        signal.Raise();
        return true;
    }

    public void Dispose() => writing.Dispose();

    private AgentRecord New(AgentId id)
    {
        var record = new AgentRecord { Id = id, DisplayName = id.Value, CreatedAt = time.GetUtcNow() };
        return options.Value.EnrollmentRequired
            ? record
            : record with { Status = AgentStatus.Enrolled, TunnelName = $"dockflare-{id}", EnrolledAt = record.CreatedAt };
    }

    private async ValueTask<AgentRecord?> ChangeAsync(AgentId id, Func<AgentRecord?, AgentRecord?> change, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var (old, version) = records.GetValueOrDefault(id);
            var record = change(old);
            if (record is null || record == old)
            {
                return record;
            }

            var json = JsonSerializer.SerializeToUtf8Bytes(record, AgentRecordJson.Default.AgentRecord);
            var written = await store.TryPutAsync(Kind, id.Value, json, version, cancellationToken).ConfigureAwait(false) ?? throw Conflict(id);
            Publish(records.SetItem(id, (record, written)));
            return record;
        }
        finally
        {
            writing.Release();
        }
    }

    private void Publish(ImmutableSortedDictionary<AgentId, (AgentRecord Record, long Version)> next)
    {
        records = next;
        all = [.. next.Values.Select(static entry => entry.Record).Where(static record => record.Removal is not { Phase: RemovalPhase.Done })];
        removed = [.. next.Values.Select(static entry => entry.Record).Where(static record => record.Removal is { Phase: RemovalPhase.Done })];
    }

    private static AgentRecord Read(StateDocument document)
    {
        try
        {
            return JsonSerializer.Deserialize(document.Json.Span, AgentRecordJson.Default.AgentRecord) ?? throw new JsonException("It is null.");
        }
        catch (JsonException exception)
        {
            throw new StateStoreException($"The record of agent '{document.Id}' in the state store cannot be read. Restore the data directory from a backup.", exception);
        }
    }

    private static StateStoreException Conflict(AgentId id) =>
        new($"Somebody else wrote the record of agent '{id}': two masters share one state store. Stop one of them.");
}
