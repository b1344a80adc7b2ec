using System.Text.Json;
using System.Text.Json.Serialization;

namespace DockFlare.Hosting.Cloudflare;

internal sealed record CfEnvelope<T>
{
    public bool Success { get; init; }

    public IReadOnlyList<CfError>? Errors { get; init; }

    public T? Result { get; init; }

    public CfPage? ResultInfo { get; init; }
}

internal sealed record CfError(int Code, string? Message)
{
    public IReadOnlyList<CfError>? ErrorChain { get; init; }
}

internal sealed record CfPage(int Page, int PerPage, int Count, int TotalCount);

internal sealed record CfTokenStatus(string? Id, string? Status);

internal sealed record CfAccount(string Id, string? Name);

internal sealed record CfPlan(string? LegacyId);

internal sealed record CfZone(string Id, string Name, string Status)
{
    public CfAccount? Account { get; init; }

    public CfPlan? Plan { get; init; }
}

internal sealed record CfTunnel(string Id, string Name)
{
    public string? Token { get; init; }

    public string? ConfigSrc { get; init; }

    public DateTimeOffset? DeletedAt { get; init; }
}

internal sealed record CfNewTunnel(string Name, string ConfigSrc, string TunnelSecret);

internal sealed record CfTunnelSecret(string TunnelSecret);

internal sealed record CfConfiguration(long Version, JsonElement? Config);

internal sealed record CfRecord
{
    public string? Id { get; init; }

    public string? Name { get; init; }

    public string? Type { get; init; }

    public string? Content { get; init; }

    public bool? Proxied { get; init; }

    public int? Ttl { get; init; }

    public string? Comment { get; init; }
}

internal sealed record CfId(string Id);

internal sealed record CfBatch
{
    public IReadOnlyList<CfId>? Deletes { get; init; }

    public IReadOnlyList<CfRecord>? Patches { get; init; }

    public IReadOnlyList<CfRecord>? Posts { get; init; }
}

internal sealed record CfBatchResult
{
    public IReadOnlyList<CfRecord>? Patches { get; init; }

    public IReadOnlyList<CfRecord>? Posts { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CfEnvelope<JsonElement>))]
[JsonSerializable(typeof(CfEnvelope<List<JsonElement>>))]
[JsonSerializable(typeof(CfEnvelope<string>))]
[JsonSerializable(typeof(CfEnvelope<CfTokenStatus>))]
[JsonSerializable(typeof(CfEnvelope<List<CfAccount>>))]
[JsonSerializable(typeof(CfEnvelope<List<CfZone>>))]
[JsonSerializable(typeof(CfEnvelope<CfTunnel>))]
[JsonSerializable(typeof(CfEnvelope<List<CfTunnel>>))]
[JsonSerializable(typeof(CfEnvelope<CfConfiguration>))]
[JsonSerializable(typeof(CfEnvelope<CfRecord>))]
[JsonSerializable(typeof(CfEnvelope<List<CfRecord>>))]
[JsonSerializable(typeof(CfEnvelope<CfBatchResult>))]
[JsonSerializable(typeof(CfBatch))]
[JsonSerializable(typeof(CfNewTunnel))]
[JsonSerializable(typeof(CfTunnelSecret))]
internal sealed partial class CloudflareJson : JsonSerializerContext;
