using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DockFlare.Core.Ingress;

/// <summary>Text as a YAML scalar on one line.</summary>
internal static class YamlText
{
    private static readonly System.Buffers.SearchValues<char> Plain =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:+");

    /// <summary>Words that YAML 1.1 or 1.2 reads as something other than text.</summary>
    private static readonly HashSet<string> Words = new(StringComparer.OrdinalIgnoreCase) { "null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf" };

    /// <summary>The text plain where no reader can take it for anything else, else in double quotes.</summary>
    public static string Quote(string text) => IsPlain(text) ? text : DoubleQuote(text);

    /// <summary>JSON as YAML: what JSON escapes, YAML's double quotes escape too, save that a pair of surrogates is one character there.</summary>
    public static string OfJson(string json)
    {
        using var value = JsonDocument.Parse(json, IngressJsonReader.Options);
        var yaml = new StringBuilder(json.Length);
        Append(yaml, value.RootElement);
        return yaml.ToString();
    }

    private static bool IsPlain(string text) =>
        text.Length > 0
        && char.IsAsciiLetter(text[0])
        && !text.AsSpan().ContainsAnyExcept(Plain)
        && text[^1] != ':'
        && !Words.Contains(text);

    private static string DoubleQuote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                >= ' ' and <= '~' => quoted.Append((char)rune.Value),
                > 0xFFFF => quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:X8}"),
                _ when Rune.IsLetterOrDigit(rune) => quoted.Append(rune.ToString()),
                _ => quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}"),
            };
        }

        return quoted.Append('"').ToString();
    }

    private static void Append(StringBuilder yaml, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                yaml.Append('{');
                var isFirst = true;
                foreach (var property in value.EnumerateObject())
                {
                    yaml.Append(isFirst ? "" : ", ").Append(DoubleQuote(property.Name)).Append(": ");
                    Append(yaml, property.Value);
                    isFirst = false;
                }

                yaml.Append('}');
                break;
            case JsonValueKind.Array:
                yaml.Append('[');
                for (var i = 0; i < value.GetArrayLength(); i++)
                {
                    yaml.Append(i == 0 ? "" : ", ");
                    Append(yaml, value[i]);
                }

                yaml.Append(']');
                break;
            case JsonValueKind.String:
                yaml.Append(DoubleQuote(value.GetString()!));
                break;
            default:
                yaml.Append(value.GetRawText());
                break;
        }
    }
}
