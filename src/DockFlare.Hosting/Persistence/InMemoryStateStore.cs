namespace DockFlare.Hosting.Persistence;

/// <summary>Documents that go with the process: for tests, the sandbox and embedders who keep nothing.</summary>
internal sealed class InMemoryStateStore : IStateStore
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, SortedDictionary<string, StateDocument>> kinds = new(StringComparer.Ordinal);

    public ValueTask<StateDocument?> FindAsync(string kind, string id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            return ValueTask.FromResult(kinds.GetValueOrDefault(kind)?.GetValueOrDefault(id));
        }
    }

    public ValueTask<IReadOnlyList<StateDocument>> ListAsync(string kind, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            return ValueTask.FromResult<IReadOnlyList<StateDocument>>(kinds.TryGetValue(kind, out var documents) ? [.. documents.Values] : []);
        }
    }

    public ValueTask<long?> TryPutAsync(string kind, string id, ReadOnlyMemory<byte> json, long expectedVersion, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(expectedVersion);
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            if (!kinds.TryGetValue(kind, out var documents))
            {
                kinds[kind] = documents = new SortedDictionary<string, StateDocument>(StringComparer.Ordinal);
            }

            if ((documents.GetValueOrDefault(id)?.Version ?? 0) != expectedVersion)
            {
                return ValueTask.FromResult<long?>(null);
            }

            // A copy: the caller's buffer is the caller's again when this answers.
            documents[id] = new StateDocument(kind, id, expectedVersion + 1, json.ToArray());
            return ValueTask.FromResult<long?>(expectedVersion + 1);
        }
    }

    public ValueTask<bool> TryDeleteAsync(string kind, string id, long expectedVersion, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            return ValueTask.FromResult(kinds.TryGetValue(kind, out var documents)
                && documents.TryGetValue(id, out var there)
                && there.Version == expectedVersion
                && documents.Remove(id));
        }
    }
}
