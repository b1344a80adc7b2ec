using System.Text.Json;
using System.Text.Json.Serialization;

namespace DockFlare.Hosting.Api;

/// <summary><c>GET /api/v2/overview</c>.</summary>
internal sealed record OverviewDocument
{
    public required IReadOnlyDictionary<string, int> Routes { get; init; }

    public required AgentCounts Agents { get; init; }

    public required bool Converged { get; init; }

    public string? Trouble { get; init; }

    public string? NotApplied { get; init; }

    public int ChangesLeft { get; init; }

    public int HeldBack { get; init; }

    public int Adoptable { get; init; }

    public required CloudflareDocument Cloudflare { get; init; }

    public PassDocument? LastPass { get; init; }
}

/// <summary>The API as it is used.</summary>
/// <param name="CallsLeft">How many calls may be made now.</param>
/// <param name="Paused">Where nothing is asked for a while, because calls fail there.</param>
internal sealed record CloudflareDocument(int CallsLeft, IReadOnlyList<PausedDocument> Paused);

internal sealed record PausedDocument(string Area, string Reason, DateTimeOffset Until);

internal sealed record AgentCounts(int Online, int Offline, int Pending);

internal sealed record PassDocument(long Number, DateTimeOffset At, double Seconds, int Changes);

/// <summary>One entry of <c>GET /api/v2/rules</c>.</summary>
internal sealed record RuleDocument
{
    public required string Route { get; init; }

    public string? Host { get; init; }

    public required string State { get; init; }

    public string? Reason { get; init; }

    public string? Service { get; init; }

    public string? TunnelId { get; init; }

    public string? Agent { get; init; }

    public string? Container { get; init; }

    public required string Source { get; init; }

    public string? Label { get; init; }

    public IReadOnlyList<string>? Notes { get; init; }
}

/// <summary>One entry of <c>GET /api/v2/diagnostics/containers</c>: a labelled container and what became of it.</summary>
internal sealed record ContainerDocument
{
    public required string Agent { get; init; }

    public required string Container { get; init; }

    /// <summary>Whether all that it asks for is served or on its way.</summary>
    public bool Ok { get; init; }

    public required IReadOnlyList<RuleDocument> Routes { get; init; }
}

/// <summary>A manual rule.</summary>
internal sealed record ManualRuleDocument
{
    /// <summary>Host and path: what <c>DELETE /api/v2/rules/manual/{key}</c> takes.</summary>
    public required string Key { get; init; }

    public required string Hostname { get; init; }

    public string? Path { get; init; }

    public required string Service { get; init; }

    public required string TunnelId { get; init; }

    public string? ZoneName { get; init; }

    public IReadOnlyList<string>? AccessGroupIds { get; init; }
}

/// <summary>One entry of <c>GET /api/v2/zones</c>.</summary>
internal sealed record ZoneDocument(string Id, string Name, string Status);

/// <summary>One entry of <c>GET /api/v2/tunnels</c>.</summary>
internal sealed record TunnelDocument
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The agents that run its connectors; empty for one that its agents have left.</summary>
    public required IReadOnlyList<string> Agents { get; init; }

    public long Generation { get; init; }

    public string? ConnectorVersion { get; init; }

    public int? ReadyConnections { get; init; }

    public long? ConfigVersion { get; init; }
}

/// <summary><c>GET /api/v2/existing</c>.</summary>
internal sealed record ExistingDocument(IReadOnlyList<ExistingThingDocument> Things, IReadOnlyList<string> Unread);

internal sealed record ExistingThingDocument
{
    public required string Kind { get; init; }

    public required string Subject { get; init; }

    public required string Owner { get; init; }

    public string? Id { get; init; }

    public string? Target { get; init; }

    public string? Tunnel { get; init; }

    public bool Adoptable { get; init; }

    /// <summary>What <c>POST /api/v2/release</c> takes to let go of it.</summary>
    public string? Release { get; init; }

    public string? Note { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}

/// <summary><c>GET /readyz</c>.</summary>
internal sealed record ReadyDocument(string Status, IReadOnlyList<string> Reasons);

/// <summary><c>GET /ping</c>.</summary>
internal sealed record PingDocument(string Status, DateTimeOffset Timestamp, int Protocol);

/// <summary>RFC 9457 with a code.</summary>
internal sealed record ProblemDocument(string Title, int Status, string Detail, string Code);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OverviewDocument))]
[JsonSerializable(typeof(IReadOnlyList<RuleDocument>))]
[JsonSerializable(typeof(IReadOnlyList<ZoneDocument>))]
[JsonSerializable(typeof(IReadOnlyList<TunnelDocument>))]
[JsonSerializable(typeof(RouteExplanation))]
[JsonSerializable(typeof(IReadOnlyList<ContainerDocument>))]
[JsonSerializable(typeof(ManualRuleDocument))]
[JsonSerializable(typeof(IReadOnlyList<ManualRuleDocument>))]
[JsonSerializable(typeof(ConfirmationRequest))]
[JsonSerializable(typeof(ExistingDocument))]
[JsonSerializable(typeof(HistoryDocument))]
[JsonSerializable(typeof(GroupDocument))]
[JsonSerializable(typeof(IReadOnlyList<GroupDocument>))]
[JsonSerializable(typeof(ZoneDefaultDocument))]
[JsonSerializable(typeof(IReadOnlyList<ZoneDefaultDocument>))]
[JsonSerializable(typeof(IReadOnlyList<IdentityProviderDocument>))]
[JsonSerializable(typeof(IReadOnlyList<ServiceTokenDocument>))]
[JsonSerializable(typeof(NewServiceTokenDocument))]
[JsonSerializable(typeof(ReadyDocument))]
[JsonSerializable(typeof(PingDocument))]
[JsonSerializable(typeof(ProblemDocument))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ApiJson : JsonSerializerContext;
