using System.Globalization;

namespace DockFlare.Core.Ingress;

/// <summary>Decodes a configuration file as go-yaml does into cloudflared's types, with its messages.</summary>
internal sealed class YamlFacts
{
    private const int MaxMerges = 20;
    private const string Rule = "config.UnvalidatedIngressRule";
    private const string OriginType = "config.OriginRequestConfig";

    private readonly List<string> warnings = [];

    public DocumentFacts Document { get; } = new();

    /// <summary>The first value of a wrong type.</summary>
    public string? Fault { get; private set; }

    /// <summary>What cloudflared says of a file that has both rules and <c>url</c>.</summary>
    public string? UrlFault { get; private set; }

    public IReadOnlyList<string> Warnings => warnings;

    public static YamlFacts Read(IngressNode file)
    {
        var facts = new YamlFacts();
        facts.ReadDocument(file);
        return facts;
    }

    private void ReadDocument(IngressNode file)
    {
        // Keys it does not know are settings of the command line here, and never warned of.
        foreach (var (key, value) in Fields(file, "config.configFileSettings", null))
        {
            switch (key)
            {
                case "tunnel":
                    Text(value);
                    break;
                case "ingress":
                    Document.Rules = ReadRules(value);
                    break;
                case "originRequest":
                    ReadOrigin(value, Document.Origin);
                    break;
                case "warp-routing":
                    ReadWarpRouting(value);
                    break;
                case "url" when !IsNull(value):
                    UrlFault = "You can't set the --url flag (or $TUNNEL_URL) when using multiple-origin ingress rules";
                    break;
            }
        }
    }

    private void ReadWarpRouting(IngressNode value)
    {
        foreach (var (key, setting) in Fields(value, "config.WarpRoutingConfig", ["connectTimeout", "maxActiveFlows", "tcpKeepAlive"]))
        {
            if (key == "maxActiveFlows")
            {
                Number(setting, "uint64", 0, ulong.MaxValue);
            }
            else
            {
                Duration(setting);
            }
        }
    }

    private List<RuleFacts> ReadRules(IngressNode value)
    {
        var rules = new List<RuleFacts>();
        foreach (var item in Items(value, $"[]{Rule}"))
        {
            var rule = new RuleFacts();
            rules.Add(rule);
            foreach (var (key, setting) in Fields(item, Rule, ["hostname", "path", "service", "originRequest"]))
            {
                switch (key)
                {
                    case "hostname":
                        rule.Hostname = Text(setting) ?? "";
                        break;
                    case "path":
                        rule.Path = Text(setting) ?? "";
                        break;
                    case "service":
                        rule.Service = Text(setting) ?? "";
                        break;
                    default:
                        ReadOrigin(setting, rule.Origin);
                        break;
                }
            }
        }

        return rules;
    }

    private void ReadOrigin(IngressNode value, OriginFacts origin)
    {
        foreach (var (key, setting) in Fields(value, OriginType, OriginKeys.Names))
        {
            switch (key)
            {
                case "connectTimeout" or "tlsTimeout" or "tcpKeepAlive" or "keepAliveTimeout":
                    Duration(setting);
                    break;
                case "keepAliveConnections":
                    Number(setting, "int", long.MinValue, long.MaxValue);
                    break;
                case "proxyPort":
                    Number(setting, "uint", 0, ulong.MaxValue);
                    break;
                case "bastionMode":
                    origin.BastionMode = Flag(setting);
                    break;
                case "noHappyEyeballs" or "matchSNItoHost" or "noTLSVerify" or "disableChunkedEncoding" or "http2Origin":
                    Flag(setting);
                    break;
                case "ipRules":
                    origin.IpRules = ReadIpRules(setting);
                    break;
                case "access":
                    ReadAccess(setting, origin);
                    break;
                default:
                    Text(setting);
                    break;
            }
        }
    }

    private void ReadAccess(IngressNode value, OriginFacts origin)
    {
        foreach (var (key, setting) in Fields(value, "config.AccessConfig", ["required", "teamName", "audTag", "environment"]))
        {
            switch (key)
            {
                case "required":
                    origin.IsAccessRequired = Flag(setting) ?? false;
                    break;
                case "audTag":
                    origin.AudTags = 0;
                    foreach (var tag in Items(setting, "[]string"))
                    {
                        Text(tag);
                        origin.AudTags++;
                    }

                    break;
                case "teamName":
                    origin.TeamName = Text(setting) ?? "";
                    break;
                default:
                    Text(setting);
                    break;
            }
        }
    }

