using System.Globalization;
using System.Text.Json;

namespace DockFlare.Testing.Dns;

/// <summary>Writes a record as the API does.</summary>
internal static class RecordJson
{
    public static void Write(Utf8JsonWriter writer, FakeRecord record)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, record.Id);
        writer.WriteString("name"u8, record.Name);
        writer.WriteString("type"u8, record.Type);
        writer.WriteString("content"u8, record.Content);
        writer.WriteBoolean("proxiable"u8, RecordRules.IsProxiable(record.Type));
        writer.WriteBoolean("proxied"u8, record.Proxied);
        writer.WriteNumber("ttl"u8, record.Ttl);
        if (record.Priority is { } priority)
        {
            writer.WriteNumber("priority"u8, priority);
        }

        if (record.DataJson is { } data)
        {
            writer.WritePropertyName("data"u8);
            writer.WriteRawValue(data);
        }

        writer.WritePropertyName("settings"u8);
        writer.WriteRawValue(record.SettingsJson ?? "{}");
        writer.WriteStartObject("meta"u8);
        writer.WriteEndObject();
        if (record.Comment is null)
        {
            writer.WriteNull("comment"u8);
        }
        else
        {
            writer.WriteString("comment"u8, record.Comment);
        }

        writer.WriteStartArray("tags"u8);
        foreach (var tag in record.Tags)
        {
            writer.WriteStringValue(tag);
        }

        writer.WriteEndArray();
        WriteTime(writer, "created_on", record.CreatedOn);
        WriteTime(writer, "modified_on", record.ModifiedOn);
        if (record.CommentModifiedOn is { } commented)
        {
            WriteTime(writer, "comment_modified_on", commented);
        }

        if (record.TagsModifiedOn is { } tagged)
        {
            WriteTime(writer, "tags_modified_on", tagged);
        }

        writer.WriteEndObject();
    }

    internal static void WriteTime(Utf8JsonWriter writer, string name, DateTimeOffset? time)
    {
        if (time is { } known)
        {
            writer.WriteString(name, known.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
