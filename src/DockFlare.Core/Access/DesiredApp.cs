namespace DockFlare.Core.Access;

/// <summary>An Access application that should exist.</summary>
/// <param name="Key">The rule it guards, <c>app.example.com/api</c>: what tells one application of ours from another.</param>
/// <param name="Name">Its name at Cloudflare.</param>
public sealed record DesiredApp(string Key, string Name)
{
    /// <summary>What it covers, <c>host[/path]</c>; the first is its domain.</summary>
    public EquatableArray<string> Destinations { get; init; }

    /// <summary>How long a login lasts, as a Go duration.</summary>
    public string SessionDuration { get; init; } = "24h";

    /// <summary>Whether the App Launcher shows it.</summary>
    public bool AppLauncherVisible { get; init; }

    /// <summary>Whether the login page is skipped.</summary>
    public bool AutoRedirectToIdentity { get; init; }

    /// <summary>The UUIDs of the identity providers that are offered, in ordinal order; none means all.</summary>
    public EquatableArray<string> AllowedIdps { get; init; }

    /// <summary>Reusable policies, in order.</summary>
    public EquatableArray<DesiredPolicy> Policies { get; init; }

    /// <summary>Policies that belong to this application alone, in order. With any, there are no reusable ones.</summary>
    public EquatableArray<AccessPolicy> Inline { get; init; }

    /// <summary>Whether everybody gets in without a login.</summary>
    public bool IsPublic => Inline.Any(static policy => policy.IsPublic) || Policies.Any(static policy => policy.Policy.IsPublic);
}

/// <summary>A reusable policy that should exist.</summary>
/// <param name="Key">Group and number, <c>family/1</c>: what tells one policy of ours from another.</param>
/// <param name="Policy">What it says, with its name.</param>
public sealed record DesiredPolicy(string Key, AccessPolicy Policy);
