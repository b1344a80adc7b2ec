using DockFlare.Hosting.Configuration;
using DockFlare.Hosting.Persistence;
using Microsoft.Data.Sqlite;

namespace DockFlare.Hosting.Import;

/// <summary>Writes an import into a data directory: all of it or nothing, and nothing over what is there.</summary>
internal static class ImportWriter
{
    private const int ConstraintFault = 19;

    /// <exception cref="ImportException">There is something already.</exception>
    /// <exception cref="StateStoreException">The state store cannot be used.</exception>
    public static async Task WriteAsync(ImportPlan plan, string folder, CancellationToken cancellationToken)
    {
        SqliteDatabase.Prepare(folder);
        var path = Path.Combine(folder, SqliteDatabase.FileName);
        try
        {
            using var connection = SqliteDatabase.Open(path);
            using var transaction = connection.BeginTransaction();
            using var insert = connection.CreateCommand();
            insert.Transaction = transaction;
            insert.CommandText = "INSERT INTO document (kind, id, version, json) VALUES ($kind, $id, 1, $json)";
            var (kind, id, json) = (insert.Parameters.Add("$kind", SqliteType.Text), insert.Parameters.Add("$id", SqliteType.Text), insert.Parameters.Add("$json", SqliteType.Blob));
            foreach (var (document, content) in plan.Documents)
            {
                (kind.Value, id.Value, json.Value) = (document.Kind, document.Id, content);
                try
                {
                    insert.ExecuteNonQuery();
                }
                catch (SqliteException exception) when (exception.SqliteErrorCode == ConstraintFault)
                {
                    throw new ImportException($"'{path}' has the {document.Kind.Replace('-', ' ')} '{document.Id}' already, so nothing was imported. Set DOCKFLARE_DATA to a directory where no DockFlare has run yet, and import into that.");
                }
            }

            // Scripts go on with the key they have.
            if (plan.Config.MasterApiKey is { } key && !File.Exists(Path.Combine(folder, MasterKeyKeeper.FileName)))
            {
                await MasterKeyKeeper.KeepAsync(folder, key, cancellationToken).ConfigureAwait(false);
            }

            transaction.Commit();
        }
        catch (SqliteException exception)
        {
            throw SqliteDatabase.Fault(exception, path);
        }
    }
}
