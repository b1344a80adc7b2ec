namespace DockFlare.Core.Reconciliation;

/// <summary>The ordered steps from what is to what should be.</summary>
public sealed record Plan
{
    /// <summary>Nothing to do.</summary>
    public static Plan Empty { get; } = new();

    /// <summary>The steps, by phase and then by subject.</summary>
    public EquatableArray<Change> Changes { get; init; }

    /// <summary>Deletions that wait for an operator's confirmation, or that the policy forbids.</summary>
    public EquatableArray<HeldChange> Held { get; init; }

    /// <summary>Routes that cannot be served, with the reason, by route.</summary>
    public EquatableArray<BlockedRoute> Blocked { get; init; }

    /// <summary>Whether there is nothing to apply.</summary>
    public bool IsEmpty => Changes.IsEmpty;

    /// <summary>One line for each step, made for a terminal and for a review.</summary>
    public override string ToString() => PlanText.Write(this);
}

/// <summary>A deletion that is not applied.</summary>
/// <param name="Change">The step.</param>
/// <param name="Reason">Why it waits and what lets it go on.</param>
public sealed record HeldChange(Change Change, string Reason);

/// <summary>A route that cannot be served as things are at Cloudflare.</summary>
/// <param name="Key">Which route.</param>
/// <param name="Reason">Both sides of it, and what to do.</param>
public sealed record BlockedRoute(Ingress.RuleKey Key, string Reason);
