using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace DockFlare.Hosting.Persistence;

/// <summary>
/// The one writer: a thread of its own, so no caller waits for a disk, and what arrives while the disk is busy
/// is written in one transaction with one fsync.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    private const int MaxBatch = 256;

    private readonly string path;
    private readonly SqliteConnection connection;
    private readonly SqliteCommand insert;
    private readonly SqliteCommand update;
    private readonly SqliteCommand delete;
    private readonly BlockingCollection<Write> queue = [];
    private readonly Thread thread;
    private bool isClosed;

    public SqliteWriter(string path)
    {
        this.path = path;
        connection = SqliteDatabase.Open(path);
        insert = Prepare("INSERT INTO document (kind, id, version, json) VALUES ($kind, $id, 1, $json) ON CONFLICT DO NOTHING");
        update = Prepare("UPDATE document SET version = version + 1, json = $json WHERE kind = $kind AND id = $id AND version = $version");
        delete = Prepare("DELETE FROM document WHERE kind = $kind AND id = $id AND version = $version");
        thread = new Thread(Run) { IsBackground = true, Name = "DockFlare state" };
        thread.Start();
    }

    /// <summary>Writes (<paramref name="json"/>) or deletes (null) a document that is still at the version; durable when it answers true.</summary>
    public Task<bool> WriteAsync(string kind, string id, long expectedVersion, byte[]? json)
    {
        var write = new Write(kind, id, expectedVersion, json);
        try
        {
            queue.Add(write);
        }
        catch (InvalidOperationException) when (Volatile.Read(ref isClosed))
        {
            throw new ObjectDisposedException(nameof(SqliteStateStore));
        }

        return write.Answer.Task;
    }

    /// <summary>Finishes what was asked for, then closes.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref isClosed, true))
        {
            return;
        }

        queue.CompleteAdding();
        thread.Join();
        insert.Dispose();
        update.Dispose();
        delete.Dispose();
        connection.Dispose();
        queue.Dispose();
    }

    private void Run()
    {
        var batch = new List<Write>();
        while (queue.TryTake(out var first, Timeout.Infinite))
        {
            batch.Clear();
            batch.Add(first);
            while (batch.Count < MaxBatch && queue.TryTake(out var next))
            {
                batch.Add(next);
            }

            Commit(batch);
        }
    }

    private void Commit(List<Write> batch)
    {
        var written = new bool[batch.Count];
        try
        {
            using var transaction = connection.BeginTransaction();
            for (var i = 0; i < batch.Count; i++)
            {
                written[i] = Execute(batch[i], transaction);
            }

            transaction.Commit();
        }
        catch (SqliteException exception)
        {
            var fault = SqliteDatabase.Fault(exception, path);
            batch.ForEach(write => write.Answer.SetException(fault));
            return;
        }

        for (var i = 0; i < batch.Count; i++)
        {
            batch[i].Answer.SetResult(written[i]);
        }
    }

    private bool Execute(Write write, SqliteTransaction transaction)
    {
        var command = write.Json is null ? delete : write.ExpectedVersion == 0 ? insert : update;
        command.Transaction = transaction;
        command.Parameters[0].Value = write.Kind;
        command.Parameters[1].Value = write.Id;
        command.Parameters[2].Value = write.ExpectedVersion;
        command.Parameters[3].Value = write.Json ?? (object)DBNull.Value;
        return command.ExecuteNonQuery() == 1;
    }

    private SqliteCommand Prepare(string sql)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this file only.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Parameters.Add("$kind", SqliteType.Text);
        command.Parameters.Add("$id", SqliteType.Text);
        command.Parameters.Add("$version", SqliteType.Integer);
        command.Parameters.Add("$json", SqliteType.Blob);
        command.Prepare();
        return command;
    }

    private sealed record Write(string Kind, string Id, long ExpectedVersion, byte[]? Json)
    {
        public TaskCompletionSource<bool> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
