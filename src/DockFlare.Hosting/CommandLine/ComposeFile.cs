using System.Globalization;
using DockFlare.Core;
using DockFlare.Core.Ingress;
using DockFlare.Core.Protocol;

namespace DockFlare.Hosting.CommandLine;

/// <summary>One service of a compose file, as if a container of it ran.</summary>
/// <param name="Line">Where it stands in the file, from 1.</param>
/// <param name="Container">Its labels, networks and ports. Addresses are not known before it runs; one for documentation stands in.</param>
internal sealed record ComposeService(int Line, ContainerSnapshot Container)
{
    /// <summary>Where each label stands.</summary>
    public required IReadOnlyDictionary<string, int> Lines { get; init; }

    /// <summary>Labels whose value needs a variable that is not set, with its name.</summary>
    public required IReadOnlyDictionary<string, string> Unset { get; init; }
}

/// <summary>The services of a compose file with their labels.</summary>
internal static class ComposeFile
{
    private const string PlaceholderAddress = "192.0.2.1";
    private const int MostMerges = 20;

    /// <exception cref="FormatException">It is no compose file; the message says where.</exception>
    public static IReadOnlyList<ComposeService> Read(IngressNode? file, ComposeVariables variables, string project)
    {
        if (file is not IngressNode.Mapping root || Fields(root).GetValueOrDefault("services") is not { } services)
        {
            throw new FormatException("it has no 'services', so it is no compose file");
        }

        var networks = NetworkNames(Fields(root).GetValueOrDefault("networks"), variables, project);
        return services is IngressNode.Mapping all
            ? [.. Fields(all).Select(service => ReadService(service.Key, service.Value, variables, networks, project))]
            : throw new FormatException($"line {services.Line}: 'services' is not a mapping of names to services");
    }

    private static ComposeService ReadService(string name, IngressNode node, ComposeVariables variables, Dictionary<string, string> networks, string project)
    {
        if (node is not IngressNode.Mapping service)
        {
            throw new FormatException($"line {node.Line}: service '{name}' is not a mapping");
        }

        var fields = Fields(service);
        var labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["com.docker.compose.project"] = project, ["com.docker.compose.service"] = name };
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        var unset = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value, line) in Pairs(name, fields.GetValueOrDefault("labels"), variables))
        {
            (labels[key], lines[key]) = (variables.Fill(value, out var missing), line);
            if (missing is not null)
            {
                unset[key] = missing;
            }
        }

        var container = Text(fields.GetValueOrDefault("container_name"), variables) is { Length: > 0 } given ? given : name;
        var usesHost = Text(fields.GetValueOrDefault("network_mode"), variables) == "host";
        return new(service.Line, new(name, container, new(labels))
        {
            UsesHostNetwork = usesHost,
            Networks = usesHost ? [] : Networks(fields.GetValueOrDefault("networks"), networks, project),
            Ports = Ports(fields, variables),
        })
        { Lines = lines, Unset = unset };
    }

    // A mapping, or a list of key=value.
    private static IEnumerable<(string Key, string Value, int Line)> Pairs(string service, IngressNode? labels, ComposeVariables variables) => labels switch
    {
        null => [],
        IngressNode.Mapping map => Fields(map).Select(static pair => (pair.Key, (pair.Value as IngressNode.Scalar)?.Text ?? "", pair.Value.Line)),
        IngressNode.Sequence list => list.Items.OfType<IngressNode.Scalar>().Select(item =>
        {
            var equals = item.Text.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? item.Text : item.Text[..equals];
            return (variables.Fill(key, out _), equals < 0 ? "" : item.Text[(equals + 1)..], item.Line);
        }),
        IngressNode.Scalar { IsPlain: true, Text: "" or "~" or "null" } => [],
        _ => throw new FormatException($"line {labels.Line}: the labels of service '{service}' are neither a mapping nor a list of key=value"),
    };

    private static Dictionary<string, string> NetworkNames(IngressNode? node, ComposeVariables variables, string project)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in node is IngressNode.Mapping map ? Fields(map) : [])
        {
            var fields = value is IngressNode.Mapping settings ? Fields(settings) : [];
            var isExternal = fields.GetValueOrDefault("external") is IngressNode.Mapping || Text(fields.GetValueOrDefault("external"), variables) == "true";
            names[key] = Text(fields.GetValueOrDefault("name"), variables) is { Length: > 0 } name ? name : isExternal ? key : $"{project}_{key}";
        }

        return names;
    }

    private static EquatableArray<ContainerNetwork> Networks(IngressNode? node, Dictionary<string, string> names, string project)
    {
        IEnumerable<string> keys = node switch
        {
            IngressNode.Mapping map => Fields(map).Keys,
            IngressNode.Sequence list => list.Items.OfType<IngressNode.Scalar>().Select(static item => item.Text),
            _ => ["default"],
        };
        return keys.Select(key => new ContainerNetwork(names.GetValueOrDefault(key, $"{project}_{key}"), PlaceholderAddress))
            .OrderBy(static network => network.Name, StringComparer.Ordinal).ToEquatableArray();
    }

    private static EquatableArray<int> Ports(Dictionary<string, IngressNode> fields, ComposeVariables variables)
    {
        var ports = new SortedSet<int>();
        foreach (var key in (ReadOnlySpan<string>)["expose", "ports"])
        {
            foreach (var item in fields.GetValueOrDefault(key) is IngressNode.Sequence list ? list.Items : [])
            {
                var text = item is IngressNode.Mapping map ? Text(Fields(map).GetValueOrDefault("target"), variables) : Text(item, variables);
                var inside = text?.Split('/')[0].Split(':')[^1];
                if (int.TryParse(inside, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
                {
                    ports.Add(port);
                }
            }
        }

        return ports.ToEquatableArray();
    }

    private static string? Text(IngressNode? node, ComposeVariables variables) => node is IngressNode.Scalar scalar ? variables.Fill(scalar.Text, out _) : null;

    /// <summary>The entries of a mapping with those it merges by <c>&lt;&lt;</c>, its own first.</summary>
    private static Dictionary<string, IngressNode> Fields(IngressNode.Mapping mapping, int merges = MostMerges)
    {
        var fields = new Dictionary<string, IngressNode>(StringComparer.Ordinal);
        foreach (var (key, value) in mapping.Pairs.Where(static pair => pair.Key.Text != "<<"))
        {
            fields[key.Text] = value;
        }

        foreach (var (_, value) in mapping.Pairs.Where(pair => pair.Key.Text == "<<" && merges > 0))
        {
            foreach (var merged in (value is IngressNode.Sequence several ? several.Items : [value]).OfType<IngressNode.Mapping>())
            {
                foreach (var (key, inherited) in Fields(merged, merges - 1))
                {
                    fields.TryAdd(key, inherited);
                }
            }
        }

        return fields;
    }
}
