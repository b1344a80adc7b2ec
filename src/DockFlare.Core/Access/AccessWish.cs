namespace DockFlare.Core.Access;

/// <summary>The protection that labels or an operator ask for, by name; what the names mean is looked up later.</summary>
public sealed record AccessWish
{
    /// <summary>Ids of access groups, in order; the first one's application settings count. When there are any, all else here but <see cref="RequireJwt"/> is ignored.</summary>
    public EquatableArray<string> Groups { get; init; }

    /// <summary><c>access.policy</c>.</summary>
    public AccessPolicyWord Policy { get; init; }

    /// <summary><c>access.name</c>: the application's name; null for <c>DockFlare-&lt;hostname&gt;</c>.</summary>
    public string? Name { get; init; }

    /// <summary><c>access.session_duration</c>, a Go duration string. Default <c>24h</c>.</summary>
    public string SessionDuration { get; init; } = "24h";

    /// <summary><c>access.app_launcher_visible</c>. Default false.</summary>
    public bool AppLauncherVisible { get; init; }

    /// <summary><c>access.allowed_idps</c>: ids or friendly names.</summary>
    public EquatableArray<string> AllowedIdps { get; init; }

    /// <summary><c>access.auto_redirect_to_identity</c>. Default false.</summary>
    public bool AutoRedirectToIdentity { get; init; }

    /// <summary><c>access.custom_rules</c>: a JSON array of Access policies, checked to be one and written without white space; null for none.</summary>
    public string? CustomRules { get; init; }

    /// <summary><c>origin.access</c>: cloudflared itself refuses requests without the application's JWT.</summary>
    public bool RequireJwt { get; init; }
}

/// <summary>The words <c>access.policy</c> takes.</summary>
public enum AccessPolicyWord
{
    /// <summary>Not said.</summary>
    None,

    /// <summary>Everyone, without login.</summary>
    Bypass,

    /// <summary>The account's e-mail by one-time PIN.</summary>
    Authenticate,

    /// <summary>No application of its own: the zone's <c>*.zone</c> application protects it.</summary>
    DefaultTld,
}
