namespace DockFlare.Core.Commands;

/// <summary>A command that left the queue, as the history shows it.</summary>
/// <param name="Command">What was to be reached.</param>
/// <param name="End">How it ended.</param>
/// <param name="Attempts">How often it was handed out.</param>
/// <param name="Reason">What the agent said last, when it became a dead letter; else null. Holds no secret.</param>
/// <param name="At">When it ended, by the queue's clock.</param>
public sealed record EndedCommand(AgentCommand Command, CommandEnd End, int Attempts, string? Reason, DateTimeOffset At);

/// <summary>How a command left the queue.</summary>
public enum CommandEnd
{
    /// <summary>Its holder acknowledged it.</summary>
    Acked,

    /// <summary>A newer one of the same key took its place.</summary>
    Superseded,

    /// <summary>It had its attempts.</summary>
    DeadLetter,
}
