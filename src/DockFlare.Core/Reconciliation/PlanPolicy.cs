namespace DockFlare.Core.Reconciliation;

/// <summary>What a plan may do by itself.</summary>
public sealed record PlanPolicy
{
    /// <summary>Everything, and the brake at 30 percent.</summary>
    public static PlanPolicy Default { get; } = new();

    /// <summary>What kinds of change are allowed. What closes an exposure always is.</summary>
    public PlanMode Mode { get; init; }

    /// <summary>
    /// The brake: when more than this share of the owned records, or of one tunnel's owned rules, would be deleted, those deletions wait
    /// for a confirmation. Percent, 0 to 100; never for fewer than <see cref="MinHeldDeletions"/>.
    /// </summary>
    public int MaxDeletePercent { get; init; } = 30;

    /// <summary>An operator has confirmed the deletions of this plan.</summary>
    public bool DeletionsConfirmed { get; init; }

    /// <summary>The ids of adoptions that an operator agreed to; see <see cref="HeldChange.AdoptionId"/>. No mode holds them.</summary>
    public EquatableArray<string> Adopted { get; init; }

    /// <summary>The ids of what operators let go of; see <see cref="Change.ReleaseId"/>. No mode holds them.</summary>
    public EquatableArray<string> Released { get; init; }

    /// <summary>Adoptions that were agreed to beforehand, as <see cref="StandingAdoption"/> names them.</summary>
    public EquatableArray<string> Standing { get; init; }

    /// <summary>The brake never holds fewer deletions than this.</summary>
    public const int MinHeldDeletions = 5;
}

/// <summary>What kinds of change a plan may hold.</summary>
public enum PlanMode
{
    /// <summary>All.</summary>
    Sync,

    /// <summary>Nothing is deleted.</summary>
    UpsertOnly,

    /// <summary>Nothing is changed or deleted.</summary>
    CreateOnly,
}
