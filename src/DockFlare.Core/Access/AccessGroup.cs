namespace DockFlare.Core.Access;

/// <summary>What <c>access.group</c> names: reusable policies, and how an application under them behaves.</summary>
/// <param name="Id">What labels write: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>.</param>
public sealed record AccessGroup(string Id)
{
    /// <summary>What people call it.</summary>
    public string DisplayName { get; init; } = Id;

    /// <summary>How long a login lasts, as a Go duration. Default <c>24h</c>.</summary>
    public string SessionDuration { get; init; } = "24h";

    /// <summary>Whether its applications are shown in the App Launcher. Default false.</summary>
    public bool AppLauncherVisible { get; init; }

    /// <summary>Whether the login page is skipped; needs exactly one allowed identity provider. Default false.</summary>
    public bool AutoRedirectToIdentity { get; init; }

    /// <summary>Ids or names of the identity providers that are offered; none means all.</summary>
    public EquatableArray<string> AllowedIdps { get; init; }

    /// <summary>Its policies in order; at least one.</summary>
    public EquatableArray<AccessPolicy> Policies { get; init; }

    /// <summary>Why it cannot be used and what to write instead, as a sentence; null when it can.</summary>
    public string? FindFault()
    {
        if (Id.Length is 0 or > 100 || !Id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            return $"'{Id}' is not an id of an access group: write 1 to 100 letters, digits, '-', '_' or '.'.";
        }

        if (Policies.IsEmpty)
        {
            return $"The access group '{Id}' has no policy, so nobody would get in: add one.";
        }

        if (!Ingress.GoDuration.TryParse(SessionDuration, out var duration) || duration < TimeSpan.Zero)
        {
            return $"The session duration of access group '{Id}' is '{SessionDuration}', which is not a duration: write hours or minutes, such as 24h or 30m.";
        }

        return Policies.Select(static policy => policy.FindFault()).FirstOrDefault(static fault => fault is not null) is { } found ? $"In the access group '{Id}': {found}" : null;
    }
}
