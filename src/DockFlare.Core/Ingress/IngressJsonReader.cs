using System.Text.Encodings.Web;
using System.Text.Json;

namespace DockFlare.Core.Ingress;

/// <summary>Reads the API's JSON into a document.</summary>
internal static class IngressJsonReader
{
    /// <summary>Deep enough for anything the API stores, and shallow enough never to exhaust the stack.</summary>
    public static readonly JsonDocumentOptions Options = new() { MaxDepth = 512 };

    private static readonly string[] DocumentFields = ["ingress", "originRequest"];
    private static readonly string[] RuleFields = ["hostname", "path", "service", "originRequest"];
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 1000 };

    public static IngressDocument Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Options.MaxDepth });
        try
        {
            using var document = JsonDocument.ParseValue(ref reader);
            if (reader.Read())
            {
                throw new JsonException("The configuration is followed by more JSON.");
            }

            return Read(document.RootElement);
        }
        catch (InvalidOperationException exception)
        {
            // What the JSON reader says of text that is no Unicode.
            throw new JsonException("The configuration holds text that is not valid Unicode.", exception);
        }
    }

    /// <summary>The value without white space, as <see cref="UnknownKey"/> keeps it.</summary>
    public static string Compact(JsonElement value)
    {
        if (value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.String))
        {
            return value.GetRawText();
        }

        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Relaxed))
        {
            value.WriteTo(writer);
        }

        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    private static IngressDocument Read(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Null)
        {
            return IngressDocument.Empty;
        }

        Expect(root, JsonValueKind.Object, "The configuration");
        var entries = Array.Empty<IngressEntry>();
        var origin = default(OriginReading);
        var unknown = new UnknownKeys();
        foreach (var property in root.EnumerateObject())
        {
            switch (GoJsonName.Find(property.Name, DocumentFields))
            {
                case null:
                    unknown.Add(property);
                    break;
                case var _ when property.Value.ValueKind == JsonValueKind.Null:
                    break;
                case "ingress":
                    entries = ReadEntries(property.Value);
                    break;
                default:
                    origin = OriginKeys.Read(property.Value, "originRequest");
                    break;
            }
        }

        return new()
        {
            Entries = entries.ToEquatableArray(),
            Origin = origin.Known ?? OriginRequest.None,
            UnknownOrigin = origin.Unknown,
            Unknown = unknown.Sorted(),
        };
    }

    private static IngressEntry[] ReadEntries(JsonElement list)
    {
        Expect(list, JsonValueKind.Array, "'ingress'");
        var entries = new IngressEntry[list.GetArrayLength()];
        var index = 0;
        foreach (var rule in list.EnumerateArray())
        {
            entries[index] = ReadEntry(rule, index);
            index++;
        }

        return entries;
    }

    private static IngressEntry ReadEntry(JsonElement rule, int index)
    {
        if (rule.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"Rule #{index + 1} is {OriginKeys.Describe(rule)}; a rule is an object.");
        }

        string hostname = "", path = "", service = "";
        var origin = default(OriginReading);
        var unknown = new UnknownKeys();
        foreach (var property in rule.EnumerateObject())
        {
            switch (Field(property))
            {
                case null:
                    unknown.Add(property);
                    break;
                case var _ when property.Value.ValueKind == JsonValueKind.Null:
                    break;
                case "hostname":
                    hostname = Text(property, index);
                    break;
                case "path":
                    path = Text(property, index);
                    break;
                case "service":
                    service = Text(property, index);
                    break;
                default:
                    origin = OriginKeys.Read(property.Value, "originRequest");
                    break;
            }
        }

        return new(new(hostname, path), service) { Origin = origin.Known ?? OriginRequest.None, UnknownOrigin = origin.Unknown, Unknown = unknown.Sorted() };
    }

    private static string? Field(JsonProperty property)
    {
        // The usual spelling is compared as bytes: a document may have tens of thousands of rules.
        foreach (var field in RuleFields)
        {
            if (property.NameEquals(field))
            {
                return field;
            }
        }

        return GoJsonName.Find(property.Name, RuleFields);
    }

    private static string Text(JsonProperty property, int index) =>
        property.Value.ValueKind == JsonValueKind.String
            ? property.Value.GetString()!
            : throw new JsonException($"'{property.Name}' of rule #{index + 1} is {OriginKeys.Describe(property.Value)}; it must be a text.");

    private static void Expect(JsonElement value, JsonValueKind kind, string name)
    {
        if (value.ValueKind != kind)
        {
            throw new JsonException($"{name} is {OriginKeys.Describe(value)}; it must be {(kind == JsonValueKind.Array ? "a list" : "an object")}.");
        }
    }
}
