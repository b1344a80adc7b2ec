using System.Text.Json;

namespace DockFlare.Core.Ingress;

/// <summary>Decodes the API's JSON as Go's encoding/json does into cloudflared's types, with its messages: which key goes where.</summary>
internal sealed class JsonFacts
{
    private static readonly string[] DocumentFields = ["TunnelID", "Ingress", "WarpRouting", "OriginRequest"];
    private static readonly string[] RuleFields = ["hostname", "path", "service", "originRequest"];
    private static readonly string[] WarpFields = ["connectTimeout", "maxActiveFlows", "tcpKeepAlive"];
    private static readonly string[] AccessFields = ["required", "teamName", "audTag", "environment"];
    private static readonly string[] IpRuleFields = ["prefix", "ports", "allow"];

    private readonly DocumentFacts document = new();
    private readonly GoJsonValues values = new();

    public static DocumentFacts Read(ReadOnlySpan<byte> json, out string? fault)
    {
        var facts = new JsonFacts();
        using var parsed = GoJson.Parse(json, out fault);
        if (parsed is not null)
        {
            facts.ReadDocument(parsed.RootElement);
            fault = facts.values.Fault;
        }

        return facts.document;
    }

    private void ReadDocument(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        if (root.ValueKind != JsonValueKind.Object)
        {
            values.Add($"json: cannot unmarshal {GoJson.Kind(root)} into Go value of type config.Configuration");
            return;
        }

        foreach (var (field, value) in GoJson.Fields(root, DocumentFields))
        {
            switch (field)
            {
                case "TunnelID":
                    values.Text(value, new("Configuration", field));
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
        if (!values.IsObject(value, new("Configuration", path), "config.WarpRoutingConfig"))
        {
            return;
        }

        foreach (var (field, setting) in GoJson.Fields(value, WarpFields))
        {
            if (field == "maxActiveFlows")
            {
                values.Unsigned(setting, new("WarpRoutingConfig", $"{path}.{field}"), "uint64");
            }
            else
            {
                values.Duration(setting);
            }
        }
    }

    private List<RuleFacts> ReadRules(JsonElement value)
    {
        var rules = new List<RuleFacts>();
        var place = new GoJsonPlace("Configuration", "Ingress");
        foreach (var element in values.Elements(value, place, "[]config.UnvalidatedIngressRule"))
        {
            var rule = new RuleFacts();
            rules.Add(rule);
            if (!values.IsObject(element, place, "config.UnvalidatedIngressRule"))
            {
                continue;
            }

            foreach (var (field, setting) in GoJson.Fields(element, RuleFields))
            {
                var at = new GoJsonPlace("UnvalidatedIngressRule", $"Ingress.{field}");
                switch (field)
                {
                    case "hostname":
                        rule.Hostname = values.Text(setting, at) ?? rule.Hostname;
                        break;
                    case "path":
                        rule.Path = values.Text(setting, at) ?? rule.Path;
                        break;
                    case "service":
                        rule.Service = values.Text(setting, at) ?? rule.Service;
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
        if (!values.IsObject(value, new(owner, path), "config.OriginRequestConfig"))
        {
            return;
        }

        foreach (var (field, setting) in GoJson.Fields(value, OriginKeys.Names))
        {
            var at = new GoJsonPlace("OriginRequestConfig", $"{path}.{field}");
            switch (field)
            {
                case "connectTimeout" or "tlsTimeout" or "tcpKeepAlive" or "keepAliveTimeout":
                    values.Duration(setting);
                    break;
                case "keepAliveConnections":
                    values.Integer(setting, at);
                    break;
                case "proxyPort":
                    values.Unsigned(setting, at, "uint");
                    break;
                case "bastionMode":
                    origin.BastionMode = setting.ValueKind == JsonValueKind.Null ? null : values.Flag(setting, at) ?? origin.BastionMode;
                    break;
                case "noHappyEyeballs" or "matchSNItoHost" or "noTLSVerify" or "disableChunkedEncoding" or "http2Origin":
                    values.Flag(setting, at);
                    break;
                case "ipRules":
                    origin.IpRules = ReadIpRules(setting, at);
                    break;
                case "access":
                    ReadAccess(setting, origin, at);
                    break;
                default:
                    values.Text(setting, at);
                    break;
            }
        }
    }

    private void ReadAccess(JsonElement value, OriginFacts origin, GoJsonPlace place)
    {
        if (!values.IsObject(value, place, "config.AccessConfig"))
        {
            return;
        }

        foreach (var (field, setting) in GoJson.Fields(value, AccessFields))
        {
            var at = new GoJsonPlace("AccessConfig", $"{place.Path}.{field}");
            switch (field)
            {
                case "required":
                    origin.IsAccessRequired = values.Flag(setting, at) ?? origin.IsAccessRequired;
                    break;
                case "audTag":
                    origin.AudTags = 0;
                    foreach (var tag in values.Elements(setting, at, "[]string"))
                    {
                        values.Text(tag, at);
                        origin.AudTags++;
                    }

                    break;
                case "teamName":
                    origin.TeamName = values.Text(setting, at) ?? origin.TeamName;
                    break;
                default:
                    values.Text(setting, at);
                    break;
            }
        }
    }

    private List<IpRuleFacts> ReadIpRules(JsonElement value, GoJsonPlace place)
    {
        var rules = new List<IpRuleFacts>();
        foreach (var element in values.Elements(value, place, "[]config.IngressIPRule"))
        {
            var rule = new IpRuleFacts();
            rules.Add(rule);
            if (!values.IsObject(element, place, "config.IngressIPRule"))
            {
                continue;
            }

            foreach (var (field, setting) in GoJson.Fields(element, IpRuleFields))
            {
                var at = new GoJsonPlace("IngressIPRule", $"{place.Path}.{field}");
                switch (field)
                {
                    case "prefix":
                        rule.Prefix = values.Text(setting, at) ?? (setting.ValueKind == JsonValueKind.Null ? "" : rule.Prefix);
                        break;
                    case "ports":
                        rule.Ports = [.. values.Elements(setting, at, "[]int").Select(port => values.Integer(port, at) ?? 0)];
                        break;
                    default:
                        values.Flag(setting, at);
                        break;
                }
            }
        }

        return rules;
    }
}
