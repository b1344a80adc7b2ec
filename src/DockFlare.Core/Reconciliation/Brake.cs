using System.Globalization;

namespace DockFlare.Core.Reconciliation;

/// <summary>What a policy holds back. What closes an exposure is not asked about here: it is never held.</summary>
internal static class Brake
{
    /// <summary>Why deletions are held; null when they may go on.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="deletions">How many of the kind would go.</param>
    /// <param name="owned">How many of the kind are ours.</param>
    /// <param name="what">The kind in words, such as <c>records</c>.</param>
    public static string? OnDeletions(PlanPolicy policy, int deletions, int owned, string what)
    {
        if (deletions == 0)
        {
            return null;
        }

        if (policy.Mode != PlanMode.Sync)
        {
            return $"DOCKFLARE_POLICY={Word(policy.Mode)} never deletes. Delete it yourself, or set DOCKFLARE_POLICY=sync.";
        }

        return !policy.DeletionsConfirmed && deletions >= PlanPolicy.MinHeldDeletions && deletions * 100L > (long)owned * policy.MaxDeletePercent
            ? string.Create(CultureInfo.InvariantCulture, $"{deletions} of {owned} {what} would go at once, more than DOCKFLARE_MAX_DELETE_PERCENT={policy.MaxDeletePercent} allows. Confirm the plan if that is meant.")
            : null;
    }

    /// <summary>Why updates are held; null when they may go on.</summary>
    public static string? OnUpdates(PlanPolicy policy) =>
        policy.Mode == PlanMode.CreateOnly ? "DOCKFLARE_POLICY=create-only never changes what is there. Change it yourself, or set DOCKFLARE_POLICY=sync." : null;

    private static string Word(PlanMode mode) => mode == PlanMode.UpsertOnly ? "upsert-only" : "create-only";
}
