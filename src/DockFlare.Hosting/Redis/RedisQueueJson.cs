using System.Text.Json.Serialization;

namespace DockFlare.Hosting.Redis;

/// <summary>A dead letter as <see cref="RedisScripts"/> keeps it. Times are milliseconds since 1970.</summary>
internal sealed record DeadRow(string Command, int Attempt, string Reason, long At);

/// <summary>A line of the history as <see cref="RedisScripts"/> keeps it.</summary>
internal sealed record EndedRow(string Command, string End, int Attempts, string? Reason, long At);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DeadRow))]
[JsonSerializable(typeof(EndedRow))]
internal sealed partial class RedisQueueJson : JsonSerializerContext;
