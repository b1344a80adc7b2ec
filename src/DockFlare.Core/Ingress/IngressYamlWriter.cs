using System.Globalization;
using System.Text;

namespace DockFlare.Core.Ingress;

/// <summary>Writes a document as cloudflared's configuration file.</summary>
internal static class IngressYamlWriter
{
    public static string Write(IngressDocument document)
    {
        var yaml = new StringBuilder();
        if (document.Origin != OriginRequest.None || !document.UnknownOrigin.IsEmpty)
        {
            yaml.Append("originRequest:\n");
            WriteOrigin(yaml, "  ", document.Origin, document.UnknownOrigin);
        }

        WriteUnknown(yaml, "", document.Unknown);
        yaml.Append(document.Entries.IsEmpty ? "ingress: []\n" : "ingress:\n");
        foreach (var entry in document.Entries)
        {
            Write(yaml, entry);
        }

        return yaml.ToString();
    }

    private static void Write(StringBuilder yaml, IngressEntry entry)
    {
        var lead = "  - ";
        if (entry.Identity.Hostname.Length > 0)
        {
            Line(yaml, lead, "hostname", YamlText.Quote(entry.Identity.Hostname));
            lead = "    ";
        }

        if (entry.Identity.Path.Length > 0)
        {
            Line(yaml, lead, "path", YamlText.Quote(entry.Identity.Path));
            lead = "    ";
        }

        Line(yaml, lead, "service", YamlText.Quote(entry.Service));
        if (entry.Origin != OriginRequest.None || !entry.UnknownOrigin.IsEmpty)
        {
            yaml.Append("    originRequest:\n");
            WriteOrigin(yaml, "      ", entry.Origin, entry.UnknownOrigin);
        }

        WriteUnknown(yaml, "    ", entry.Unknown);
    }

    private static void WriteOrigin(StringBuilder yaml, string indent, OriginRequest origin, EquatableArray<UnknownKey> unknown)
    {
        foreach (var (name, value) in OriginValues.Of(origin))
        {
            Write(yaml, indent, name, value);
        }

        WriteUnknown(yaml, indent, unknown);
    }

    private static void Write(StringBuilder yaml, string indent, string name, object value)
    {
        switch (value)
        {
            case TimeSpan duration:
                Line(yaml, indent, name, GoDuration.Format(duration));
                break;
            case bool flag:
                Line(yaml, indent, name, flag ? "true" : "false");
                break;
            case int number:
                Line(yaml, indent, name, number.ToString(CultureInfo.InvariantCulture));
                break;
            case string text:
                Line(yaml, indent, name, YamlText.Quote(text));
                break;
            case EquatableArray<IpRule> rules:
                yaml.Append(indent).Append(name).Append(":\n");
                foreach (var rule in rules)
                {
                    Line(yaml, indent + "  - ", "prefix", YamlText.Quote(rule.Prefix));
                    if (!rule.Ports.IsEmpty)
                    {
                        Line(yaml, indent + "    ", "ports", $"[{string.Join(", ", rule.Ports.Select(static port => port.ToString(CultureInfo.InvariantCulture)))}]");
                    }

                    Line(yaml, indent + "    ", "allow", rule.Allow ? "true" : "false");
                }

                break;
            case OriginAccess access:
                yaml.Append(indent).Append(name).Append(":\n");
                Line(yaml, indent + "  ", "required", access.Required ? "true" : "false");
                if (access.TeamName is not null)
                {
                    Line(yaml, indent + "  ", "teamName", YamlText.Quote(access.TeamName));
                }

                if (!access.AudTag.IsEmpty)
                {
                    Line(yaml, indent + "  ", "audTag", $"[{string.Join(", ", access.AudTag.Select(YamlText.Quote))}]");
                }

                break;
        }
    }

    /// <summary>JSON is YAML, so what we do not know is written as it was read.</summary>
    private static void WriteUnknown(StringBuilder yaml, string indent, EquatableArray<UnknownKey> unknown)
    {
        foreach (var key in unknown)
        {
            Line(yaml, indent, YamlText.Quote(key.Name), YamlText.OfJson(key.Json));
        }
    }

    private static void Line(StringBuilder yaml, string lead, string name, string value) =>
        yaml.Append(lead).Append(name).Append(": ").Append(value).Append('\n');
}
