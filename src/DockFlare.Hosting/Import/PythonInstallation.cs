using System.Text.Json;

namespace DockFlare.Hosting.Import;

/// <summary>What an installation of the Python program keeps in its data directory, as far as it means something here.</summary>
internal sealed record PythonInstallation
{
    /// <summary>1 or 2: the layout of <c>state.json</c>.</summary>
    public required int Schema { get; init; }

    public IReadOnlyList<PythonRule> Rules { get; init; } = [];

    public IReadOnlyList<PythonGroup> Groups { get; init; } = [];

    public IReadOnlyList<PythonAgent> Agents { get; init; } = [];

    /// <summary>Agents whose removal was under way.</summary>
    public IReadOnlyList<string> Leaving { get; init; } = [];

    public IReadOnlyList<PythonKey> Keys { get; init; } = [];

    /// <summary>Null when there is no <c>dockflare_config.dat</c>.</summary>
    public PythonConfig? Config { get; init; }
}

/// <summary>A rule of <c>managed_rules</c>.</summary>
internal sealed record PythonRule
{
    /// <summary><c>hostname|path</c>.</summary>
    public required string Key { get; init; }

    public required string Hostname { get; init; }

    public string? Path { get; init; }

    public string? Service { get; init; }

    public bool IsManual { get; init; }

    /// <summary>An operator changed what the labels say.</summary>
    public bool IsOverridden { get; init; }

    /// <summary>An operator changed the protection that the labels ask for.</summary>
    public bool IsAccessOverridden { get; init; }

    /// <summary>It is kept until then because its container is gone; null while it is active.</summary>
    public DateTimeOffset? DeleteAt { get; init; }

    public bool IsLeaving { get; init; }

    public string? ZoneId { get; init; }

    public string? ZoneName { get; init; }

    public string? TunnelId { get; init; }

    public string? TunnelName { get; init; }

    public string? AgentId { get; init; }

    public string? AccessAppId { get; init; }

    public string? AccessPolicyType { get; init; }

    public IReadOnlyList<string> AccessGroupIds { get; init; } = [];

    public bool? NoTlsVerify { get; init; }

    public string? OriginServerName { get; init; }

    public string? HttpHostHeader { get; init; }

    public bool? Http2Origin { get; init; }

    public bool? DisableChunkedEncoding { get; init; }

    public bool? MatchSniToHost { get; init; }
}

/// <summary>An access group; its policies are in Cloudflare's JSON.</summary>
internal sealed record PythonGroup(string Id)
{
    public string? DisplayName { get; init; }

    public string? SessionDuration { get; init; }

    public bool AppLauncherVisible { get; init; }

    public bool AutoRedirectToIdentity { get; init; }

    public bool IsPublic { get; init; }

    public IReadOnlyList<string> AllowedIdps { get; init; } = [];

    public IReadOnlyList<JsonElement> Policies { get; init; } = [];

    public string? CloudflarePolicyId { get; init; }
}

/// <summary>An agent.</summary>
internal sealed record PythonAgent(string Id)
{
    public string? DisplayName { get; init; }

    /// <summary>The name that an operator gave it.</summary>
    public string? CustomName { get; init; }

    public string? Version { get; init; }

    public string? TunnelName { get; init; }

    public string? TunnelId { get; init; }

    /// <summary>The key itself.</summary>
    public string? ApiKey { get; init; }
}

/// <summary>A key of an agent.</summary>
/// <param name="Raw">The key itself.</param>
internal sealed record PythonKey(string Raw)
{
    public string? Owner { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public bool IsRevoked { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    public string? Agent { get; init; }

    /// <summary>The key it replaced, itself.</summary>
    public string? RolledFrom { get; init; }
}

/// <summary>What the set-up pages wrote.</summary>
internal sealed record PythonConfig
{
    public string? ApiToken { get; init; }

    public string? AccountId { get; init; }

    public string? ZoneId { get; init; }

    public string? TunnelName { get; init; }

    public TimeSpan? GracePeriod { get; init; }

    public string? UserName { get; init; }

    public string? MasterApiKey { get; init; }
}

/// <summary>A data directory cannot be taken over. The message names the file, what is wrong with it and what to do; it holds no secret.</summary>
internal sealed class ImportException(string message) : Exception(message);
