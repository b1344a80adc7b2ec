namespace DockFlare.Core.Commands;

/// <summary>A command that has had its attempts: kept, shown, and never retried by itself.</summary>
/// <param name="Agent">Whose command it was.</param>
/// <param name="Command">What was to be reached.</param>
/// <param name="Attempts">How often it was handed out.</param>
/// <param name="Reason">What the agent said last, or that the lease ran out. Holds no secret.</param>
/// <param name="At">When it was given up.</param>
public sealed record DeadLetter(AgentId Agent, AgentCommand Command, int Attempts, string Reason, DateTimeOffset At);
