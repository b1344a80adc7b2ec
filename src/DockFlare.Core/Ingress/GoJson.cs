using System.Buffers;
using System.Text;
using System.Text.Json;

namespace DockFlare.Core.Ingress;

/// <summary>JSON as Go's encoding/json takes it, whatever its types: what is JSON at all, which key is which field, and the texts.</summary>
internal static class GoJson
{
    /// <summary>Go's own limit.</summary>
    private const int MaxDepth = 10_000;

    public static JsonDocument? Parse(ReadOnlySpan<byte> json, out string? fault)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        fault = null;
        try
        {
            if (JsonDocument.TryParseValue(ref reader, out var document))
            {
                var rest = json[(int)reader.BytesConsumed..].TrimStart(" \t\r\n"u8);
                if (rest.IsEmpty)
                {
                    return document;
                }

                document.Dispose();
                fault = $"invalid character {Character(rest)} after top-level value";
                return null;
            }

            fault = "unexpected end of JSON input";
        }
        catch (JsonException)
        {
            var at = (int)Math.Min(reader.BytesConsumed, json.Length);
            var rest = json[at..].TrimStart(" \t\r\n"u8);
            fault = IsCutOff(json) ? "unexpected end of JSON input" : $"invalid character {Character(rest)} looking for beginning of value";
        }

        return null;
    }

    /// <summary>Whether more text could still make it JSON.</summary>
    private static bool IsCutOff(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = MaxDepth }));
        try
        {
            while (reader.Read())
            {
                // On to where the text ends or goes wrong.
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Character(ReadOnlySpan<byte> text)
    {
        if (Rune.DecodeFromUtf8(text, out var rune, out _) != OperationStatus.Done)
        {
            rune = Rune.ReplacementChar;
        }

        return rune.Value switch
        {
            '\'' => @"'\''",
            '"' => "'\"'",
            _ => $"'{GoText.Quote(rune.ToString())[1..^1]}'",
        };
    }

    /// <summary>The values of an object whose keys Go knows, in the order of the text.</summary>
    public static IEnumerable<(string Field, JsonElement Value)> Fields(JsonElement value, string[] fields)
    {
        foreach (var property in value.EnumerateObject())
        {
            if (GoJsonName.Find(NameOf(property), fields) is { } field)
            {
                yield return (field, property.Value);
            }
        }
    }

    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        _ => "bool",
    };

    /// <summary>Go reads a broken surrogate as the replacement character, .NET refuses it.</summary>
    public static string TextOf(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return "\uFFFD";
        }
    }

    private static string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return "\uFFFD";
        }
    }
}
