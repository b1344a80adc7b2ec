using System.Globalization;
using System.Text.Json;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Persistence;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>
/// What was changed, when, why and with what outcome. It is written before the calls are made and completed after them, so a change that a crash
/// interrupts stays in it with an unknown outcome. Passes write into it, and what operators do and which logins are refused is noted in between.
/// </summary>
internal sealed class HistoryStore(IStateStore store, TimeProvider time, IOptions<MasterOptions> options) : IDisposable
{
    /// <summary>The oldest go when there are more lines than this, however young they are.</summary>
    public const int MaxEntries = 10_000;

    private const string Kind = "history";
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly List<(string Id, long Version, DateTimeOffset At, int Count, bool IsLogin)> kept = [];
    private readonly HashSet<(string Text, string? Reason)> lastFailures = [];
    private bool isLoaded;
    private long lastTicks;

    /// <summary>Writes down what is about to be done.</summary>
    /// <returns>What to complete it with; null when there is nothing to write down.</returns>
    public async ValueTask<PendingHistory?> BeginAsync(IReadOnlyList<(Change Change, RecordedChange Line)> lines, CancellationToken cancellationToken)
    {
        if (lines.Count == 0 || options.Value.HistoryRetention <= TimeSpan.Zero)
        {
            return null;
        }

        return await AloneAsync(async () =>
        {
            var pending = new PendingHistory(NextId(), time.GetUtcNow(), lines);
            pending.Version = await WriteAsync(pending, lines.Select(static line => Entry(line.Line)), 0, cancellationToken).ConfigureAwait(false);
            return pending;
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Notes something that somebody did or tried, as it is.</summary>
    public async ValueTask NoteAsync(HistoryEntry entry, CancellationToken cancellationToken)
    {
        if (options.Value.HistoryRetention <= TimeSpan.Zero)
        {
            return;
        }

        await AloneAsync(async () =>
        {
            var note = new PendingHistory(NextId(), time.GetUtcNow(), []);
            note.Version = await WriteAsync(note, [entry], 0, cancellationToken).ConfigureAwait(false);
            kept.Add((note.Id, note.Version, note.At, 1, IsLogin(entry)));
            await DropAsync(cancellationToken).ConfigureAwait(false);
            return note;
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes down what came of it. What was not tried is dropped: it is planned again.</summary>
    public async ValueTask CompleteAsync(PendingHistory pending, IReadOnlyCollection<Change> done, IEnumerable<Cloudflare.ApplyFault> faults, CancellationToken cancellationToken) =>
        await AloneAsync(() => WriteOutcomeAsync(pending, done, faults, cancellationToken), cancellationToken).ConfigureAwait(false);

    private async Task<PendingHistory> WriteOutcomeAsync(PendingHistory pending, IReadOnlyCollection<Change> done, IEnumerable<Cloudflare.ApplyFault> faults, CancellationToken cancellationToken)
    {
        var applied = done.ToHashSet(ReferenceEqualityComparer.Instance);
        var failed = faults.Where(static fault => fault.Message.Length > 0).GroupBy(static fault => fault.Subject, StringComparer.Ordinal).ToDictionary(static group => group.Key, static group => group.First().Message, StringComparer.Ordinal);
        var entries = new List<HistoryEntry>();
        var failures = new List<(string, string?)>();
        foreach (var (change, line) in pending.Lines)
        {
            if (applied.Contains(change))
            {
                entries.Add(Entry(line) with { Outcome = HistoryOutcome.Applied });
            }
            else if (failed.TryGetValue(change.Subject, out var reason))
            {
                // The same failure once more is no news.
                failures.Add((line.Text, ReconcileLoop.WithoutRay(reason)));
                if (!lastFailures.Contains(failures[^1]))
                {
                    entries.Add(Entry(line) with { Outcome = HistoryOutcome.Failed, Reason = reason });
                }
            }
        }

        lastFailures.Clear();
        lastFailures.UnionWith(failures);
        if (entries.Count == 0)
        {
            await store.TryDeleteAsync(Kind, pending.Id, pending.Version, cancellationToken).ConfigureAwait(false);
            return pending;
        }

        pending.Version = await WriteAsync(pending, entries, pending.Version, cancellationToken).ConfigureAwait(false);
        kept.Add((pending.Id, pending.Version, pending.At, entries.Count, false));
        await DropAsync(cancellationToken).ConfigureAwait(false);
        return pending;
    }

    /// <summary>Drops what is older than is kept, and the oldest of what is too much.</summary>
    public async ValueTask PruneAsync(CancellationToken cancellationToken) => await AloneAsync<PendingHistory?>(async () =>
    {
        await DropAsync(cancellationToken).ConfigureAwait(false);
        return null;
    }, cancellationToken).ConfigureAwait(false);

    private async Task DropAsync(CancellationToken cancellationToken)
    {
        var oldest = time.GetUtcNow() - options.Value.HistoryRetention;
        await DropAsync(kept.FindAll(record => record.At < oldest), cancellationToken).ConfigureAwait(false);
        var over = kept.Sum(static record => record.Count) - MaxEntries;
        if (over > 0)
        {
            // Refused logins go first: whoever only guesses must not be able to push out what was changed.
            var going = new List<(string Id, long Version, DateTimeOffset At, int Count, bool IsLogin)>();
            foreach (var record in kept.SkipLast(1).OrderByDescending(static record => record.IsLogin))
            {
                if (over <= 0)
                {
                    break;
                }

                going.Add(record);
                over -= record.Count;
            }

            await DropAsync(going, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task DropAsync(List<(string Id, long Version, DateTimeOffset At, int Count, bool IsLogin)> records, CancellationToken cancellationToken)
    {
        foreach (var record in records)
        {
            await store.TryDeleteAsync(Kind, record.Id, record.Version, cancellationToken).ConfigureAwait(false);
            kept.Remove(record);
        }
    }

    /// <summary>Lines from the newest on.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The lines, and the position the next page begins at; null when there is none.</returns>
    public async ValueTask<(IReadOnlyList<(DateTimeOffset At, HistoryEntry Entry)> Lines, string? Next)> ReadAsync(HistoryQuery query, CancellationToken cancellationToken)
    {
        var lines = new List<(DateTimeOffset, HistoryEntry)>();
        var documents = await store.ListAsync(Kind, cancellationToken).ConfigureAwait(false);
        foreach (var document in documents.Reverse().Where(document => query.From is null || string.CompareOrdinal(document.Id, query.From.Id) <= 0))
        {
            var record = Read(document);
            if (query.Since is { } since && record.At < since)
            {
                break;
            }

            var last = query.From is { } from && string.Equals(from.Id, document.Id, StringComparison.Ordinal) ? Math.Min(from.Index, record.Entries.Count - 1) : record.Entries.Count - 1;
            for (var i = last; i >= 0; i--)
            {
                if (query.Host is not null && !string.Equals(record.Entries[i].Host, query.Host, StringComparison.OrdinalIgnoreCase))
                {
                    continue;
                }

                if (lines.Count == query.Limit)
                {
                    return (lines, new HistoryPosition(document.Id, i).ToString());
                }

                lines.Add((record.At, record.Entries[i]));
            }
        }

        return (lines, null);
    }

    public void Dispose() => writing.Dispose();

    private static bool IsLogin(HistoryEntry entry) => string.Equals(entry.Kind, HistoryEntry.LoginKind, StringComparison.Ordinal);

    // Ids go up even when the clock does not.
    private string NextId()
    {
        lastTicks = Math.Max(time.GetUtcNow().UtcTicks, lastTicks + 1);
        return string.Create(CultureInfo.InvariantCulture, $"{lastTicks:D19}");
    }

    private async ValueTask<T> AloneAsync<T>(Func<Task<T>> act, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await LoadAsync(cancellationToken).ConfigureAwait(false);
            return await act().ConfigureAwait(false);
        }
        finally
        {
            writing.Release();
        }
    }

    private async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        if (isLoaded)
        {
            return;
        }

        foreach (var document in await store.ListAsync(Kind, cancellationToken).ConfigureAwait(false))
        {
            var record = Read(document);
            kept.Add((document.Id, document.Version, record.At, record.Entries.Count, record.Entries.Count == 1 && IsLogin(record.Entries[0])));
            lastTicks = long.Parse(document.Id, CultureInfo.InvariantCulture);
        }

        isLoaded = true;
    }

    private async ValueTask<long> WriteAsync(PendingHistory pending, IEnumerable<HistoryEntry> entries, long version, CancellationToken cancellationToken) =>
        await store.TryPutAsync(Kind, pending.Id, JsonSerializer.SerializeToUtf8Bytes(new() { At = pending.At, Entries = [.. entries] }, HistoryJson.Default.HistoryRecord), version, cancellationToken).ConfigureAwait(false)
            ?? throw new StateStoreException("Somebody else wrote the history: two masters share one state store. Stop one of them.");

    private static HistoryRecord Read(StateDocument document) =>
        JsonSerializer.Deserialize(document.Json.Span, HistoryJson.Default.HistoryRecord)
            ?? throw new StateStoreException($"The record '{document.Id}' (history) in the state store is empty. Restore the data directory from a backup.");

    private static HistoryEntry Entry(RecordedChange line) => new()
    {
        Kind = line.Kind,
        Text = line.Text,
        Host = line.Host,
        Before = line.Before,
        After = line.After,
        Cause = line.Cause,
        By = line.By,
    };
}

/// <summary>What is about to be done, as it was written down.</summary>
internal sealed class PendingHistory(string id, DateTimeOffset at, IReadOnlyList<(Change Change, RecordedChange Line)> lines)
{
    public string Id { get; } = id;

    public DateTimeOffset At { get; } = at;

    public IReadOnlyList<(Change Change, RecordedChange Line)> Lines { get; } = lines;

    public long Version { get; set; }
}

/// <summary>Which lines of the history.</summary>
/// <param name="Limit">How many at most.</param>
internal sealed record HistoryQuery(int Limit)
{
    public string? Host { get; init; }

    public DateTimeOffset? Since { get; init; }

    /// <summary>The first line of the page; null for the newest.</summary>
    public HistoryPosition? From { get; init; }
}

/// <summary>A line of the history.</summary>
/// <param name="Id">Its record.</param>
/// <param name="Index">Its place in it.</param>
internal sealed record HistoryPosition(string Id, int Index)
{
    public static HistoryPosition? Parse(string text) =>
        text.Split('.') is [var id, var at] && id.Length > 0 && int.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? new(id, index) : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Id}.{Index}");
}
