using System.Text.Json;
using DockFlare.Core;
using DockFlare.Testing.Wire;

namespace DockFlare.Testing.Dns;

/// <summary>Reads a record out of a request, over the one that is there (PATCH) or over the defaults (POST, PUT).</summary>
internal static class RecordBody
{
    public static FakeRecord Read(JsonElement body, FakeRecord over, string zone, bool isWhole, DateTimeOffset now)
    {
        var record = over with { ModifiedOn = now };
        foreach (var property in body.EnumerateObject())
        {
            var value = property.Value;
            record = property.Name switch
            {
                "name" => record with { Name = RecordRules.Normalize(Text(value, "name"), zone) },
                "type" => record with { Type = Text(value, "type").ToUpperInvariant() },
                "content" => record with { Content = Text(value, "content") },
                "proxied" => record with { Proxied = value.ValueKind is JsonValueKind.Null ? over.Proxied : Flag(value) },
                "ttl" => record with { Ttl = Number(value, "ttl") },
                "priority" => record with { Priority = value.ValueKind is JsonValueKind.Null ? null : Number(value, "priority") },
                "comment" => record with { Comment = Comment(value), CommentModifiedOn = Comment(value) is null ? null : now },
                "tags" => record with { Tags = Tags(value), TagsModifiedOn = now },
                "settings" => record with { SettingsJson = value.ValueKind is JsonValueKind.Null ? null : Settings(value, record) },
                "data" => record with { DataJson = value.GetRawText(), Content = FromData(value) },
                _ => record,
            };
        }

        if (record.Name.Length == 0)
        {
            throw new Refusal(400, 9000, "DNS name is required.");
        }

        return isWhole && record.Type.Length == 0 ? throw new Refusal(400, 9004, "DNS record type is required.") : record;
    }

    private static string Text(JsonElement value, string field) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Invalid(field, "a string");

    private static bool Flag(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new Refusal(400, 9003, "Invalid 'proxied' value, must be a boolean."),
    };

    private static int Number(JsonElement value, string field) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : throw Invalid(field, "an integer");

    private static string? Comment(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString() is { Length: > 0 } text ? text : null,
        _ => throw Invalid("comment", "a string"),
    };

    private static EquatableArray<string> Tags(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(static tag => tag.ValueKind == JsonValueKind.String)
            ? value.EnumerateArray().Select(static tag => tag.GetString()!).ToEquatableArray()
            : throw Invalid("tags", "a list of strings");

    private static string Settings(JsonElement value, FakeRecord record)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Invalid("settings", "an object");
        }

        return record.Type != "CNAME" && value.TryGetProperty("flatten_cname", out var flatten) && flatten.ValueKind == JsonValueKind.True
            ? throw new Refusal(400, 9303, "The setting flatten_cname is only for CNAME records.")
            : value.GetRawText();
    }

    private static string FromData(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object ? string.Join(' ', value.EnumerateObject().Select(static part => part.Value.ToString())) : throw Invalid("data", "an object");

    private static Refusal Invalid(string field, string expected) => new(400, 9207, $"Request body is invalid: '{field}' must be {expected}.");
}
