using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace DockFlare.Hosting.Persistence;

/// <summary>The documents of one kind, in memory and in the store.</summary>
/// <param name="store">Where they are kept.</param>
/// <param name="kind">Their kind in the store; what people are told is the same with spaces.</param>
/// <param name="type">How they are written.</param>
/// <param name="complete">What is made of a document that was read; null for itself.</param>
internal sealed class DocumentSet<T>(IStateStore store, string kind, JsonTypeInfo<T> type, Func<T, T>? complete = null) : IDisposable
    where T : class
{
    private readonly string word = kind.Replace('-', ' ');
    private readonly SemaphoreSlim writing = new(1, 1);
    private ImmutableSortedDictionary<string, (T Value, long Version)> documents = ImmutableSortedDictionary.Create<string, (T, long)>(StringComparer.Ordinal);
    private volatile bool isLoaded;

    /// <summary>Every document, by id.</summary>
    public IEnumerable<KeyValuePair<string, T>> All => documents.Select(static pair => KeyValuePair.Create(pair.Key, pair.Value.Value));

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

            foreach (var document in await store.ListAsync(kind, cancellationToken).ConfigureAwait(false))
            {
                documents = documents.SetItem(document.Id, (Read(document), document.Version));
            }

            isLoaded = true;
        }
        finally
        {
            writing.Release();
        }
    }

    public T? Find(string id) => documents.TryGetValue(id, out var found) ? found.Value : null;

    /// <summary>Writes what <paramref name="change"/> makes of a document; null leaves it as it is.</summary>
    /// <returns>The document as it is now; null when there is none.</returns>
    public async ValueTask<T?> ChangeAsync(string id, Func<T?, T?> change, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken).ConfigureAwait(false);
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var (old, version) = documents.GetValueOrDefault(id);
            if (change(old) is not { } next)
            {
                return old;
            }

            var written = await store.TryPutAsync(kind, id, JsonSerializer.SerializeToUtf8Bytes(next, type), version, cancellationToken).ConfigureAwait(false) ?? throw Conflict(id);
            documents = documents.SetItem(id, (next, written));
            return next;
        }
        finally
        {
            writing.Release();
        }
    }

    public async ValueTask<bool> DeleteAsync(string id, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken).ConfigureAwait(false);
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!documents.TryGetValue(id, out var found))
            {
                return false;
            }

            if (!await store.TryDeleteAsync(kind, id, found.Version, cancellationToken).ConfigureAwait(false))
            {
                throw Conflict(id);
            }

            documents = documents.Remove(id);
            return true;
        }
        finally
        {
            writing.Release();
        }
    }

    public void Dispose() => writing.Dispose();

    private StateStoreException Conflict(string id) => new($"Somebody else wrote the {word} '{id}': two masters share one state store. Stop one of them.");

    private T Read(StateDocument document)
    {
        try
        {
            var read = JsonSerializer.Deserialize(document.Json.Span, type) ?? throw new JsonException("It is null.");
            return complete is null ? read : complete(read);
        }
        catch (JsonException exception)
        {
            throw new StateStoreException($"The {word} '{document.Id}' in the state store cannot be read. Restore the data directory from a backup.", exception);
        }
    }
}
