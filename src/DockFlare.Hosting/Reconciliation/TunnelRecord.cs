using System.Text.Json;
using System.Text.Json.Serialization;
using DockFlare.Core;
using DockFlare.Core.Commands;
using DockFlare.Core.Ingress;
using DockFlare.Core.Reconciliation;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>
/// What the store remembers of a tunnel, however many agents run its connectors: which rules in its document are ours, and the routes of the last pass.
/// It is written before the document is, so that a crash in between never leaves a rule that nobody owns.
/// </summary>
internal sealed record TunnelRecord
{
    public required string Name { get; init; }

    /// <summary>Null while it is being made.</summary>
    public string? TunnelId { get; init; }

    public long Generation { get; init; } = 1;

    /// <summary>Made by this installation, as opposed to adopted.</summary>
    public bool IsCreatedHere { get; init; }

    /// <summary>SHA-256 of the secrets sent with creations whose outcome is not known: proves later that a tunnel of this name is ours.</summary>
    public EquatableArray<string> SecretHashes { get; init; }

    /// <summary>Ids it had before somebody deleted it at Cloudflare: records that point there are still ours.</summary>
    public EquatableArray<string> FormerIds { get; init; }

    /// <summary>Every zone that may hold a record of ours which points here: looked at until none is left.</summary>
    public EquatableArray<string> ZoneIds { get; init; }

    public EquatableArray<OwnedRule> Owned { get; init; }

    public EquatableArray<DesiredRoute> Routes { get; init; }

    /// <summary>Hosts that an operator ended, until nothing of ours is left of them: their deletion is not held back.</summary>
    public EquatableArray<string> Ended { get; init; }

    /// <summary>
    /// The rules of a document that are ours. One that was never seen written is ours only if it says what we meant to write:
    /// else somebody else made it before we could.
    /// </summary>
    public IEnumerable<RuleIdentity> OwnedIn(IngressDocument document)
    {
        Dictionary<RuleIdentity, IngressRule>? meant = null;
        foreach (var rule in Owned.AsEnumerable())
        {
            if (rule.Since == 0 && document.Positions.TryGetValue(rule.Identity, out var position))
            {
                meant ??= Routes.Select(static route => route.Rule).DistinctBy(static rule => rule.Key).ToDictionary(static rule => RuleIdentity.Of(rule.Key));
                if (!meant.TryGetValue(rule.Identity, out var ours) || !IsSame(ours, document.Entries[position]))
                {
                    continue;
                }
            }

            yield return rule.Identity;
        }
    }

    // The demand for the application's token is worked out anew in each pass and is not part of what is remembered of a route.
    private static bool IsSame(IngressRule rule, IngressEntry entry) =>
        string.Equals(rule.Service, entry.Service, StringComparison.Ordinal)
        && IngressMeaning.AreSame(rule.Origin with { Access = null }, entry.Origin with { Access = null });
}

/// <summary>A rule of ours in a tunnel's document.</summary>
/// <param name="Hostname">As it stands in the document.</param>
/// <param name="Path">As it stands in the document; empty for none.</param>
/// <param name="Since">The configuration version that brought it as it is; 0 before it was ever seen written, negative while a change of it is under way.</param>
internal sealed record OwnedRule(string Hostname, string Path, long Since)
{
    /// <summary>The rule while a change of it is under way: ours for certain, but not known to be as it should.</summary>
    public OwnedRule InDoubt() => this with { Since = Since > 0 ? -Since : Since < 0 ? Since : -1 };

    [JsonIgnore]
    public RuleIdentity Identity => new(Hostname, Path);
}

/// <summary>Writes a list as a JSON array.</summary>
internal sealed class EquatableArrayConverter<T> : JsonConverter<EquatableArray<T>>
{
    public override EquatableArray<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var type = (System.Text.Json.Serialization.Metadata.JsonTypeInfo<T[]>)options.GetTypeInfo(typeof(T[]));
        return JsonSerializer.Deserialize(ref reader, type)?.ToEquatableArray() ?? default;
    }

    public override void Write(Utf8JsonWriter writer, EquatableArray<T> value, JsonSerializerOptions options)
    {
        var type = (System.Text.Json.Serialization.Metadata.JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
        writer.WriteStartArray();
        foreach (var item in value)
        {
            JsonSerializer.Serialize(writer, item, type);
        }

        writer.WriteEndArray();
    }
}

/// <summary>Writes a path as <see cref="RulePath.ToString"/> does: a prefix as it is, an expression with a leading <c>~</c>.</summary>
internal sealed class RulePathConverter : JsonConverter<RulePath>
{
    public override RulePath Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { Length: > 0 } text ? text[0] == '~' ? RulePath.Expression(text[1..]) : RulePath.Prefix(text) : RulePath.Any;

    public override void Write(Utf8JsonWriter writer, RulePath value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}

/// <summary>Writes an agent's name as a string.</summary>
internal sealed class AgentIdConverter : JsonConverter<AgentId>
{
    public override AgentId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, AgentId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    UseStringEnumConverter = true,
    Converters =
    [
        typeof(RulePathConverter), typeof(AgentIdConverter), typeof(EquatableArrayConverter<string>), typeof(EquatableArrayConverter<int>),
        typeof(EquatableArrayConverter<IpRule>), typeof(EquatableArrayConverter<OwnedRule>), typeof(EquatableArrayConverter<DesiredRoute>),
    ])]
[JsonSerializable(typeof(TunnelRecord))]
[JsonSerializable(typeof(ManualRoute))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(int[]))]
[JsonSerializable(typeof(IpRule[]))]
[JsonSerializable(typeof(OwnedRule[]))]
[JsonSerializable(typeof(DesiredRoute[]))]
internal sealed partial class StateJson : JsonSerializerContext;
