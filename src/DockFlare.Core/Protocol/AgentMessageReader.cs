using System.Text.Json;

namespace DockFlare.Core.Protocol;

/// <summary>Reads what agents of all protocols send. Whatever the bytes are, it answers a message or throws <see cref="ProtocolException"/>.</summary>
internal static class AgentMessageReader
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 32 };

    /// <summary>Reads a registration and agrees on the protocol.</summary>
    /// <param name="json">The body.</param>
    /// <param name="speaks">The protocols we speak, highest first.</param>
    public static RegistrationMessage ReadRegistration(ReadOnlyMemory<byte> json, ReadOnlySpan<int> speaks)
    {
        var spoken = speaks.ToArray();
        return Read(json, root =>
        {
            CheckCapabilities(root);
            return new RegistrationMessage
            {
                AgentId = Text(root, "agent_id"),
                DisplayName = Text(root, "display_name"),
                Version = Text(root, "agent_version") ?? Text(root, "version"),
                Hostname = Text(root, "hostname"),
                Protocol = Agree(root, spoken),
            };
        });
    }

    /// <summary>Reads a message to <c>…/events</c>.</summary>
    public static AgentMessage ReadEvent(ReadOnlyMemory<byte> json) => Read(json, static root =>
    {
        // Agent 1.0.0 sends an object here for a container that vanished.
        var type = root.TryGetProperty("type", out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw ProtocolException.Invalid("'type' must be a string.");
        return new AgentMessage(ReadEvent(root, type))
        {
            SessionId = Text(root, "agent_session_id"),
            EventSequence = Sequence(root, "event_sequence"),
            ReportSequence = Sequence(root, "report_sequence"),
        };
    });

    /// <summary>Reads an object with the given property as text; for small bodies such as <c>{"lease":"…"}</c>.</summary>
    public static T Read<T>(ReadOnlyMemory<byte> json, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? read(document.RootElement)
                : throw ProtocolException.Invalid("The body must be a JSON object.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second comes from text that is no valid UTF-8 or UTF-16.
            throw ProtocolException.Invalid("The body is not valid JSON.");
        }
    }

    /// <summary>A property as text, or null when it is absent, null or empty.</summary>
    public static string? Text(JsonElement element, string name, int most = ProtocolLimits.Name)
    {
        if (!element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : throw ProtocolException.Invalid($"'{name}' must be a string.");
        return ContainerReader.Size(text) > most ? throw ProtocolException.Invalid($"'{name}' is longer than {most} bytes.") : text.Length == 0 ? null : text;
    }

    /// <summary>A property as true or false, or null when it is absent or null.</summary>
    public static bool? Flag(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw ProtocolException.Invalid($"'{name}' must be true or false.");
    }

    /// <summary>A property as a whole number from <paramref name="least"/>, or null when it is absent or null.</summary>
    public static long? Number(JsonElement element, string name, long least)
    {
        if (!element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least
            ? number
            : throw ProtocolException.Invalid($"'{name}' must be a whole number from {least}.");
    }

    private static long? Sequence(JsonElement root, string name) => Number(root, name, least: 1);

    private static AgentEvent ReadEvent(JsonElement root, string type)
    {
        switch (type)
        {
            case "heartbeat":
                return new AgentEvent.Heartbeat();
            case "hello":
                return new AgentEvent.Hello();
            case "container_start":
                return ReadContainer(root) is (ContainerSnapshot started, _) ? new AgentEvent.ContainerStarted(started) : LeftOut(root);
            case "container_stop" or "container_die":
                return ReadContainer(root) is (ContainerSnapshot stopped, _) ? new AgentEvent.ContainerStopped(stopped) : LeftOut(root);
            case "status_report":
                return ReadListing(root);
            case "tunnel_status":
                return ReadTunnelState(root);
            default:
                throw ProtocolException.Invalid(
                    "'type' must be container_start, container_stop, container_die, heartbeat, status_report, tunnel_status or hello.");
        }
    }

    private static (ContainerSnapshot? Container, string? LeftOut) ReadContainer(JsonElement root) =>
        root.TryGetProperty("container", out var container) && container.ValueKind == JsonValueKind.Object
            ? ContainerReader.Read(container, new(StringComparer.Ordinal))
            : throw ProtocolException.Invalid("'container' must be an object with id, name and labels.");

    private static AgentEvent.ContainerLeftOut LeftOut(JsonElement root) => new(ReadContainer(root).LeftOut!);

    private static AgentEvent.Listing ReadListing(JsonElement root)
    {
        // Protocol 1 nests the list under 'container'.
        var list = ArrayIn(root) ?? (root.TryGetProperty("container", out var nested) && nested.ValueKind == JsonValueKind.Object ? ArrayIn(nested) : null);
        if (list is { } given && given.GetArrayLength() > ProtocolLimits.Containers)
        {
            throw ProtocolException.TooLarge($"A report may hold {ProtocolLimits.Containers} containers; this one holds {given.GetArrayLength()}.");
        }

        var containers = new SortedDictionary<string, ContainerSnapshot>(StringComparer.Ordinal);
        var leftOut = new List<string>();
        var texts = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in list is { } items ? items.EnumerateArray() : default)
        {
            switch (ContainerReader.Read(item, texts))
            {
                case (ContainerSnapshot container, _) when ContainerReader.IsUp(item):
                    containers[container.Id] = container;
                    break;
                case (null, { } which):
                    leftOut.Add(which);
                    break;
            }
        }

        var complete = root.TryGetProperty("inventory_complete", out var flag) && flag.ValueKind == JsonValueKind.True && list is not null;
        var listing = new AgentEvent.Listing(containers.Values.ToEquatableArray(), complete, leftOut.ToEquatableArray());
        return root.TryGetProperty("tunnel", out var tunnel) && tunnel.ValueKind == JsonValueKind.Object
            ? listing with { TunnelGeneration = Number(tunnel, "generation", least: 0) ?? 0, Connector = ReadConnector(tunnel), ConnectorNetwork = Text(tunnel, "network"), JoinsNetworks = Flag(tunnel, "joins_networks") ?? false }
            : listing;
    }

    private static ConnectorStatus? ReadConnector(JsonElement tunnel) =>
        Text(tunnel, "tunnel_id") is { } id
            ? new(id, Text(tunnel, "version"), (int)Math.Min(int.MaxValue, Number(tunnel, "ready_connections", least: 0) ?? 0), Number(tunnel, "config_version", least: 0))
            : null;

    private static JsonElement? ArrayIn(JsonElement element) =>
        element.TryGetProperty("containers", out var list) && list.ValueKind == JsonValueKind.Array ? list : null;

    private static AgentEvent.TunnelState ReadTunnelState(JsonElement root)
    {
        foreach (var candidate in (ReadOnlySpan<JsonElement?>)[ObjectIn(root, "tunnel"), root, ObjectIn(root, "container")])
        {
            if (candidate is { } where && Text(where, "status") is { } status)
            {
                return new(Text(where, "name"), status, Text(where, "version"));
            }
        }

        throw ProtocolException.Invalid("'tunnel' must be an object with a status.");
    }

    private static JsonElement? ObjectIn(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    private static int Agree(JsonElement root, int[] speaks)
    {
        if (!root.TryGetProperty("supported_protocol_versions", out var versions))
        {
            return 1;
        }

        if (versions.ValueKind != JsonValueKind.Array || versions.GetArrayLength() == 0)
        {
            throw ProtocolException.Invalid("'supported_protocol_versions' must be a list of at least one positive whole number.");
        }

        var best = 0;
        foreach (var version in versions.EnumerateArray())
        {
            if (version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out var number) || number < 1)
            {
                throw ProtocolException.Invalid("'supported_protocol_versions' must hold positive whole numbers only.");
            }

            best = Array.IndexOf(speaks, number) >= 0 ? Math.Max(best, number) : best;
        }

        return best > 0
            ? best
            : throw new ProtocolException(409, "unsupported_protocol", $"This master speaks protocols {string.Join(", ", speaks)}: update the agent.");
    }

    private static void CheckCapabilities(JsonElement root)
    {
        if (!root.TryGetProperty("capabilities", out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        var isGood = list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= ProtocolLimits.Capabilities
            && list.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String && item.GetString()!.Length <= ProtocolLimits.Capability);
        if (!isGood)
        {
            throw ProtocolException.Invalid($"'capabilities' must be a list of at most {ProtocolLimits.Capabilities} strings of at most {ProtocolLimits.Capability} characters.");
        }
    }
}
