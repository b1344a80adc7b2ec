using DockFlare.Core.Commands;

namespace DockFlare.Hosting.Commands;

/// <summary>
/// Commands on their way to agents, delivered at least once. A leased command is hidden from others until its
/// visibility timeout passes; a method that takes a token answers whether that token still holds the command.
/// Whatever cannot be done is a <see cref="CommandQueueException"/>.
/// </summary>
public interface ICommandQueue
{
    /// <summary>Adds a command; one that waits with the same key is superseded. One that is out on lease is left alone: its holder may already have acted on it.</summary>
    ValueTask EnqueueAsync(AgentId agent, AgentCommand command, CancellationToken cancellationToken);

    /// <summary>Takes the oldest waiting command; waits up to <paramref name="wait"/> for one, without polling, and answers null when none came.</summary>
    ValueTask<CommandLease?> LeaseAsync(AgentId agent, TimeSpan visibilityTimeout, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Keeps the command for <paramref name="visibilityTimeout"/> from now; false when the lease is lost.</summary>
    ValueTask<bool> RenewAsync(LeaseToken token, TimeSpan visibilityTimeout, CancellationToken cancellationToken);

    /// <summary>Takes the command off the queue; false when the lease is lost.</summary>
    ValueTask<bool> AckAsync(LeaseToken token, CancellationToken cancellationToken);

    /// <summary>Gives the command back: it waits for its backoff, or becomes a dead letter when its attempts are spent; false when the lease is lost.</summary>
    ValueTask<bool> NackAsync(LeaseToken token, string reason, CancellationToken cancellationToken);

    /// <summary>What was given up, oldest first.</summary>
    IAsyncEnumerable<DeadLetter> DeadLettersAsync(AgentId agent, CancellationToken cancellationToken);

    /// <summary>Puts a dead letter back in the queue with its attempts at 0; false when there is no such letter.</summary>
    ValueTask<bool> RetryDeadLetterAsync(AgentId agent, CommandId command, CancellationToken cancellationToken);

    /// <summary>Every command that waits or is out on lease, oldest first: what the planner must not send again.</summary>
    ValueTask<IReadOnlyList<AgentCommand>> PendingAsync(AgentId agent, CancellationToken cancellationToken);

    /// <summary>The commands that ended last, oldest first; a bounded number of them, for the UI.</summary>
    ValueTask<IReadOnlyList<EndedCommand>> HistoryAsync(AgentId agent, CancellationToken cancellationToken);

    /// <summary>Drops everything of an agent: waiting, leased and dead, and the history. Its leases are lost.</summary>
    ValueTask ClearAsync(AgentId agent, CancellationToken cancellationToken);
}
