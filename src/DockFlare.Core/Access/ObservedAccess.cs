namespace DockFlare.Core.Access;

/// <summary>What the account has in Access.</summary>
public sealed record ObservedAccess
{
    /// <summary>Its self-hosted applications, also those of others.</summary>
    public EquatableArray<ObservedApp> Apps { get; init; }

    /// <summary>Its reusable policies, also those of others.</summary>
    public EquatableArray<ObservedPolicy> Policies { get; init; }

    /// <summary>The organisation's <c>auth_domain</c> without <c>.cloudflareaccess.com</c>; null while it is not known.</summary>
    public string? TeamName { get; init; }

    /// <summary>The tag that applications of this installation are to carry; null while it cannot be had.</summary>
    public string? Tag { get; init; }

    /// <summary>Why applications or policies could not be read: guarded routes that are not live wait, and the others stay. Null when they were.</summary>
    public string? Unread { get; init; }

    /// <summary>What could not be made or changed in this pass, by the key of the application or policy.</summary>
    public EquatableArray<UnmadeGuard> Unmade { get; init; }
}

/// <summary>An application or policy that was tried in this pass and failed.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Reason">Cloudflare's message.</param>
public sealed record UnmadeGuard(string Key, string Reason);

/// <summary>A self-hosted application as Cloudflare shows it.</summary>
/// <param name="Id">Its UUID.</param>
/// <param name="Name">Its name.</param>
/// <param name="Audience">Its <c>aud</c>.</param>
public sealed record ObservedApp(string Id, string Name, string Audience)
{
    /// <summary>What it covers, <c>host[/path]</c>.</summary>
    public EquatableArray<string> Destinations { get; init; }

    /// <summary>How long a login lasts, as a Go duration.</summary>
    public string SessionDuration { get; init; } = "24h";

    /// <summary>Whether the App Launcher shows it.</summary>
    public bool AppLauncherVisible { get; init; }

    /// <summary>Whether the login page is skipped.</summary>
    public bool AutoRedirectToIdentity { get; init; }

    /// <summary>The UUIDs of the identity providers that are offered.</summary>
    public EquatableArray<string> AllowedIdps { get; init; }

    /// <summary>Its policies in order, reusable ones and its own.</summary>
    public EquatableArray<ObservedPolicy> Policies { get; init; }

    /// <summary>Its tags.</summary>
    public EquatableArray<string> Tags { get; init; }

    /// <summary>The key under which the store knows that it is ours; null for one that is not, and is never touched.</summary>
    public string? OwnedAs { get; init; }

    /// <summary>The rule it guards, when it covers that of one rule and nothing else; null otherwise.</summary>
    public string? Key =>
        Destinations.Select(AccessCoverage.Normalize).ToList() is [var first, .. var rest] && !first.EndsWith("/*", StringComparison.Ordinal) && rest.TrueForAll(other => string.Equals(other, first + "/*", StringComparison.Ordinal)) ? first : null;

    /// <summary>Whether a policy of its lets everybody in.</summary>
    public bool IsPublic => Policies.Any(static policy => policy.Policy.IsPublic);
}

/// <summary>A policy as Cloudflare shows it.</summary>
/// <param name="Id">Its UUID.</param>
/// <param name="Policy">What it says.</param>
public sealed record ObservedPolicy(string Id, AccessPolicy Policy)
{
    /// <summary>Whether several applications can share it.</summary>
    public bool IsReusable { get; init; } = true;

    /// <summary>How many applications use it, of whatever kind; null when Cloudflare does not say.</summary>
    public int? AppCount { get; init; }

    /// <summary>The key under which the store knows that it is ours; null for one that is not, and is never touched.</summary>
    public string? OwnedAs { get; init; }
}
