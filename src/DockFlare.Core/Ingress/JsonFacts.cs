using System.Buffers;
using System.Text;
using System.Text.Json;

namespace DockFlare.Core.Ingress;

/// <summary>Decodes the API's JSON as Go's encoding/json does into cloudflared's types, with its messages.</summary>
internal sealed class JsonFacts
{
    /// <summary>Go's own limit.</summary>
    private const int MaxDepth = 10_000;

    private static readonly string[] DocumentFields = ["TunnelID", "Ingress", "WarpRouting", "OriginRequest"];
    private static readonly string[] RuleFields = ["hostname", "path", "service", "originRequest"];
    private static readonly string[] WarpFields = ["connectTimeout", "maxActiveFlows", "tcpKeepAlive"];
    private static readonly string[] AccessFields = ["required", "teamName", "audTag", "environment"];
    private static readonly string[] IpRuleFields = ["prefix", "ports", "allow"];

    private readonly DocumentFacts document = new();

    /// <summary>Go goes on after a wrong type and reports the first one; a duration it cannot read ends it at once.</summary>
    private string? firstFault;

    private string? durationFault;

    public static DocumentFacts Read(ReadOnlySpan<byte> json, out string? fault)
    {
        var facts = new JsonFacts();
        using var parsed = Parse(json, out fault);
        if (parsed is not null)
        {
            facts.ReadDocument(parsed.RootElement);
            fault = facts.durationFault ?? facts.firstFault;
        }

        return facts.document;
    }

    private static JsonDocument? Parse(ReadOnlySpan<byte> json, out string? fault)
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

    private void ReadDocument(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        if (root.ValueKind != JsonValueKind.Object)
        {
            Fault($"json: cannot unmarshal {Kind(root)} into Go value of type config.Configuration");
            return;
        }

        foreach (var (field, value) in Fields(root, DocumentFields))
        {
            switch (field)
            {
                case "TunnelID":
                    Text(value, new("Configuration", field));
                    break;
                case "Ingress":
                    document.Rules = ReadRules(value);
                    break;
                case "OriginRequest":
                    ReadOrigin(value, document.Origin, "Configuration", field);
                    break;
                default:
                    // Under this name only 'cloudflared tunnel ingress validate --json' looks; the API's key has a hyphen.
                    ReadWarpRouting(value, field);
                    break;
            }
        }
    }

    private void ReadWarpRouting(JsonElement value, string path)
    {
        if (!IsObject(value, new("Configuration", path), "config.WarpRoutingConfig"))
        {
            return;
        }

        foreach (var (field, setting) in Fields(value, WarpFields))
        {
            if (field == "maxActiveFlows")
            {
                Unsigned(setting, new("WarpRoutingConfig", $"{path}.{field}"), "uint64");
            }
            else
            {
                Duration(setting);
            }
        }
    }

    private List<RuleFacts> ReadRules(JsonElement value)
    {
        var rules = new List<RuleFacts>();
        var place = new Place("Configuration", "Ingress");
        foreach (var element in Elements(value, place, "[]config.UnvalidatedIngressRule"))
        {
            var rule = new RuleFacts();
            rules.Add(rule);
            if (!IsObject(element, place, "config.UnvalidatedIngressRule"))
            {
                continue;
            }

            foreach (var (field, setting) in Fields(element, RuleFields))
            {
                var at = new Place("UnvalidatedIngressRule", $"Ingress.{field}");
                switch (field)
                {
                    case "hostname":
                        rule.Hostname = Text(setting, at) ?? rule.Hostname;
                        break;
                    case "path":
                        rule.Path = Text(setting, at) ?? rule.Path;
                        break;
                    case "service":
                        rule.Service = Text(setting, at) ?? rule.Service;
                        break;
                    default:
                        ReadOrigin(setting, rule.Origin, at.Struct, at.Path);
                        break;
                }
            }
        }

        return rules;
    }

    private void ReadOrigin(JsonElement value, OriginFacts origin, string owner, string path)
    {
        if (!IsObject(value, new(owner, path), "config.OriginRequestConfig"))
        {
            return;
        }

        foreach (var (field, setting) in Fields(value, OriginKeys.Names))
        {
            var at = new Place("OriginRequestConfig", $"{path}.{field}");
            switch (field)
            {
                case "connectTimeout" or "tlsTimeout" or "tcpKeepAlive" or "keepAliveTimeout":
                    Duration(setting);
                    break;
                case "keepAliveConnections":
                    Integer(setting, at);
                    break;
                case "proxyPort":
                    Unsigned(setting, at, "uint");
                    break;
                case "bastionMode":
                    origin.BastionMode = setting.ValueKind == JsonValueKind.Null ? null : Flag(setting, at) ?? origin.BastionMode;
                    break;
                case "noHappyEyeballs" or "matchSNItoHost" or "noTLSVerify" or "disableChunkedEncoding" or "http2Origin":
                    Flag(setting, at);
                    break;
                case "ipRules":
                    origin.IpRules = ReadIpRules(setting, at);
                    break;
                case "access":
                    ReadAccess(setting, origin, at);
                    break;
                default:
                    Text(setting, at);
                    break;
            }
        }
    }

