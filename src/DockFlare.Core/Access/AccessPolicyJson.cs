using System.Text.Json;

namespace DockFlare.Core.Access;

/// <summary>Policies in the API's JSON.</summary>
public static class AccessPolicyJson
{
    // Told by the API about a policy, not part of what it says.
    private static readonly HashSet<string> NotContent = new(
        ["name", "decision", "include", "exclude", "require", "id", "uid", "precedence", "reusable", "app_count", "created_at", "updated_at"], StringComparer.Ordinal);

    /// <summary>Reads a policy.</summary>
    /// <exception cref="FormatException">It has no decision, or one that is not known.</exception>
    public static AccessPolicy Parse(JsonElement policy) => new(Decision(Text(policy, "decision")))
    {
        Name = Text(policy, "name") ?? "",
        Include = Selectors(policy, "include"),
        Exclude = Selectors(policy, "exclude"),
        Require = Selectors(policy, "require"),
        Other = policy.EnumerateObject()
            .Where(static member => !NotContent.Contains(member.Name) && member.Value.ValueKind != JsonValueKind.Null)
            .OrderBy(static member => member.Name, StringComparer.Ordinal)
            .Select(static member => new AccessPolicyField(member.Name, CanonicalJson.Write(member.Value)))
            .ToEquatableArray(),
    };

    /// <summary>Writes a policy whole, as a full replacement needs it.</summary>
    public static void Write(Utf8JsonWriter writer, AccessPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(policy);

        writer.WriteStartObject();
        writer.WriteString("name"u8, policy.Name);
        writer.WriteString("decision"u8, Word(policy.Decision));
        Write(writer, "include", policy.Include);
        Write(writer, "exclude", policy.Exclude);
        Write(writer, "require", policy.Require);
        foreach (var field in policy.Other)
        {
            writer.WritePropertyName(field.Name);
            writer.WriteRawValue(field.Json);
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, EquatableArray<AccessSelector> selectors)
    {
        writer.WriteStartArray(name);
        foreach (var selector in selectors)
        {
            writer.WriteRawValue(selector.ToJson());
        }

        writer.WriteEndArray();
    }

    private static string? Text(JsonElement policy, string name) =>
        policy.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static EquatableArray<AccessSelector> Selectors(JsonElement policy, string name) =>
        policy.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select(AccessSelector.Parse).ToEquatableArray()
            : [];

    private static AccessDecision Decision(string? word) => word switch
    {
        "allow" => AccessDecision.Allow,
        "deny" => AccessDecision.Deny,
        "bypass" => AccessDecision.Bypass,
        "non_identity" => AccessDecision.NonIdentity,
        _ => throw new FormatException($"the decision '{word}' is not allow, deny, bypass or non_identity"),
    };

    private static string Word(AccessDecision decision) => decision switch
    {
        AccessDecision.Allow => "allow",
        AccessDecision.Deny => "deny",
        AccessDecision.Bypass => "bypass",
        _ => "non_identity",
    };
}
