using System.Text.Json;

namespace DockFlare.Hosting.Api;

/// <summary>An access group; its policies are in Cloudflare's JSON.</summary>
internal sealed record GroupDocument
{
    public required string Id { get; init; }

    public required string DisplayName { get; init; }

    public required string SessionDuration { get; init; }

    public bool AppLauncherVisible { get; init; }

    public bool AutoRedirectToIdentity { get; init; }

    public required IReadOnlyList<string> AllowedIdps { get; init; }

    public required IReadOnlyList<JsonElement> Policies { get; init; }

    /// <summary>The routes that name it.</summary>
    public required IReadOnlyList<string> Routes { get; init; }

    /// <summary>Whether DockFlare itself says what it means.</summary>
    public bool IsSystem { get; init; }
}

/// <summary>A zone and what protects <c>*.zone</c>.</summary>
internal sealed record ZoneDefaultDocument
{
    public required string Zone { get; init; }

    /// <summary>none, foreign (an application that DockFlare did not make), waiting or protected.</summary>
    public required string State { get; init; }

    /// <summary>The groups; absent where DockFlare sets no default.</summary>
    public IReadOnlyList<string>? GroupIds { get; init; }

    public string? Reason { get; init; }
}

internal sealed record IdentityProviderDocument(string Id, string Name, string Type);

/// <summary>A service token, without its secret.</summary>
internal sealed record ServiceTokenDocument(string Id, string Name, string ClientId, DateTimeOffset? ExpiresAt, bool IsOurs);

/// <summary>A service token that was just made or rotated: the secret is shown this once.</summary>
internal sealed record NewServiceTokenDocument(string Id, string Name, string ClientId, string ClientSecret, DateTimeOffset? ExpiresAt);
