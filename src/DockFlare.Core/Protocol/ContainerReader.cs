using System.Text;
using System.Text.Json;

namespace DockFlare.Core.Protocol;

/// <summary>Reads one container of a message. One that is over a limit is left out and named; it does not cost the rest.</summary>
internal static class ContainerReader
{
    public static int Size(string text) => Encoding.UTF8.GetByteCount(text);

    /// <summary>Answers the container, or which one is left out and why.</summary>
    /// <param name="item">The container.</param>
    /// <param name="texts">What the containers of one message say alike is kept once: label keys, most values, networks. A master of many agents holds millions of labels.</param>
    public static (ContainerSnapshot? Container, string? LeftOut) Read(JsonElement item, HashSet<string> texts)
    {
        if (item.ValueKind != JsonValueKind.Object || !TryText(item, "id", out var id) || id.Length == 0)
        {
            return (null, "a container without an id");
        }

        if (Size(id) > ProtocolLimits.ContainerId)
        {
            return (null, $"{Start(id)}…: its id is longer than {ProtocolLimits.ContainerId} bytes");
        }

        if (!TryText(item, "name", out var name) || Size(name) > ProtocolLimits.Name)
        {
            return (null, $"{id}: its name is no text of at most {ProtocolLimits.Name} bytes");
        }

        var (labels, fault) = ReadLabels(item, texts);
        if (labels is null)
        {
            return (null, $"{id}: {fault}");
        }

        return (new(ReportedContainers.ShortId(id), name.TrimStart('/'), labels)
        {
            State = TextOr(item, "state", "status") switch
            {
                "paused" => ContainerState.Paused,
                "restarting" => ContainerState.Restarting,
                _ => ContainerState.Running,
            },
            Health = TextOr(item, "health", null) switch
            {
                "starting" => ContainerHealth.Starting,
                "healthy" => ContainerHealth.Healthy,
                "unhealthy" => ContainerHealth.Unhealthy,
                _ => ContainerHealth.None,
            },
            Networks = ReadNetworks(item, texts),
            UsesHostNetwork = item.TryGetProperty("host_network", out var host) && host.ValueKind == JsonValueKind.True,
            Ports = ReadPorts(item),
        }, null);
    }

    /// <summary>Whether it runs as far as the message says: protocol 1 also lists containers that do not.</summary>
    public static bool IsUp(JsonElement item) => TextOr(item, "state", "status") is not ("exited" or "created" or "dead" or "removing");

    private static (LabelMap? Labels, string? Fault) ReadLabels(JsonElement item, HashSet<string> texts)
    {
        if (!item.TryGetProperty("labels", out var given) || given.ValueKind == JsonValueKind.Null)
        {
            return (LabelMap.Empty, null);
        }

        if (given.ValueKind != JsonValueKind.Object)
        {
            return (null, "'labels' is no object");
        }

        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var label in given.EnumerateObject())
        {
            var name = label.Name;
            if (Size(name) > ProtocolLimits.LabelKey)
            {
                return (null, $"the label key '{Start(name)}…' is longer than {ProtocolLimits.LabelKey} bytes");
            }

            if (label.Value.ValueKind != JsonValueKind.String || label.Value.GetString() is not { } value || Size(value) > ProtocolLimits.LabelValue)
            {
                return (null, $"the label '{name}' is no text of at most {ProtocolLimits.LabelValue} bytes");
            }

            labels[Once(name, texts)] = Once(value, texts);
            if (labels.Count > ProtocolLimits.Labels)
            {
                return (null, $"it has more than {ProtocolLimits.Labels} labels");
            }
        }

        return (labels, null);
    }

    private static EquatableArray<ContainerNetwork> ReadNetworks(JsonElement item, HashSet<string> texts)
    {
        if (!item.TryGetProperty("networks", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return [];
        }

        var networks = new SortedDictionary<string, ContainerNetwork>(StringComparer.Ordinal);
        foreach (var network in list.EnumerateArray().Take(ProtocolLimits.Networks))
        {
            if (network.ValueKind == JsonValueKind.Object && TryText(network, "name", out var name) && TryText(network, "address", out var address))
            {
                networks[name] = new(Once(name, texts), address);
            }
        }

        return networks.Values.ToEquatableArray();
    }

    private static EquatableArray<int> ReadPorts(JsonElement item)
    {
        if (!item.TryGetProperty("ports", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return [];
        }

        var ports = new SortedSet<int>();
        foreach (var port in list.EnumerateArray().Take(ProtocolLimits.Ports))
        {
            if (port.ValueKind == JsonValueKind.Number && port.TryGetInt32(out var number) && number is > 0 and <= 65535)
            {
                ports.Add(number);
            }
        }

        return ports.ToEquatableArray();
    }

    // Absent is empty; anything but text is not text.
    private static bool TryText(JsonElement item, string name, out string text)
    {
        text = "";
        if (!item.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return true;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        text = value.GetString()!;
        return true;
    }

    private static string? TextOr(JsonElement item, string name, string? otherwise) =>
        item.ValueKind != JsonValueKind.Object ? null
        : item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()
        : otherwise is not null ? TextOr(item, otherwise, null) : null;

    private static string Once(string text, HashSet<string> texts)
    {
        if (texts.TryGetValue(text, out var known))
        {
            return known;
        }

        texts.Add(text);
        return text;
    }

    private static string Start(string text) => text[..Math.Min(32, text.Length)];
}
