using DockFlare.Core.Commands;

namespace DockFlare.Hosting.Agents;

/// <summary>What the store remembers of an agent key; its id is the SHA-256 of the key in lower-case hex. The key itself is nowhere.</summary>
internal sealed record AgentKeyRecord
{
    public string? Owner { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Not accepted from then on; null: no end.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>The agent that registered with it first; null until one does.</summary>
    public AgentId? Agent { get; init; }

    /// <summary>The fingerprint of the key that this one replaces.</summary>
    public string? RolledFrom { get; init; }
}
