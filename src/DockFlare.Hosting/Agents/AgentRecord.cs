using System.Text.Json.Serialization;
using DockFlare.Core.Commands;
using DockFlare.Hosting.Reconciliation;

namespace DockFlare.Hosting.Agents;

/// <summary>What the store remembers of an agent.</summary>
internal sealed record AgentRecord
{
    public required AgentId Id { get; init; }

    public required string DisplayName { get; init; }

    public string? Version { get; init; }

    public string? Hostname { get; init; }

    /// <summary>The protocol it registered with last; 3 for the local agent.</summary>
    public int Protocol { get; init; } = 1;

    public AgentStatus Status { get; init; }

    /// <summary>The tunnel it was enrolled on; null while it is pending.</summary>
    public string? TunnelName { get; init; }

    /// <summary>An operator named an existing tunnel, which is thereby adopted.</summary>
    public bool AdoptTunnel { get; init; }

    /// <summary>The agent inside the master's own process.</summary>
    public bool IsLocal { get; init; }

    /// <summary>An operator chose the display name: a registration does not change it.</summary>
    public bool IsRenamed { get; init; }

    /// <summary>What it may claim, as <see cref="Core.Reconciliation.AgentAuthority"/> is written; null for what the installation says.</summary>
    public string? Authority { get; init; }

    /// <summary>Its host is in somebody else's hands: the secret of its tunnel is to be rolled.</summary>
    public bool IsCompromised { get; init; }

    /// <summary>Set while and shortly after it is removed.</summary>
    public AgentRemoval? Removal { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? EnrolledAt { get; init; }
}

/// <summary>How far an agent has come.</summary>
internal enum AgentStatus
{
    /// <summary>It waits for an operator and publishes nothing.</summary>
    Pending,

    /// <summary>It has a tunnel.</summary>
    Enrolled,

    /// <summary>It is being removed and publishes nothing.</summary>
    Leaving,
}

/// <summary>How an agent introduced itself.</summary>
internal sealed record AgentIntroduction(string? DisplayName, string? Version, string? Hostname, int Protocol);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    UseStringEnumConverter = true,
    Converters = [typeof(AgentIdConverter)])]
[JsonSerializable(typeof(AgentRecord))]
[JsonSerializable(typeof(AgentKeyRecord))]
internal sealed partial class AgentRecordJson : JsonSerializerContext;
