using System.Text.Json.Serialization;

namespace DockFlare.Dashboard.Login;

/// <summary>What the store remembers of a user; its id is the name in lower case.</summary>
internal sealed record UserRecord
{
    public required string Name { get; init; }

    public Role Role { get; init; }

    /// <summary>As <see cref="PasswordHash"/> writes it.</summary>
    public required string Password { get; init; }

    /// <summary>The hash of the <c>DOCKFLARE_ADMIN_PASSWORD</c> that was taken last, so that another one is noticed.</summary>
    public string? TakenFirstPassword { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset PasswordChangedAt { get; init; }

    /// <summary>Leaves the hashes out.</summary>
    public override string ToString() => $"UserRecord {{ {Name}, {Role} }}";
}

/// <summary>What the store remembers of a session; its id is the SHA-256 of the secret in the cookie.</summary>
internal sealed record SessionRecord
{
    public required string User { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset LastSeen { get; init; }

    public string? Address { get; init; }

    /// <summary>The browser as it names itself, cut short.</summary>
    public string? Browser { get; init; }

    /// <summary>When they last said who they are after the login itself.</summary>
    public DateTimeOffset? ConfirmedAt { get; init; }

    /// <summary>The login provider; null for a user with a password.</summary>
    public string? Provider { get; init; }

    /// <summary>The address that the provider verified.</summary>
    public string? Email { get; init; }

    /// <summary>The groups that the provider named.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];
}

/// <summary>That somebody came in this way, which is set up as it was then; its id is the hash of that.</summary>
internal sealed record LoginProof
{
    public required string Way { get; init; }

    public DateTimeOffset At { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UseStringEnumConverter = true)]
[JsonSerializable(typeof(UserRecord))]
[JsonSerializable(typeof(SessionRecord))]
[JsonSerializable(typeof(LoginProof))]
internal sealed partial class LoginJson : JsonSerializerContext;
