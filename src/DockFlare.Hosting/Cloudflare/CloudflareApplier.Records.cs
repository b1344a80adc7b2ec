using DockFlare.Core.Reconciliation;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Cloudflare;

internal sealed partial class CloudflareApplier
{
    /// <summary>
    /// Writes a zone's records as a batch. A batch that is refused is halved until the bad record stands alone, so that it does not stop the others.
    /// </summary>
    /// <returns>What was not written.</returns>
    public async Task<IReadOnlyList<ChangeFault>> WriteRecordsAsync(string zoneId, IReadOnlyList<Change> changes, int batchSize, string owner, CancellationToken cancellationToken)
    {
        var writing = new ZoneWriting(zoneId, owner);
        foreach (var chunk in changes.Chunk(batchSize))
        {
            await WriteAsync(writing, chunk, cancellationToken).ConfigureAwait(false);
        }

        return writing.Faults;
    }

    private async Task WriteAsync(ZoneWriting writing, ArraySegment<Change> chunk, CancellationToken cancellationToken)
    {
        if (writing.Stop is { } stop)
        {
            writing.Faults.AddRange(chunk.Select(change => new ChangeFault(change, stop with { Subject = change.Subject })));
            return;
        }

        if (writing.Full is { } full)
        {
            writing.Faults.AddRange(chunk.OfType<Change.CreateDns>().Select(create => new ChangeFault(create, full with { Subject = create.Subject })));
            chunk = chunk.Where(static change => change is not Change.CreateDns).ToArray();
        }

        if (chunk.Count == 0)
        {
            return;
        }

        try
        {
            await (chunk.Count == 1 ? WriteOneAsync(writing, chunk[0], cancellationToken) : WriteBatchAsync(writing, chunk, cancellationToken)).ConfigureAwait(false);
        }
        catch (CloudflareException exception) when (exception.Fault is CloudflareFault.Passing or CloudflareFault.Permission)
        {
            // What goes wrong with the whole zone is not tried with its other records. Whether it was carried out is not known.
            if (!exception.WasNotSent)
            {
                observer.Doubt(writing.ZoneId);
            }

            writing.Stop = Fault(chunk[0], exception);
            await WriteAsync(writing, chunk, cancellationToken).ConfigureAwait(false);
        }
        catch (CloudflareException exception) when (chunk.Count == 1)
        {
            if (exception.Fault is CloudflareFault.Conflict or CloudflareFault.NotFound)
            {
                observer.Doubt(writing.ZoneId);
            }

            var fault = Fault(chunk[0], exception);
            writing.Full = exception.Code == CloudflareException.RecordQuotaReached ? fault : writing.Full;
            writing.Faults.Add(new(chunk[0], fault));
        }
        catch (CloudflareException exception)
        {
            LogBatchRefused(chunk.Count, exception.Message);
            await WriteAsync(writing, chunk[..(chunk.Count / 2)], cancellationToken).ConfigureAwait(false);
            await WriteAsync(writing, chunk[(chunk.Count / 2)..], cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WriteBatchAsync(ZoneWriting writing, ArraySegment<Change> changes, CancellationToken cancellationToken)
    {
        var deletes = changes.OfType<Change.DeleteDns>().ToList();
        var result = await client.BatchRecordsAsync(
            writing.ZoneId,
            new()
            {
                Deletes = deletes.Count == 0 ? null : [.. deletes.Select(static delete => new CfId(delete.Observed.Id))],
                Patches = Some(changes.Select(change => Patch(change, writing.Owner)).OfType<CfRecord>()),
                Posts = Some(changes.OfType<Change.CreateDns>().Select(create => ToRecord(create.Desired, writing.Owner))),
            },
            cancellationToken).ConfigureAwait(false);
        foreach (var delete in deletes)
        {
            observer.RememberDeleted(writing.ZoneId, delete.Observed.Id);
        }

        foreach (var record in (result.Patches ?? []).Concat(result.Posts ?? []))
        {
            observer.Remember(writing.ZoneId, record);
        }
    }

    private async Task WriteOneAsync(ZoneWriting writing, Change change, CancellationToken cancellationToken)
    {
        switch (change)
        {
            case Change.CreateDns create:
                observer.Remember(writing.ZoneId, await client.CreateRecordAsync(writing.ZoneId, ToRecord(create.Desired, writing.Owner), cancellationToken).ConfigureAwait(false));
                break;
            case Change.UpdateDns update:
                observer.Remember(writing.ZoneId, await client.UpdateRecordAsync(writing.ZoneId, update.Observed.Id, ToRecord(update.Desired, writing.Owner), cancellationToken).ConfigureAwait(false));
                break;
            case Change.AdoptDns adopt:
                observer.Remember(writing.ZoneId, await client.UpdateRecordAsync(writing.ZoneId, adopt.Observed.Id, ToRecord(adopt.Desired, writing.Owner), cancellationToken).ConfigureAwait(false));
                break;
            case Change.DeleteDns delete:
                await client.DeleteRecordAsync(writing.ZoneId, delete.Observed.Id, delete.Observed.Name, cancellationToken).ConfigureAwait(false);
                observer.RememberDeleted(writing.ZoneId, delete.Observed.Id);
                break;
            default:
                throw new ArgumentException($"{change.GetType().Name} is not a change of a record.", nameof(change));
        }
    }

    /// <summary>Takes our mark off a record and leaves the operator's words; nothing else of it is sent.</summary>
    public async Task<ApplyFault?> ReleaseRecordAsync(Change.ReleaseDns change, string owner, CancellationToken cancellationToken)
    {
        var record = change.Observed;
        try
        {
            observer.Remember(record.ZoneId, await client.UpdateRecordAsync(
                record.ZoneId, record.Id, new() { Comment = DnsNames.WithoutMark(record.Comment, owner) }, cancellationToken).ConfigureAwait(false));
            return null;
        }
        catch (CloudflareException exception)
        {
            if (!exception.WasNotSent)
            {
                observer.Doubt(record.ZoneId);
            }

            return Fault(change, exception);
        }
    }

    private static ApplyFault Fault(Change change, CloudflareException exception) => new(change.Subject, exception.Message, exception.Fault, exception.RetryAfter);

    private static CfRecord? Patch(Change change, string owner) => change switch
    {
        Change.UpdateDns update => ToRecord(update.Desired, owner) with { Id = update.Observed.Id },
        Change.AdoptDns adopt => ToRecord(adopt.Desired, owner) with { Id = adopt.Observed.Id },
        _ => null,
    };

    private static CfRecord ToRecord(DesiredRecord desired, string owner) => new()
    {
        Type = "CNAME",
        Name = desired.Name,
        Content = desired.Content,
        Proxied = desired.Proxied,
        Ttl = 1,
        Comment = DnsNames.Comment(owner, desired.Comment),
    };

    private static List<CfRecord>? Some(IEnumerable<CfRecord> records) => records.ToList() is { Count: > 0 } some ? some : null;

    /// <summary>How far the writing of one zone has come.</summary>
    private sealed class ZoneWriting(string zoneId, string owner)
    {
        public string ZoneId { get; } = zoneId;

        public string Owner { get; } = owner;

        public List<ChangeFault> Faults { get; } = [];

        /// <summary>Why nothing more is written here.</summary>
        public ApplyFault? Stop { get; set; }

        /// <summary>Why no more records are made here.</summary>
        public ApplyFault? Full { get; set; }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A batch of {Count} record changes was refused and is halved to find the one at fault: {Reason}")]
    private partial void LogBatchRefused(int count, string reason);
}

/// <summary>A change and why it was not applied.</summary>
internal sealed record ChangeFault(Change Change, ApplyFault Fault);
