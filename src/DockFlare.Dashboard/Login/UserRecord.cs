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
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UseStringEnumConverter = true)]
[JsonSerializable(typeof(UserRecord))]
[JsonSerializable(typeof(SessionRecord))]
internal sealed partial class LoginJson : JsonSerializerContext;
