using Microsoft.Data.Sqlite;

namespace DockFlare.Hosting.Persistence;

/// <summary>Opens the file of the state store and says in an operator's words what is wrong with it.</summary>
internal static class SqliteDatabase
{
    /// <summary>The file's name inside the data directory.</summary>
    public const string FileName = "dockflare.db";

    /// <summary>The layout this version reads and writes, kept in the file as <c>user_version</c>.</summary>
    public const int SchemaVersion = 1;

    private const string Schema =
        """
        CREATE TABLE document (
            kind    TEXT    NOT NULL,
            id      TEXT    NOT NULL,
            version INTEGER NOT NULL,
            json    BLOB    NOT NULL,
            PRIMARY KEY (kind, id)
        ) STRICT;
        """;

    private const UnixFileMode OwnerDirectory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes the directory (0700) and the file (0600) when they are not there, checks the file and brings it to <see cref="SchemaVersion"/>.</summary>
    /// <exception cref="StateStoreException">The directory or file cannot be used; says why and what to do.</exception>
    public static void Prepare(string directory)
    {
        var path = Path.Combine(directory, FileName);
        try
        {
            CreateOwned(directory, path);
            using var connection = Open(path);
            var fault = Scalar(connection, "PRAGMA quick_check(1)") as string;
            if (fault != "ok")
            {
                throw new StateStoreException(Corrupt(path, fault ?? "no answer"));
            }

            Migrate(connection, path);
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw Fault(exception, path);
        }
    }

    /// <summary>A connection set for durability: a commit is on the disk when it answers.</summary>
    public static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = 5,
        }.ToString());
        try
        {
            connection.Open();
            Scalar(connection, "PRAGMA journal_mode = WAL");
            Scalar(connection, "PRAGMA synchronous = FULL");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Adds documents to the state in a directory, all or none. Answers one that is there already, which none are written over; null when all were added.</summary>
    /// <exception cref="StateStoreException">It cannot be used; says why and what to do.</exception>
    public static (string Kind, string Id)? AddAll(string directory, IReadOnlyDictionary<(string Kind, string Id), byte[]> documents)
    {
        Prepare(directory);
        var path = Path.Combine(directory, FileName);
        try
        {
            using var connection = Open(path);
            using var transaction = connection.BeginTransaction();
            using var insert = connection.CreateCommand();
            insert.Transaction = transaction;
            insert.CommandText = "INSERT INTO document (kind, id, version, json) VALUES ($kind, $id, 1, $json) ON CONFLICT DO NOTHING";
            var (kind, id, json) = (insert.Parameters.Add("$kind", SqliteType.Text), insert.Parameters.Add("$id", SqliteType.Text), insert.Parameters.Add("$json", SqliteType.Blob));
            foreach (var (document, content) in documents)
            {
                (kind.Value, id.Value, json.Value) = (document.Kind, document.Id, content);
                if (insert.ExecuteNonQuery() == 0)
                {
                    return document;
                }
            }

            transaction.Commit();
            return null;
        }
        catch (SqliteException exception)
        {
            throw Fault(exception, path);
        }
    }

    /// <summary>The exception for what SQLite or the file system said.</summary>
    public static StateStoreException Fault(Exception exception, string path)
    {
        var message = exception is SqliteException sqlite ? Explain(sqlite.SqliteErrorCode, path, sqlite.Message) : NotWritable(path, exception.Message);
        return new StateStoreException(message, exception);
    }

    /// <summary>The sentence for a primary result code of SQLite.</summary>
    public static string Explain(int code, string path, string detail) => code switch
    {
        SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_PERM or SQLitePCL.raw.SQLITE_AUTH => NotWritable(path, detail),
        SQLitePCL.raw.SQLITE_FULL => $"The disk that holds '{path}' is full, so nothing can be saved. Make room on it, or set DOCKFLARE_DATA to a directory with room.",
        SQLitePCL.raw.SQLITE_IOERR => $"The disk that holds '{path}' could not be read or written ({detail}). Check the disk and its free space, or set DOCKFLARE_DATA to another directory.",
        SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB => Corrupt(path, detail),
        SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => $"'{path}' is in use by another process. Stop the other DockFlare that has the same DOCKFLARE_DATA.",
        _ => $"The state in '{path}' could not be used ({detail}). DOCKFLARE_DATA names its directory.",
    };

    private static void CreateOwned(string directory, string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory, OwnerDirectory);
            using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite,
                UnixCreateMode = OwnerFile,
            });
            return;
        }

        Directory.CreateDirectory(directory);
        using var created = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
    }

    private static void Migrate(SqliteConnection connection, string path)
    {
        var version = (long)Scalar(connection, "PRAGMA user_version")!;
        if (version > SchemaVersion)
        {
            throw new StateStoreException(
                $"'{path}' was written by a newer DockFlare (layout {version}; this one knows {SchemaVersion}). Run the newer version again, or set DOCKFLARE_DATA to another directory.");
        }

        if (version == SchemaVersion)
        {
            return;
        }

        using var transaction = connection.BeginTransaction();
        Scalar(connection, Schema, transaction);
        Scalar(connection, $"PRAGMA user_version = {SchemaVersion}", transaction);
        transaction.Commit();
    }

    private static object? Scalar(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this file only.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Transaction = transaction;
        return command.ExecuteScalar();
    }

    private static string NotWritable(string path, string detail) =>
        $"'{path}' cannot be opened for writing ({detail}). Set DOCKFLARE_DATA to a directory that the user running DockFlare owns.";

    private static string Corrupt(string path, string detail) =>
        $"'{path}' is damaged or is not a DockFlare database ({detail}). Restore it from a backup, or set DOCKFLARE_DATA to an empty directory to begin anew.";
}
