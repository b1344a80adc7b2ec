namespace DockFlare.Core.Protocol;

/// <summary>A registration of any protocol.</summary>
internal sealed record RegistrationMessage
{
    public string? AgentId { get; init; }

    public string? DisplayName { get; init; }

    public string? Version { get; init; }

    public string? Hostname { get; init; }

    /// <summary>The highest protocol both sides speak.</summary>
    public required int Protocol { get; init; }
}

/// <summary>A message to <c>…/events</c> of any protocol.</summary>
/// <param name="Event">What it says.</param>
internal sealed record AgentMessage(AgentEvent Event)
{
    public string? SessionId { get; init; }

    public long? EventSequence { get; init; }

    public long? ReportSequence { get; init; }
}

/// <summary>What an agent says.</summary>
internal abstract record AgentEvent
{
    private AgentEvent()
    {
    }

    public sealed record Heartbeat : AgentEvent;

    public sealed record Hello : AgentEvent;

    public sealed record ContainerStarted(ContainerSnapshot Container) : AgentEvent;

    /// <summary>It stopped or died; the name and the labels may be empty.</summary>
    public sealed record ContainerStopped(ContainerSnapshot Container) : AgentEvent;

    /// <summary>A container of a start or stop that is over a limit; nothing is done.</summary>
    public sealed record ContainerLeftOut(string Which) : AgentEvent;

    /// <summary>All containers the agent sees, or some. <see cref="LeftOut"/> names those over a limit.</summary>
    public sealed record Listing(EquatableArray<ContainerSnapshot> Containers, bool IsComplete, EquatableArray<string> LeftOut) : AgentEvent
    {
        /// <summary>Protocol 3: the generation the connector runs; 0 for none.</summary>
        public long TunnelGeneration { get; init; }

        /// <summary>Protocol 3: what the connector says of itself.</summary>
        public ConnectorStatus? Connector { get; init; }

        /// <summary>Protocol 3: the network the connector is on.</summary>
        public string? ConnectorNetwork { get; init; }

        /// <summary>Protocol 3: whether the connector joins the networks of the containers it serves.</summary>
        public bool JoinsNetworks { get; init; }
    }

    public sealed record TunnelState(string? Name, string Status, string? Version) : AgentEvent
    {
        public bool IsRunning => string.Equals(Status, "running", StringComparison.OrdinalIgnoreCase);
    }
}
