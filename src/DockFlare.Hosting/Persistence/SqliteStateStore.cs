using Microsoft.Data.Sqlite;

namespace DockFlare.Hosting.Persistence;

/// <summary>Documents in one SQLite file (<c>dockflare.db</c>, write-ahead log, a full fsync with every commit). Readers never wait for the writer.</summary>
internal sealed class SqliteStateStore : IStateStore, IDisposable
{
    private readonly string path;
    private readonly SqliteWriter writer;
    private readonly SqliteConnection reader;
    private readonly SqliteCommand find;
    private readonly SqliteCommand list;
    private readonly SemaphoreSlim reading = new(1, 1);

    private SqliteStateStore(string path)
    {
        this.path = path;
        reader = SqliteDatabase.Open(path);
        find = reader.CreateCommand();
        find.CommandText = "SELECT version, json FROM document WHERE kind = $kind AND id = $id";
        find.Parameters.Add("$kind", SqliteType.Text);
        find.Parameters.Add("$id", SqliteType.Text);
        list = reader.CreateCommand();
        list.CommandText = "SELECT id, version, json FROM document WHERE kind = $kind";
        list.Parameters.Add("$kind", SqliteType.Text);
        writer = new SqliteWriter(path);
    }

    /// <summary>Opens the store, and makes it first when the directory or file is not there.</summary>
    /// <param name="directory">What <c>DOCKFLARE_DATA</c> names.</param>
    /// <exception cref="StateStoreException">It cannot be used; the message says why and what to do.</exception>
    public static SqliteStateStore Open(string directory)
    {
        SqliteDatabase.Prepare(directory);
        var path = Path.Combine(directory, SqliteDatabase.FileName);
        try
        {
            return new SqliteStateStore(path);
        }
        catch (SqliteException exception)
        {
            throw SqliteDatabase.Fault(exception, path);
        }
    }

    public async ValueTask<StateDocument?> FindAsync(string kind, string id, CancellationToken cancellationToken)
    {
        await reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            find.Parameters[0].Value = kind;
            find.Parameters[1].Value = id;
            using var row = find.ExecuteReader();
            return row.Read() ? new StateDocument(kind, id, row.GetInt64(0), row.GetFieldValue<byte[]>(1)) : null;
        }
        catch (SqliteException exception)
        {
            throw SqliteDatabase.Fault(exception, path);
        }
        finally
        {
            reading.Release();
        }
    }

    public async ValueTask<IReadOnlyList<StateDocument>> ListAsync(string kind, CancellationToken cancellationToken)
    {
        await reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // A kind can hold thousands of documents: not on the caller's thread.
            return await Task.Run(() => List(kind), cancellationToken).ConfigureAwait(false);
        }
        catch (SqliteException exception)
        {
            throw SqliteDatabase.Fault(exception, path);
        }
        finally
        {
            reading.Release();
        }
    }

    public async ValueTask<long?> TryPutAsync(string kind, string id, ReadOnlyMemory<byte> json, long expectedVersion, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(expectedVersion);
        cancellationToken.ThrowIfCancellationRequested();

        // Once asked for, a write is not given up: whoever cancels would not know whether it happened.
        return await writer.WriteAsync(kind, id, expectedVersion, json.ToArray()).ConfigureAwait(false) ? expectedVersion + 1 : null;
    }

    public async ValueTask<bool> TryDeleteAsync(string kind, string id, long expectedVersion, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await writer.WriteAsync(kind, id, expectedVersion, json: null).ConfigureAwait(false);
    }

    public void Dispose()
    {
        writer.Dispose();
        find.Dispose();
        list.Dispose();
        reader.Dispose();
        reading.Dispose();
    }

    private List<StateDocument> List(string kind)
    {
        var documents = new List<StateDocument>();
        list.Parameters[0].Value = kind;
        using var row = list.ExecuteReader();
        while (row.Read())
        {
            documents.Add(new StateDocument(kind, row.GetString(0), row.GetInt64(1), row.GetFieldValue<byte[]>(2)));
        }

        // SQLite orders by UTF-8 bytes, which is not UTF-16's order beyond U+FFFF.
        documents.Sort(static (left, right) => string.CompareOrdinal(left.Id, right.Id));
        return documents;
    }
}
