using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using DockFlare.Core.Labels;

namespace DockFlare.Tests.Labels;

/// <summary>Writes <c>docs/labels.schema.json</c>: a JSON schema for compose files that knows our labels and leaves everything else alone.</summary>
internal static class LabelSchema
{
    private const string Boolean = "^\\s*([Tt][Rr][Uu][Ee]|1|[Tt]|[Yy][Ee][Ss]|[Ff][Aa][Ll][Ss][Ee]|0|[Ff]|[Nn][Oo])?\\s*$";

    public static string Write()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "http://json-schema.org/draft-07/schema#");
            json.WriteString("title", "DockFlare labels in compose files");
            json.WriteString("$comment", "Made from src/DockFlare.Core/Labels/LabelNames.cs; a test compares.");
            json.WriteString("type", "object");
            json.WriteStartObject("properties");
            json.WriteStartObject("services");
            json.WriteString("type", "object");
            json.WriteStartObject("additionalProperties");
            json.WriteString("type", "object");
            json.WriteStartObject("properties");
            Reference(json, "labels", "labels");
            json.WriteStartObject("deploy");
            json.WriteStartObject("properties");
            Reference(json, "labels", "labels");
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartObject("definitions");
            Labels(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private static void Labels(Utf8JsonWriter json)
    {
        json.WriteStartObject("labels");
        json.WriteStartArray("anyOf");
        json.WriteStartObject();
        json.WriteString("type", "array");
        json.WriteEndObject();
        json.WriteStartObject();
        json.WriteString("type", "object");

        // Names for completion; what is checked are the patterns below.
        json.WriteStartObject("properties");
        foreach (var name in LabelNames.All)
        {
            json.WriteStartObject(LabelNames.Prefix + name.Suffix);
            json.WriteString("description", name.Meaning);
            if (name.Default is not null)
            {
                json.WriteString("default", name.Default);
            }

            json.WriteStartArray("examples");
            json.WriteStringValue(name.Example);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("patternProperties");
        foreach (var name in LabelNames.All)
        {
            json.WriteStartObject($"^(dockflare|cloudflare\\.tunnel)\\.{(name.IsIndexed ? "(0\\.|[1-9][0-9]{0,8}\\.)?" : "")}{Regex.Escape(name.Suffix)}$");
            Value(json, name);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    // Compose takes strings, numbers, booleans and nothing as the value of a label, and ${…} is filled in later.
    private static void Value(Utf8JsonWriter json, LabelName name)
    {
        json.WriteStartArray("type");
        json.WriteStringValue("string");
        if (name.Kind is LabelKind.Boolean)
        {
            json.WriteStringValue("boolean");
        }

        if (name.Kind is LabelKind.Integer or LabelKind.Boolean or LabelKind.Text)
        {
            json.WriteStringValue("number");
        }

        json.WriteStringValue("null");
        json.WriteEndArray();
        if (Pattern(name) is { } pattern)
        {
            json.WriteString("pattern", $"\\$|({pattern})");
        }

        if (name.Kind is LabelKind.Integer && name.Least != int.MinValue)
        {
            json.WriteNumber("minimum", name.Least);
            if (name.Most != int.MaxValue)
            {
                json.WriteNumber("maximum", name.Most);
            }
        }
    }

    private static string? Pattern(LabelName name) => name.Kind switch
    {
        LabelKind.Boolean => Boolean,
        LabelKind.Integer => "^\\s*([-+]?[0-9]+)?\\s*$",
        LabelKind.Duration => "^\\s*(\\+?(0|([0-9]*\\.?[0-9]+(ns|us|\u00b5s|\u03bcs|ms|s|m|h))+))?\\s*$",
        LabelKind.Host => "^\\s*(\\*\\.)?[^/:*\\s]*\\s*$",
        LabelKind.Json => "^\\s*(\\[[\\s\\S]*\\])?\\s*$",
        LabelKind.Word when name.Suffix != "access.policy" => string.Create(CultureInfo.InvariantCulture, $"^\\s*({string.Join('|', name.Words.Select(AnyCase))})?\\s*$"),
        _ => null,
    };

    private static string AnyCase(string word) => string.Concat(word.Select(c => char.IsAsciiLetter(c) ? $"[{char.ToUpperInvariant(c)}{c}]" : c.ToString()));

    private static void Reference(Utf8JsonWriter json, string property, string definition)
    {
        json.WriteStartObject(property);
        json.WriteString("$ref", $"#/definitions/{definition}");
        json.WriteEndObject();
    }
}
