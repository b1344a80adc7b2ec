namespace DockFlare.Core.Commands;

/// <summary>A command that was handed out.</summary>
/// <param name="Command">What is to be reached.</param>
/// <param name="Token">The right to acknowledge, give back or renew.</param>
/// <param name="Attempt">Which delivery this is, from 1.</param>
/// <param name="ExpiresAt">When the command becomes visible again unless the lease is renewed, by the queue's clock.</param>
public sealed record CommandLease(AgentCommand Command, LeaseToken Token, int Attempt, DateTimeOffset ExpiresAt);
