namespace DockFlare.Hosting.Persistence;

/// <summary>Small versioned documents. What it answers is durable before it answers; a write is whole or did not happen.</summary>
public interface IStateStore
{
    /// <summary>One document, or null.</summary>
    ValueTask<StateDocument?> FindAsync(string kind, string id, CancellationToken cancellationToken);

    /// <summary>All documents of a kind, by id in ordinal order.</summary>
    ValueTask<IReadOnlyList<StateDocument>> ListAsync(string kind, CancellationToken cancellationToken);

    /// <summary>
    /// Writes a document if it is still at <paramref name="expectedVersion"/> (0: it must not exist) and answers its new version,
    /// or null when somebody else was faster.
    /// </summary>
    ValueTask<long?> TryPutAsync(string kind, string id, ReadOnlyMemory<byte> json, long expectedVersion, CancellationToken cancellationToken);

    /// <summary>Deletes a document if it is still at <paramref name="expectedVersion"/>; false when it is not, or does not exist.</summary>
    ValueTask<bool> TryDeleteAsync(string kind, string id, long expectedVersion, CancellationToken cancellationToken);
}

/// <summary>One document.</summary>
/// <param name="Kind">What it is, such as <c>agent</c>.</param>
/// <param name="Id">Which one.</param>
/// <param name="Version">1 when new, one more with each write.</param>
/// <param name="Json">UTF-8 JSON.</param>
public sealed record StateDocument(string Kind, string Id, long Version, ReadOnlyMemory<byte> Json);
