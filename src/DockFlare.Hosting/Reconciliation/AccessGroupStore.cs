using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Hosting.Persistence;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>The access groups that operators made: what <c>access.group</c> labels name.</summary>
internal sealed class AccessGroupStore(IStateStore store, ReconcileSignal signal) : IDisposable
{
    public const string Kind = "access-group";
    private readonly DocumentSet<AccessGroup> groups = new(store, Kind, AccessStateJson.Default.AccessGroup, Complete);

    /// <summary>Every group, by id.</summary>
    public EquatableArray<AccessGroup> All => groups.All.Select(static entry => entry.Value).ToEquatableArray();

    public ValueTask LoadAsync(CancellationToken cancellationToken) => groups.LoadAsync(cancellationToken);

    public AccessGroup? Find(string id) => groups.Find(id);

    /// <summary>Makes or replaces a group.</summary>
    /// <returns>Why it cannot be used and what to write instead; null when it was written.</returns>
    public async ValueTask<string?> PutAsync(AccessGroup group, CancellationToken cancellationToken)
    {
        if (FindFault(group) is { } fault)
        {
            return fault;
        }

        await groups.ChangeAsync(group.Id, _ => group, cancellationToken).ConfigureAwait(false);
        signal.Raise();
        return null;
    }

    /// <summary>Deletes a group. Hosts that still name it stay under their last application, and are shown with the reason; new ones are not exposed.</summary>
    public async ValueTask<bool> DeleteAsync(string id, CancellationToken cancellationToken)
    {
        var isGone = await groups.DeleteAsync(id, cancellationToken).ConfigureAwait(false);
        signal.Raise();
        return isGone;
    }

    /// <summary>Why a group cannot be used and what to write instead; null when it can.</summary>
    public static string? FindFault(AccessGroup group) =>
        group.Id is AccessNames.PublicGroup or AccessNames.AuthenticatedGroup or "bypass" or "authenticate"
            ? $"'{group.Id}' is a system group and says what it always says: use another id."
            : group.FindFault();

    public void Dispose() => groups.Dispose();

    // Members that are left out of a document come back as nothing rather than as their defaults.
    private static AccessGroup Complete(AccessGroup group) => group with
    {
        DisplayName = group.DisplayName ?? group.Id,
        SessionDuration = group.SessionDuration ?? "24h",
        Policies = group.Policies.Select(static policy => policy.Name is null ? policy with { Name = "" } : policy).ToEquatableArray(),
    };
}
