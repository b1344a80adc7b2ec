namespace DockFlare.Core.Protocol;

/// <summary>One container as its host's Docker Engine shows it now.</summary>
/// <param name="Id">The engine's id; its first 12 hex digits are enough.</param>
/// <param name="Name">The name without a leading slash.</param>
/// <param name="Labels">All labels, or at least those under the recognised prefixes and the ones the master asked for.</param>
public sealed record ContainerSnapshot(string Id, string Name, LabelMap Labels)
{
    /// <summary>Whether it runs, and how.</summary>
    public ContainerState State { get; init; } = ContainerState.Running;

    /// <summary>What its health check says.</summary>
    public ContainerHealth Health { get; init; }

    /// <summary>The networks it is attached to, in ordinal order of their names. Empty for host networking.</summary>
    public EquatableArray<ContainerNetwork> Networks { get; init; }

    /// <summary>Whether it shares its host's network, so that its ports are the host's.</summary>
    public bool UsesHostNetwork { get; init; }

    /// <summary>The ports it exposes or publishes inside its own network, ascending, without repeats.</summary>
    public EquatableArray<int> Ports { get; init; }

    /// <summary>The compose project, from the label <c>com.docker.compose.project</c>.</summary>
    public string? ComposeProject => Labels.TryGetValue("com.docker.compose.project", out var value) ? value : null;

    /// <summary>The compose service, from the label <c>com.docker.compose.service</c>.</summary>
    public string? ComposeService => Labels.TryGetValue("com.docker.compose.service", out var value) ? value : null;
}

/// <summary>Whether a container runs. One that was stopped or removed is not in a report at all.</summary>
public enum ContainerState
{
    /// <summary>Running.</summary>
    Running,

    /// <summary>Paused: it keeps its routes.</summary>
    Paused,

    /// <summary>Between two runs under its restart policy: it keeps its routes.</summary>
    Restarting,
}

/// <summary>What a container's health check says.</summary>
public enum ContainerHealth
{
    /// <summary>It has none.</summary>
    None,

    /// <summary>It has not decided yet.</summary>
    Starting,

    /// <summary>It passes.</summary>
    Healthy,

    /// <summary>It fails.</summary>
    Unhealthy,
}

/// <summary>One attachment of a container to a network.</summary>
/// <param name="Name">The network's name.</param>
/// <param name="Address">The container's IPv4 or IPv6 address there; empty while it has none.</param>
public sealed record ContainerNetwork(string Name, string Address);