    private List<IpRuleFacts> ReadIpRules(IngressNode value)
    {
        var rules = new List<IpRuleFacts>();
        foreach (var item in Items(value, "[]config.IngressIPRule"))
        {
            var rule = new IpRuleFacts();
            rules.Add(rule);
            foreach (var (key, setting) in Fields(item, "config.IngressIPRule", ["prefix", "ports", "allow"]))
            {
                switch (key)
                {
                    case "prefix":
                        rule.Prefix = Text(setting) ?? "";
                        break;
                    case "ports":
                        rule.Ports = Items(setting, "[]int").Select(port => (long)(Number(port, "int", long.MinValue, long.MaxValue) ?? 0)).ToList();
                        break;
                    default:
                        Flag(setting);
                        break;
                }
            }
        }

        return rules;
    }

    /// <summary>The entries of a mapping that have a known key, merged ones first; every key when none is given as known.</summary>
    private List<(string Key, IngressNode Value)> Fields(IngressNode node, string type, string[]? known)
    {
        var fields = new List<(string, IngressNode)>();
        if (node is IngressNode.Mapping mapping)
        {
            Gather(mapping, type, known, fields, MaxMerges);
        }
        else if (!IsNull(node))
        {
            Mismatch(node, type);
        }

        return fields;
    }

    private void Gather(IngressNode.Mapping mapping, string type, string[]? known, List<(string, IngressNode)> fields, int merges)
    {
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        var own = new List<(string, IngressNode)>();
        foreach (var (key, value) in mapping.Pairs)
        {
            if (!lines.TryAdd(key.Text, key.Line))
            {
                Fail(key.Line, $"mapping key {GoText.Quote(key.Text)} already defined at line {lines[key.Text].ToString(CultureInfo.InvariantCulture)}");
            }
            else if (YamlScalar.TagOf(key) == "!!merge" && merges > 0)
            {
                foreach (var merged in MergedBy(value))
                {
                    Gather(merged, type, known, fields, merges - 1);
                }
            }
            else if (known is null || known.Contains(key.Text, StringComparer.Ordinal))
            {
                own.Add((key.Text, value));
            }
            else
            {
                warnings.Add($"line {key.Line.ToString(CultureInfo.InvariantCulture)}: field {key.Text} not found in type {type}");
            }
        }

        fields.AddRange(own);
    }

    private static IEnumerable<IngressNode.Mapping> MergedBy(IngressNode value) => value switch
    {
        IngressNode.Mapping mapping => [mapping],

        // Of several the first wins, so it has to come last.
        IngressNode.Sequence sequence => sequence.Items.OfType<IngressNode.Mapping>().Reverse(),
        _ => [],
    };

    private IEnumerable<IngressNode> Items(IngressNode node, string type)
    {
        if (node is IngressNode.Sequence sequence)
        {
            return sequence.Items;
        }

        if (!IsNull(node))
        {
            Mismatch(node, type);
        }

        return [];
    }

    /// <summary>Every scalar is a text where one is expected; null for null.</summary>
    private string? Text(IngressNode node)
    {
        if (node is IngressNode.Scalar scalar)
        {
            return IsNull(node) ? null : scalar.Text;
        }

        Mismatch(node, "string");
        return null;
    }

    private bool? Flag(IngressNode node) => Read(node, "bool", YamlScalar.Flag);

    private decimal? Number(IngressNode node, string type, decimal min, decimal max) =>
        Read<decimal>(node, type, scalar => YamlScalar.Number(scalar) is { } number && number >= min && number <= max ? number : null);

    private void Duration(IngressNode node) =>
        Read<TimeSpan>(node, "time.Duration", static scalar => YamlScalar.TagOf(scalar) == "!!str" && GoDuration.TryParse(scalar.Text, out var duration) ? duration : null);

    private T? Read<T>(IngressNode node, string type, Func<IngressNode.Scalar, T?> read)
        where T : struct
    {
        if (IsNull(node))
        {
            return null;
        }

        if (node is IngressNode.Scalar scalar && read(scalar) is { } value)
        {
            return value;
        }

        Mismatch(node, type);
        return null;
    }

    private void Mismatch(IngressNode node, string type)
    {
        var what = node switch
        {
            IngressNode.Mapping => "!!map",
            IngressNode.Sequence => "!!seq",
            IngressNode.Scalar scalar => $"{YamlScalar.TagOf(scalar)} `{(scalar.Text.Length > 10 ? scalar.Text[..7] + "..." : scalar.Text)}`",
            _ => "!!null",
        };
        Fail(node.Line, $"cannot unmarshal {what} into {type}");
    }

    private void Fail(int line, string fault) => Fault ??= $"line {line.ToString(CultureInfo.InvariantCulture)}: {fault}";

    private static bool IsNull(IngressNode node) => node is IngressNode.Scalar scalar && YamlScalar.TagOf(scalar) == "!!null";
}
