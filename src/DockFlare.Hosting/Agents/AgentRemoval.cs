using DockFlare.Core.Commands;

namespace DockFlare.Hosting.Agents;

/// <summary>
/// The end of an agent that an operator asked for, and how far it has come: its routes are withdrawn, its connector stops, the tunnel that was made
/// for it alone is deleted, and an agent of protocol 2 is told to stop itself. Kept with the agent's record, so that it goes on after a restart.
/// </summary>
internal sealed record AgentRemoval
{
    public required string OperationId { get; init; }

    public RemovalPhase Phase { get; init; }

    public DateTimeOffset BegunAt { get; init; }

    public DateTimeOffset? DoneAt { get; init; }

    /// <summary>Nothing is waited for that the agent would have to do, and its tunnel's secret is rolled so that its connector is cut off.</summary>
    public bool IsForced { get; init; }

    /// <summary>The tunnel whose connector it is to stop; null when it has none.</summary>
    public string? TunnelId { get; init; }

    /// <summary>What became of the connector, as the agent says: <c>stopped</c>, <c>absent</c> or <c>failed</c>; <c>cut off</c> when it was forced.</summary>
    public string? Connector { get; init; }

    /// <summary>What it waits for, or what was left as it is and why, in a sentence.</summary>
    public string? Note { get; init; }

    /// <summary>The command that stops the connector, on the old wire and in the queue.</summary>
    public CommandId PrepareId => new($"{OperationId}-prepare");

    /// <summary>The command of protocol 2 that stops the agent.</summary>
    public CommandId FinalizeId => new($"{OperationId}-finalize");

    public AgentRemoval To(RemovalPhase phase) => this with { Phase = phase, Note = phase == RemovalPhase.Done ? Note : null };
}

/// <summary>How far a removal has come.</summary>
internal enum RemovalPhase
{
    /// <summary>Its routes leave DNS and the tunnels.</summary>
    Withdrawing,

    /// <summary>Its connector is to stop.</summary>
    Stopping,

    /// <summary>Its tunnel goes, if it was made here and nobody else uses it.</summary>
    Deleting,

    /// <summary>An agent of protocol 2 is told to stop itself.</summary>
    Finishing,

    /// <summary>It is over; kept for an hour, as an answer to who asks.</summary>
    Done,
}
