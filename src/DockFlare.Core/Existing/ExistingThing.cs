namespace DockFlare.Core.Existing;

/// <summary>Something that is in the account, and what DockFlare would make of it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Subject">Its name, host or rule.</param>
/// <param name="Owner">Whose it is, as far as can be proven.</param>
public sealed record ExistingThing(ExistingKind Kind, string Subject, ExistingOwner Owner)
{
    /// <summary>Cloudflare's id; null for a rule, which has none.</summary>
    public string? Id { get; init; }

    /// <summary>Where it leads: the origin of a rule, the tunnel of a record, what an application covers. Without user and password.</summary>
    public string Target { get; init; } = "";

    /// <summary>The name of the tunnel a rule is in or a record points to; null where there is none.</summary>
    public string? Tunnel { get; init; }

    /// <summary>The labels that would make the same route, <c>dockflare.hostname=app.example.com</c>, without user and password. None where labels cannot.</summary>
    public EquatableArray<string> Labels { get; init; }

    /// <summary>Whether its adoption is offered in the plan once a container with these labels asks for its place.</summary>
    public bool CanBeAdopted { get; init; }

    /// <summary>What an operator lets go of it with; it stands for the thing as it is. Null for what is not ours, and for a tunnel.</summary>
    public string? ReleaseId { get; init; }

    /// <summary>What is worth knowing, in a sentence; null when there is nothing.</summary>
    public string? Note { get; init; }
}

/// <summary>What a thing is.</summary>
public enum ExistingKind
{
    /// <summary>A tunnel.</summary>
    Tunnel,

    /// <summary>A rule of a tunnel's document.</summary>
    Rule,

    /// <summary>A record that points to a tunnel.</summary>
    Record,

    /// <summary>A self-hosted Access application.</summary>
    Application,

    /// <summary>A reusable Access policy.</summary>
    Policy,
}

/// <summary>Whose a thing is.</summary>
public enum ExistingOwner
{
    /// <summary>This installation's.</summary>
    Ours,

    /// <summary>Another installation's: it carries that one's mark.</summary>
    OtherInstallation,

    /// <summary>Somebody's.</summary>
    Foreign,

    /// <summary>It points to a tunnel that does not exist.</summary>
    Orphaned,
}
