using System.Globalization;
using System.Net;
using System.Text.Json;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Labels;

/// <summary>Reads <c>origin.ip_rules</c>, as strictly as cloudflared does: a rule it cannot read makes it refuse the whole document.</summary>
internal static class IpRulesText
{
    public static bool TryRead(string json, out EquatableArray<IpRule> rules, out string? fault)
    {
        rules = [];
        fault = LabelJson.OpenArray(json, out var document);
        if (document is null)
        {
            return false;
        }

        using (document)
        {
            var read = new List<IpRule>();
            foreach (var element in document.RootElement.EnumerateArray())
            {
                if (ReadRule(element, out fault) is not { } rule)
                {
                    fault = string.Create(CultureInfo.InvariantCulture, $"has a fault in entry {read.Count + 1}: {fault}");
                    return false;
                }

                read.Add(rule);
            }

            rules = new([.. read]);
            return true;
        }
    }

    private static IpRule? ReadRule(JsonElement element, out string? fault)
    {
        fault = "it is not an object";
        if (element.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        string? prefix = null;
        EquatableArray<int> ports = [];
        var allow = false;
        foreach (var property in element.EnumerateObject())
        {
            fault = null;
            switch (Name(property))
            {
                case "prefix":
                    prefix = LabelJson.Text(property.Value);
                    fault = prefix is not null && IsPrefix(prefix) ? null : "prefix is not an address range such as 10.0.0.0/8";
                    break;
                case "ports":
                    fault = TryPorts(property.Value, out ports) ? null : "ports is not a list of numbers from 1 to 65535";
                    break;
                case "allow":
                    allow = property.Value.ValueKind == JsonValueKind.True;
                    fault = property.Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "allow is neither true nor false";
                    break;
                default:
                    fault = "it has a key other than prefix, ports and allow";
                    break;
            }

            if (fault is not null)
            {
                return null;
            }
        }

        fault = prefix is null ? "it has no prefix" : null;
        return prefix is null ? null : new(prefix, ports, allow);
    }

    private static string? Name(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static bool TryPorts(JsonElement element, out EquatableArray<int> ports)
    {
        ports = [];
        if (element.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        var read = new List<int>();
        foreach (var port in element.EnumerateArray())
        {
            if (port.ValueKind != JsonValueKind.Number || !port.TryGetInt32(out var number) || number is < 1 or > 65535)
            {
                return false;
            }

            read.Add(number);
        }

        ports = read.Count == 0 ? [] : new([.. read]);
        return true;
    }

    private static bool IsPrefix(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || text.AsSpan().ContainsAny('%', '[', ']') || !IPAddress.TryParse(text.AsSpan(0, slash), out var address))
        {
            return false;
        }

        var isFour = !text.Contains(':', StringComparison.Ordinal);
        var digits = text.AsSpan(slash + 1);
        return digits.Length is > 0 and <= 3
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length <= (isFour ? 32 : 128)
            && (!isFour || string.Equals(address.ToString(), text[..slash], StringComparison.Ordinal));
    }
}
