using System.Text.Json.Serialization;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;

namespace DockFlare.Hosting.Agents;

/// <summary>Every answer to an operator's script; what does not apply is absent.</summary>
internal sealed record AdminAnswer
{
    public string Status { get; init; } = "success";

    /// <summary>Secret; only in the answer that made it.</summary>
    public string? Key { get; init; }

    /// <summary>Secret; only in the answer that made it.</summary>
    public string? NewKey { get; init; }

    public DescribedKey? Meta { get; init; }

    public DescribedAgent? Agent { get; init; }

    public IReadOnlyList<DescribedAgent>? Agents { get; init; }

    public string? MasterUrl { get; init; }

    public string? Environment { get; init; }

    public string? Compose { get; init; }

    public string? Script { get; init; }

    public string? CommandId { get; init; }

    public string? OperationId { get; init; }

    public DescribedRemoval? Removal { get; init; }

    public IReadOnlyList<DescribedCommand>? Pending { get; init; }

    public IReadOnlyList<DescribedCommand>? DeadLetters { get; init; }

    public IReadOnlyList<DescribedCommand>? History { get; init; }

    public static AgentAnswer Of(int status, AdminAnswer answer) => AgentAnswer.Of(status, answer, AgentAdminJson.Default.AdminAnswer);

    /// <summary>Leaves the keys out.</summary>
    public override string ToString() => $"AdminAnswer {{ {Status} }}";
}

internal sealed record DescribedKey
{
    public string? Fingerprint { get; init; }

    public string? Hash { get; init; }

    public string? Owner { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    public string? BoundAgentId { get; init; }

    public string? Status { get; init; }

    public static DescribedKey Of(AgentKey key) => new()
    {
        Fingerprint = key.Fingerprint,
        Hash = key.Hash,
        Owner = key.Record.Owner,
        CreatedAt = key.Record.CreatedAt,
        ExpiresAt = key.Record.ExpiresAt,
        RevokedAt = key.Record.RevokedAt,
        BoundAgentId = key.Record.Agent?.Value,
        Status = key.Record.RevokedAt is null ? "active" : "revoked",
    };
}

/// <summary>How far a removal is.</summary>
internal sealed record DescribedRemoval(string OperationId, string Phase, DateTimeOffset BegunAt, DateTimeOffset? DoneAt, bool Forced, string? Connector, string? Note)
{
    public static DescribedRemoval? Of(AgentRemoval? removal) => removal is null
        ? null
        : new(removal.OperationId, removal.Phase.ToString().ToLowerInvariant(), removal.BegunAt, removal.DoneAt, removal.IsForced, removal.Connector, removal.Note);
}

/// <summary>A command as the queue holds it; it carries no secret.</summary>
internal sealed record DescribedCommand(string Id, string Action)
{
    public string? TunnelId { get; init; }

    public string? TunnelName { get; init; }

    public int Attempts { get; init; }

    public string? Reason { get; init; }

    public DateTimeOffset? At { get; init; }

    public string? End { get; init; }

    public static DescribedCommand Of(AgentCommand command) => command is AgentCommand.EnsureTunnel ensure
        ? new(command.Id.Value, ensure.Restart ? WireCommand.Restart : WireCommand.Start) { TunnelId = ensure.TunnelId, TunnelName = ensure.TunnelName }
        : new(command.Id.Value, WireCommand.Stop);

    public static string Word(CommandEnd end) => end switch { CommandEnd.Acked => "acked", CommandEnd.Superseded => "superseded", _ => "dead_letter" };
}

internal sealed record DescribedAgent
{
    public string? Id { get; init; }

    public string? DisplayName { get; init; }

    public string? Version { get; init; }

    public string? Hostname { get; init; }

    public int Protocol { get; init; }

    public string? Status { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public bool Online { get; init; }

    public DateTimeOffset? LastSeen { get; init; }

    public string? AssignedTunnelName { get; init; }

    public string? AssignedTunnelId { get; init; }

    /// <summary>What it may claim; absent for what the installation says.</summary>
    public string? Authority { get; init; }

    /// <summary>Protocol 1: containers that its last reports did not show and that it never said have stopped.</summary>
    public IReadOnlyList<string>? Absent { get; init; }

    public DescribedRemoval? Removal { get; init; }

    public IReadOnlyList<string>? Keys { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(AdminAnswer))]
internal sealed partial class AgentAdminJson : JsonSerializerContext;
