using DockFlare.Hosting.Configuration;
using DockFlare.Hosting.Persistence;

namespace DockFlare.Hosting.Import;

/// <summary>Writes an import into a data directory: all of it or nothing, and nothing over what is there.</summary>
internal static class ImportWriter
{
    /// <exception cref="ImportException">There is something already.</exception>
    /// <exception cref="StateStoreException">The state store cannot be used.</exception>
    public static async Task WriteAsync(ImportPlan plan, string folder, CancellationToken cancellationToken)
    {
        if (SqliteDatabase.AddAll(folder, plan.Documents) is { } there)
        {
            throw new ImportException($"'{folder}' has the {there.Kind.Replace('-', ' ')} '{there.Id}' already, so nothing was imported. Set DOCKFLARE_DATA to a directory where no DockFlare has run yet, and import into that.");
        }

        // Scripts go on with the key they have.
        if (plan.Config.MasterApiKey is { } key && !File.Exists(Path.Combine(folder, MasterKeyKeeper.FileName)))
        {
            await MasterKeyKeeper.KeepAsync(folder, key, cancellationToken).ConfigureAwait(false);
        }
    }
}
