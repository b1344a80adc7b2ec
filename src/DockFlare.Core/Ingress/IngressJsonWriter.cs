using System.Text.Json;

namespace DockFlare.Core.Ingress;

/// <summary>Writes a document as the API takes it, every key as cloudflared spells it.</summary>
internal static class IngressJsonWriter
{
    public static void Write(Utf8JsonWriter writer, IngressDocument document)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("ingress"u8);
        foreach (var entry in document.Entries)
        {
            Write(writer, entry);
        }

        writer.WriteEndArray();
        WriteOrigin(writer, document.Origin, document.UnknownOrigin);
        WriteUnknown(writer, document.Unknown);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, IngressEntry entry)
    {
        writer.WriteStartObject();
        if (entry.Identity.Hostname.Length > 0)
        {
            writer.WriteString("hostname"u8, entry.Identity.Hostname);
        }

        if (entry.Identity.Path.Length > 0)
        {
            writer.WriteString("path"u8, entry.Identity.Path);
        }

        writer.WriteString("service"u8, entry.Service);
        WriteOrigin(writer, entry.Origin, entry.UnknownOrigin);
        WriteUnknown(writer, entry.Unknown);
        writer.WriteEndObject();
    }

    private static void WriteOrigin(Utf8JsonWriter writer, OriginRequest origin, EquatableArray<UnknownKey> unknown)
    {
        if (origin == OriginRequest.None && unknown.IsEmpty)
        {
            return;
        }

        writer.WriteStartObject("originRequest"u8);
        foreach (var (name, value) in OriginValues.Of(origin))
        {
            Write(writer, name, value);
        }

        WriteUnknown(writer, unknown);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, object value)
    {
        switch (value)
        {
            case TimeSpan duration:
                writer.WriteNumber(name, OriginKeys.Seconds(duration));
                break;
            case bool flag:
                writer.WriteBoolean(name, flag);
                break;
            case int number:
                writer.WriteNumber(name, number);
                break;
            case string text:
                writer.WriteString(name, text);
                break;
            case EquatableArray<IpRule> rules:
                Write(writer, name, rules);
                break;
            case OriginAccess access:
                Write(writer, name, access);
                break;
        }
    }

    private static void Write(Utf8JsonWriter writer, string name, EquatableArray<IpRule> rules)
    {
        writer.WriteStartArray(name);
        foreach (var rule in rules)
        {
            writer.WriteStartObject();
            writer.WriteString("prefix"u8, rule.Prefix);
            if (!rule.Ports.IsEmpty)
            {
                writer.WriteStartArray("ports"u8);
                foreach (var port in rule.Ports)
                {
                    writer.WriteNumberValue(port);
                }

                writer.WriteEndArray();
            }

            writer.WriteBoolean("allow"u8, rule.Allow);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, string name, OriginAccess access)
    {
        writer.WriteStartObject(name);
        writer.WriteBoolean("required"u8, access.Required);
        if (access.TeamName is not null)
        {
            writer.WriteString("teamName"u8, access.TeamName);
        }

        if (!access.AudTag.IsEmpty)
        {
            writer.WriteStartArray("audTag"u8);
            foreach (var tag in access.AudTag)
            {
                writer.WriteStringValue(tag);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteUnknown(Utf8JsonWriter writer, EquatableArray<UnknownKey> unknown)
    {
        foreach (var key in unknown)
        {
            writer.WritePropertyName(key.Name);
            writer.WriteRawValue(key.Json);
        }
    }
}
