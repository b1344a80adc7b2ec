using DockFlare.Core.Commands;

namespace DockFlare.Hosting.Commands;

/// <summary>The rules every command queue of this process follows.</summary>
public sealed class QueueOptions
{
    /// <summary>How often a command is handed out and how long it waits in between. Five attempts, 5 seconds to 5 minutes by default.</summary>
    public RetryPolicy Retry { get; set; } = RetryPolicy.Default;

    /// <summary>How much one agent's queue keeps. 100 commands, 100 dead letters, 100 lines of history by default.</summary>
    public QueueLimits Limits { get; set; } = QueueLimits.Default;

    internal CommandQueueException Full(AgentId agent) =>
        new($"The queue of agent '{agent}' holds {Limits.Pending} commands and takes no more. See whether the agent is running; clear its queue if it is not coming back.");
}
