namespace DockFlare.Core.Commands;

/// <summary>The right to carry out a command. Only the newest fence of a command counts; a stale token can neither acknowledge nor renew.</summary>
/// <param name="Agent">Whose command it is.</param>
/// <param name="Command">Which command.</param>
/// <param name="Fence">A number that rises with each lease of the agent's queue.</param>
public readonly record struct LeaseToken(AgentId Agent, CommandId Command, long Fence);
