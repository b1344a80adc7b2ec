using System.Collections.Immutable;
using System.Text.Json;
using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Hosting.Persistence;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>The access groups that operators made: what <c>access.group</c> labels name.</summary>
internal sealed class AccessGroupStore(IStateStore store, ReconcileSignal signal) : IDisposable
{
    private const string Kind = "access-group";
    private readonly SemaphoreSlim writing = new(1, 1);
    private ImmutableSortedDictionary<string, (AccessGroup Group, long Version)> groups = ImmutableSortedDictionary.Create<string, (AccessGroup, long)>(StringComparer.Ordinal);
    private bool isLoaded;

    /// <summary>Every group, by id.</summary>
    public EquatableArray<AccessGroup> All => groups.Values.Select(static entry => entry.Group).ToEquatableArray();

    public async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (isLoaded)
            {
                return;
            }

            foreach (var document in await store.ListAsync(Kind, cancellationToken).ConfigureAwait(false))
            {
                var group = JsonSerializer.Deserialize(document.Json.Span, AccessStateJson.Default.AccessGroup)
                    ?? throw new StateStoreException($"The access group '{document.Id}' in the state store is empty. Restore the data directory from a backup.");
                groups = groups.SetItem(document.Id, (Complete(group), document.Version));
            }

            isLoaded = true;
        }
        finally
        {
            writing.Release();
        }
    }

    public AccessGroup? Find(string id) => groups.TryGetValue(id, out var found) ? found.Group : null;

    /// <summary>Makes or replaces a group.</summary>
    /// <returns>Why it cannot be used and what to write instead; null when it was written.</returns>
    public async ValueTask<string?> PutAsync(AccessGroup group, CancellationToken cancellationToken)
    {
        if (group.Id is AccessNames.PublicGroup or AccessNames.AuthenticatedGroup or "bypass" or "authenticate")
        {
            return $"'{group.Id}' is a system group and says what it always says: use another id.";
        }

        if (group.FindFault() is { } fault)
        {
            return fault;
        }

        await LoadAsync(cancellationToken).ConfigureAwait(false);
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var version = groups.GetValueOrDefault(group.Id).Version;
            var written = await store.TryPutAsync(Kind, group.Id, JsonSerializer.SerializeToUtf8Bytes(group, AccessStateJson.Default.AccessGroup), version, cancellationToken).ConfigureAwait(false)
                ?? throw new StateStoreException($"Somebody else wrote the access group '{group.Id}' at the same moment: look at it again and repeat the change.");
            groups = groups.SetItem(group.Id, (group, written));
        }
        finally
        {
            writing.Release();
        }

        signal.Raise();
        return null;
    }

    /// <summary>Deletes a group. Hosts that still name it stay under their last application, and are shown with the reason; new ones are not exposed.</summary>
    public async ValueTask<bool> DeleteAsync(string id, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken).ConfigureAwait(false);
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!groups.TryGetValue(id, out var found) || !await store.TryDeleteAsync(Kind, id, found.Version, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            groups = groups.Remove(id);
        }
        finally
        {
            writing.Release();
        }

        signal.Raise();
        return true;
    }

    public void Dispose() => writing.Dispose();

    // Members that are left out of a document come back as nothing rather than as their defaults.
    private static AccessGroup Complete(AccessGroup group) => group with
    {
        DisplayName = group.DisplayName ?? group.Id,
        SessionDuration = group.SessionDuration ?? "24h",
        Policies = group.Policies.Select(static policy => policy.Name is null ? policy with { Name = "" } : policy).ToEquatableArray(),
    };
}
