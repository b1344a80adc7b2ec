using DockFlare.Core.Commands;

namespace DockFlare.Core.Reconciliation;

/// <summary>Where a route stands.</summary>
public enum RouteState
{
    /// <summary>On its way.</summary>
    Pending,

    /// <summary>A connector reports a configuration version that carries it.</summary>
    Live,

    /// <summary>Routed and published, but nothing reports which configuration the connector runs.</summary>
    Unproven,

    /// <summary>Its container is gone; it is kept for the grace period.</summary>
    Grace,

    /// <summary>Another holds its key or its host.</summary>
    Conflict,

    /// <summary>A label is wrong; it is not exposed.</summary>
    Rejected,

    /// <summary>Something at Cloudflare or a rule of safety is in the way; it is not exposed.</summary>
    Blocked,

    /// <summary>Its container has labels but is not enabled.</summary>
    Ignored,
}

/// <summary>What became of one wish for a route.</summary>
/// <param name="Route">Host and path as far as they could be read, such as <c>app.example.com/api</c>.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Agent">The host it runs on; empty for an operator's rule.</param>
/// <param name="Container">The container's name, or its workload's while no container is there; empty for an operator's rule.</param>
public sealed record RouteOutcome(string Route, RouteState State, AgentId Agent, string Container)
{
    /// <summary>The host alone, as far as it could be read; null when it could not.</summary>
    public string? Host { get; init; }

    /// <summary>Why, and what to do, in a sentence; null when there is nothing to say.</summary>
    public string? Reason { get; init; }

    /// <summary>What is worth knowing and stops nothing, in sentences: labels that do nothing, certificates that do not cover the host.</summary>
    public EquatableArray<string> Notes { get; init; }

    /// <summary>The origin, without user and password.</summary>
    public string? Service { get; init; }

    /// <summary>The tunnel's id.</summary>
    public string? TunnelId { get; init; }

    /// <summary>Label or operator.</summary>
    public RouteSource Source { get; init; }

    /// <summary>The label at fault, in full.</summary>
    public string? Label { get; init; }

    /// <summary>The route of the desired state that this is about; null when the wish is not in it.</summary>
    internal DesiredRoute? Served { get; init; }
}
