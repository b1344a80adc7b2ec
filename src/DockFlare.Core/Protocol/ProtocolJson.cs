using System.Text.Json.Serialization;

namespace DockFlare.Core.Protocol;

/// <summary>What a master answers to a registration.</summary>
internal sealed record WireRegistration
{
    public string? Status { get; init; }

    public string? Code { get; init; }

    public string? Message { get; init; }

    public string? AgentId { get; init; }

    public int ProtocolVersion { get; init; }

    public string? AgentSessionId { get; init; }

    /// <summary>Protocol 3: seconds between two signs of life.</summary>
    public double HeartbeatInterval { get; init; }

    /// <summary>Protocol 3: beginnings of the label keys to report.</summary>
    public IReadOnlyList<string>? LabelPrefixes { get; init; }

    /// <summary>Protocol 3: further label keys to report.</summary>
    public IReadOnlyList<string>? LabelKeys { get; init; }
}

/// <summary>Any other short answer, and every error.</summary>
internal sealed record WireAnswer
{
    public string? Status { get; init; }

    public string? Code { get; init; }

    public string? Message { get; init; }

    /// <summary>Containers that were over a limit, each with the reason.</summary>
    public IReadOnlyList<string>? LeftOut { get; init; }

    /// <summary>Protocol 3: seconds between two signs of life.</summary>
    public double HeartbeatInterval { get; init; }

    /// <summary>The answer to <c>tunnel-token</c>. Secret.</summary>
    public string? Token { get; init; }
}

/// <summary>What waits for an agent.</summary>
internal sealed record WireCommands
{
    public string? Status { get; init; }

    public IReadOnlyList<WireCommand>? Commands { get; init; }
}

/// <summary>One command. Protocols 1 and 2 carry the token and no lease, protocol 3 a lease and no token.</summary>
internal sealed record WireCommand
{
    public const string Start = "start_tunnel";
    public const string Restart = "restart_tunnel";
    public const string Stop = "stop_tunnel";
    public const string Prepare = "prepare_decommission";
    public const string Finalize = "finalize_decommission";

    public string? Action { get; init; }

    public string? TunnelName { get; init; }

    public string? TunnelId { get; init; }

    /// <summary>Secret.</summary>
    public string? Token { get; init; }

    /// <summary>The same under the name that <c>restart_tunnel</c> uses. Secret.</summary>
    public string? TunnelToken { get; init; }

    public string? Id { get; init; }

    public string? Lease { get; init; }

    public int Attempt { get; init; }

    public double LeaseSeconds { get; init; }

    public long Generation { get; init; }

    /// <summary>Protocol 2: of the decommissioning commands, always 1.</summary>
    public int ProtocolVersion { get; init; }

    public string? OperationId { get; init; }

    public string? CommandId { get; init; }

    public string? RequestedSelfAction { get; init; }

    public string? ExpectedTunnelId { get; init; }

    public string? CreatedAt { get; init; }

    /// <summary>Leaves the tokens out.</summary>
    public override string ToString() => $"WireCommand {{ {Action} {TunnelId} {Id} }}";
}

/// <summary>What an agent registers with.</summary>
internal sealed record WireHello
{
    public string? DisplayName { get; init; }

    public string? Version { get; init; }

    public string? AgentVersion { get; init; }

    public string? AgentId { get; init; }

    public string? Hostname { get; init; }

    public IReadOnlyList<int>? SupportedProtocolVersions { get; init; }

    public IReadOnlyList<string>? Capabilities { get; init; }
}

/// <summary>A message to <c>…/events</c>.</summary>
internal sealed record WireEvent
{
    public required string Type { get; init; }

    public required string Timestamp { get; init; }

    public int? ProtocolVersion { get; init; }

    public string? AgentSessionId { get; init; }

    public long? EventSequence { get; init; }

    public long? ReportSequence { get; init; }

    public bool? InventoryComplete { get; init; }

    public string? InventoryScope { get; init; }

    public WireContainer? Container { get; init; }

    public IReadOnlyList<WireContainer>? Containers { get; init; }

    public WireTunnel? Tunnel { get; init; }
}

/// <summary>One container; in a protocol 1 report, the object that nests the list.</summary>
internal sealed record WireContainer
{
    public string? Id { get; init; }

    public string? Name { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public string? Status { get; init; }

    public string? State { get; init; }

    public string? Health { get; init; }

    public IReadOnlyList<WireNetwork>? Networks { get; init; }

    public bool? HostNetwork { get; init; }

    public IReadOnlyList<int>? Ports { get; init; }

    public IReadOnlyList<WireContainer>? Containers { get; init; }

    /// <summary>As protocol 3 sends it; the older ones read what they know of it.</summary>
    public static WireContainer From(ContainerSnapshot container, bool withStatus)
    {
        var state = container.State switch { ContainerState.Paused => "paused", ContainerState.Restarting => "restarting", _ => "running" };
        return new()
        {
            Id = container.Id,
            Name = container.Name,
            Labels = container.Labels.ToDictionary(StringComparer.Ordinal),
            Status = withStatus ? state : null,
            State = withStatus ? null : state,
            Health = container.Health switch
            {
                ContainerHealth.Starting => "starting",
                ContainerHealth.Healthy => "healthy",
                ContainerHealth.Unhealthy => "unhealthy",
                _ => null,
            },
            Networks = container.Networks.IsEmpty ? null : container.Networks.Select(static network => new WireNetwork(network.Name, network.Address)).ToArray(),
            HostNetwork = container.UsesHostNetwork ? true : null,
            Ports = container.Ports.IsEmpty ? null : container.Ports.ToArray(),
        };
    }
}

/// <summary>One attachment of a container to a network.</summary>
internal sealed record WireNetwork(string Name, string Address);

/// <summary>The connector: <c>name</c> and <c>status</c> in protocols 1 and 2, the rest in protocol 3.</summary>
internal sealed record WireTunnel
{
    public string? Name { get; init; }

    public string? Status { get; init; }

    public string? Version { get; init; }

    public long? Generation { get; init; }

    public string? TunnelId { get; init; }

    public int? ReadyConnections { get; init; }

    public long? ConfigVersion { get; init; }

    public string? Network { get; init; }

    public bool JoinsNetworks { get; init; }
}

/// <summary>The body of ack, nack and renew.</summary>
internal sealed record WireLease
{
    public required string Lease { get; init; }

    public string? Reason { get; init; }

    public double? LeaseSeconds { get; init; }
}

/// <summary>Protocol 2: what an agent says of its own decommissioning.</summary>
internal sealed record WireDecommissionAck
{
    public required string OperationId { get; init; }

    public required string CommandId { get; init; }

    public required string Phase { get; init; }

    /// <summary>Never null: false is written too.</summary>
    public bool? TombstonePersisted { get; init; }

    public required string TunnelContainer { get; init; }

    public required string SelfStopCapability { get; init; }

    public string? ErrorCode { get; init; }

    public string? AgentSessionId { get; init; }
}

/// <summary>Everything that goes over the agents' wire.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(WireRegistration))]
[JsonSerializable(typeof(WireAnswer))]
[JsonSerializable(typeof(WireCommands))]
[JsonSerializable(typeof(WireHello))]
[JsonSerializable(typeof(WireEvent))]
[JsonSerializable(typeof(WireLease))]
[JsonSerializable(typeof(WireDecommissionAck))]
internal sealed partial class ProtocolJsonContext : JsonSerializerContext;