    private void ReadAccess(JsonElement value, OriginFacts origin, Place place)
    {
        if (!IsObject(value, place, "config.AccessConfig"))
        {
            return;
        }

        foreach (var (field, setting) in Fields(value, AccessFields))
        {
            var at = new Place("AccessConfig", $"{place.Path}.{field}");
            switch (field)
            {
                case "required":
                    origin.IsAccessRequired = Flag(setting, at) ?? origin.IsAccessRequired;
                    break;
                case "audTag":
                    origin.AudTags = 0;
                    foreach (var tag in Elements(setting, at, "[]string"))
                    {
                        Text(tag, at);
                        origin.AudTags++;
                    }

                    break;
                case "teamName":
                    origin.TeamName = Text(setting, at) ?? origin.TeamName;
                    break;
                default:
                    Text(setting, at);
                    break;
            }
        }
    }

    private List<IpRuleFacts> ReadIpRules(JsonElement value, Place place)
    {
        var rules = new List<IpRuleFacts>();
        foreach (var element in Elements(value, place, "[]config.IngressIPRule"))
        {
            var rule = new IpRuleFacts();
            rules.Add(rule);
            if (!IsObject(element, place, "config.IngressIPRule"))
            {
                continue;
            }

            foreach (var (field, setting) in Fields(element, IpRuleFields))
            {
                var at = new Place("IngressIPRule", $"{place.Path}.{field}");
                switch (field)
                {
                    case "prefix":
                        rule.Prefix = Text(setting, at) ?? (setting.ValueKind == JsonValueKind.Null ? "" : rule.Prefix);
                        break;
                    case "ports":
                        rule.Ports = [.. Elements(setting, at, "[]int").Select(port => Integer(port, at) ?? 0)];
                        break;
                    default:
                        Flag(setting, at);
                        break;
                }
            }
        }

        return rules;
    }

    /// <summary>The values of an object whose keys Go knows, in the order of the text.</summary>
    private static IEnumerable<(string Field, JsonElement Value)> Fields(JsonElement value, string[] fields)
    {
        foreach (var property in value.EnumerateObject())
        {
            if (GoJsonName.Find(NameOf(property), fields) is { } field)
            {
                yield return (field, property.Value);
            }
        }
    }

    private IEnumerable<JsonElement> Elements(JsonElement value, Place place, string type)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            return value.EnumerateArray();
        }

        Mismatch(value, place, type);
        return [];
    }

    private bool IsObject(JsonElement value, Place place, string type)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            Mismatch(value, place, type);
        }

        return value.ValueKind == JsonValueKind.Object;
    }

    private string? Text(JsonElement value, Place place)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return TextOf(value);
        }

        Mismatch(value, place, "string");
        return null;
    }

    private bool? Flag(JsonElement value, Place place)
    {
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Mismatch(value, place, "bool");
        return null;
    }

    private long? Integer(JsonElement value, Place place)
    {
        if (value.ValueKind != JsonValueKind.Number)
        {
            Mismatch(value, place, "int");
            return null;
        }

        if (GoText.FindIntegerFault("ParseInt", value.GetRawText(), out var number) is null)
        {
            return number;
        }

        Fault($"json: cannot unmarshal number {value.GetRawText()} into Go struct field {place.Struct}.{place.Path} of type int");
        return null;
    }

    private void Unsigned(JsonElement value, Place place, string type)
    {
        if (value.ValueKind != JsonValueKind.Number)
        {
            Mismatch(value, place, type);
        }
        else if (!ulong.TryParse(value.GetRawText(), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out _))
        {
            Fault($"json: cannot unmarshal number {value.GetRawText()} into Go struct field {place.Struct}.{place.Path} of type {type}");
        }
    }

    private void Duration(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Null && durationFault is null)
        {
            durationFault = GoText.FindIntegerFault("ParseInt", value.GetRawText(), out _);
        }
    }

    /// <summary>Null fits every type in Go and changes nothing.</summary>
    private void Mismatch(JsonElement value, Place place, string type)
    {
        if (value.ValueKind != JsonValueKind.Null)
        {
            Fault($"json: cannot unmarshal {Kind(value)} into Go struct field {place.Struct}.{place.Path} of type {type}");
        }
    }

    private void Fault(string fault) => firstFault ??= fault;

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        _ => "bool",
    };

    /// <summary>Go reads a broken surrogate as the replacement character, .NET refuses it.</summary>
    private static string TextOf(JsonElement value)
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

    private readonly record struct Place(string Struct, string Path);
}
