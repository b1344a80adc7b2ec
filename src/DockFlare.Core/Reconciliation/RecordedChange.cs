namespace DockFlare.Core.Reconciliation;

/// <summary>One line of the history: what was changed, and why.</summary>
/// <param name="Kind">As in a plan's JSON, such as <c>create_dns</c>; a tunnel's document is told rule by rule: <c>add_rule</c>, <c>change_rule</c>, <c>remove_rule</c>.</param>
/// <param name="Text">One line for people.</param>
/// <param name="Cause">The kind of cause.</param>
/// <param name="By">The cause in words: <c>blog on nas</c>.</param>
public sealed record RecordedChange(string Kind, string Text, ChangeCause Cause, string By)
{
    /// <summary>The host it is about; null for what is about none.</summary>
    public string? Host { get; init; }

    /// <summary>What was there; null for nothing. Without user and password.</summary>
    public string? Before { get; init; }

    /// <summary>What is there then; null for nothing. Without user and password.</summary>
    public string? After { get; init; }
}

/// <summary>Why something is changed.</summary>
public enum ChangeCause
{
    /// <summary>A container asks for it.</summary>
    Container,

    /// <summary>An operator's rule or group asks for it.</summary>
    Operator,

    /// <summary>Nobody here wanted anything else: it was changed at Cloudflare.</summary>
    Drift,

    /// <summary>An operator agreed to take it over.</summary>
    Adoption,

    /// <summary>The container was gone for the grace period.</summary>
    Expired,

    /// <summary>The container is there and does not ask for it any more.</summary>
    Withdrawn,

    /// <summary>Something is in the way of serving it safely.</summary>
    Blocked,

    /// <summary>An agent needs it.</summary>
    Agent,

    /// <summary>Nothing needs it any more.</summary>
    Unneeded,

    /// <summary>An operator asked that it be somebody else's from now on.</summary>
    Release,
}
