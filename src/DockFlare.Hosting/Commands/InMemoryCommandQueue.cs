using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using DockFlare.Core;
using DockFlare.Core.Commands;

namespace DockFlare.Hosting.Commands;

/// <summary>The queue's rules (<see cref="CommandQueueModel"/>) under one lock per agent. Everything in it goes with the process, and is dispatched again by the next pass.</summary>
/// <param name="options">The rules.</param>
/// <param name="time">The clock.</param>
/// <param name="jitter">Chance from 0 to 1 for backoffs.</param>
internal sealed class InMemoryCommandQueue(QueueOptions options, TimeProvider time, Func<double> jitter) : ICommandQueue
{
    private readonly ConcurrentDictionary<AgentId, AgentQueue> queues = new();

    // Time that only moves forward: a corrected clock must not end leases, nor keep them.
    private readonly DateTimeOffset startedAt = time.GetUtcNow();
    private readonly long started = time.GetTimestamp();

    private DateTimeOffset Now => startedAt + time.GetElapsedTime(started);

    public ValueTask EnqueueAsync(AgentId agent, AgentCommand command, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var queue = QueueOf(agent);
        EnqueueResult result;
        lock (queue.Gate)
        {
            result = queue.Model.Enqueue(command, Now);
            queue.Signal.Raise();
        }

        return result == EnqueueResult.Full ? throw options.Full(agent) : ValueTask.CompletedTask;
    }

    public ValueTask<CommandLease?> LeaseAsync(AgentId agent, TimeSpan visibilityTimeout, TimeSpan wait, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var queue = QueueOf(agent);
        lock (queue.Gate)
        {
            var lease = queue.Model.Lease(visibilityTimeout, Now);
            if (lease is not null || wait <= TimeSpan.Zero)
            {
                return ValueTask.FromResult(lease);
            }
        }

        return WaitAsync(queue, visibilityTimeout, wait, cancellationToken);
    }

    public ValueTask<bool> RenewAsync(LeaseToken token, TimeSpan visibilityTimeout, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var queue = QueueOf(token.Agent);
        lock (queue.Gate)
        {
            var held = queue.Model.Renew(token, visibilityTimeout, Now);
            queue.Signal.Raise();
            return ValueTask.FromResult(held);
        }
    }

    public ValueTask<bool> AckAsync(LeaseToken token, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var queue = QueueOf(token.Agent);
        lock (queue.Gate)
        {
            return ValueTask.FromResult(queue.Model.Ack(token, Now));
        }
    }

    public ValueTask<bool> NackAsync(LeaseToken token, string reason, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var queue = QueueOf(token.Agent);
        lock (queue.Gate)
        {
            var held = queue.Model.Nack(token, reason, jitter(), Now);
            queue.Signal.Raise();
            return ValueTask.FromResult(held);
        }
    }

    public async IAsyncEnumerable<DeadLetter> DeadLettersAsync(AgentId agent, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        IReadOnlyList<DeadLetter> letters = Read(agent, static (model, now) => model.DeadLetters(now), cancellationToken);
        foreach (var letter in letters)
        {
            yield return letter;
        }
    }

    public ValueTask<bool> RetryDeadLetterAsync(AgentId agent, CommandId command, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var queue = QueueOf(agent);
        lock (queue.Gate)
        {
            var found = queue.Model.RetryDeadLetter(command, Now);
            queue.Signal.Raise();
            return ValueTask.FromResult(found);
        }
    }

    public ValueTask<IReadOnlyList<AgentCommand>> PendingAsync(AgentId agent, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<AgentCommand>>(Read(agent, static (model, now) => model.Pending(now), cancellationToken));

    public ValueTask<IReadOnlyList<EndedCommand>> HistoryAsync(AgentId agent, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<EndedCommand>>(Read(agent, static (model, now) => model.History(now), cancellationToken));

    public ValueTask ClearAsync(AgentId agent, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var queue = QueueOf(agent);
        lock (queue.Gate)
        {
            queue.Model.Clear();
        }

        return ValueTask.CompletedTask;
    }

    private async ValueTask<CommandLease?> WaitAsync(AgentQueue queue, TimeSpan visibilityTimeout, TimeSpan wait, CancellationToken cancellationToken)
    {
        var deadline = Now + wait;
        while (true)
        {
            Task woken;
            TimeSpan untilEnd;
            TimeSpan? untilDue;
            lock (queue.Gate)
            {
                var now = Now;
                var lease = queue.Model.Lease(visibilityTimeout, now);
                if (lease is not null || now >= deadline)
                {
                    return lease;
                }

                woken = queue.Signal.Next;
                untilEnd = deadline - now;
                untilDue = queue.Model.FindNextDue(now) - now;
            }

            await WakeSignal.WaitAsync(woken, untilEnd, untilDue, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private EquatableArray<T> Read<T>(AgentId agent, Func<CommandQueueModel, DateTimeOffset, EquatableArray<T>> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var queue = QueueOf(agent);
        lock (queue.Gate)
        {
            return read(queue.Model, Now);
        }
    }

    private AgentQueue QueueOf(AgentId agent) =>
        queues.GetOrAdd(agent, static (id, rules) => new AgentQueue(new CommandQueueModel(id, rules.Retry, rules.Limits)), options);

    private sealed class AgentQueue(CommandQueueModel model)
    {
        public Lock Gate { get; } = new();

        public CommandQueueModel Model { get; } = model;

        public WakeSignal Signal { get; } = new();
    }
}
