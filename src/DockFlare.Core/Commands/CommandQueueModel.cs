namespace DockFlare.Core.Commands;

/// <summary>
/// The rules of one agent's command queue as plain code: what every queue does, whatever it is kept in.
/// Deterministic: the time and the jitter are given. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// Each call first does what time has done since the last: a lease that ran out gives its command back.
/// A command that comes back while a newer one of its key was enqueued ends as superseded, so an older end is
/// never reached after a newer one.
/// </remarks>
public sealed class CommandQueueModel
{
    /// <summary>Why a command became a dead letter when no agent said so.</summary>
    public const string LeaseRanOut = "The lease ran out: the agent neither acknowledged the command nor gave it back.";

    private readonly AgentId agent;
    private readonly RetryPolicy retry;
    private readonly QueueLimits limits;

    // In the order they were enqueued. Of one key at most one is not superseded.
    private readonly List<Entry> pending = [];
    private readonly List<DeadLetter> deadLetters = [];
    private readonly Queue<EndedCommand> history = new();
    private DateTimeOffset nextExpiry = DateTimeOffset.MaxValue;
    private long lastFence;

    /// <summary>An empty queue.</summary>
    public CommandQueueModel(AgentId agent, RetryPolicy? retry = null, QueueLimits? limits = null)
    {
        this.agent = agent;
        this.retry = retry ?? RetryPolicy.Default;
        this.limits = limits ?? QueueLimits.Default;
    }

    /// <summary>Whether nothing waits, is out on lease, or is kept for looking at.</summary>
    public bool IsEmpty => pending.Count == 0 && deadLetters.Count == 0 && history.Count == 0;

    /// <summary>Adds a command at the end. One that waits with the same key is superseded; one out on lease is left to its holder, and not handed out again.</summary>
    public EnqueueResult Enqueue(AgentCommand command, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(command);
        Sweep(now);
        var same = pending.FindIndex(entry => entry.Command.Id == command.Id);
        var isThere = same >= 0 && !pending[same].IsSuperseded && pending[same].Command == command;
        if (isThere || deadLetters.Exists(letter => letter.Command == command))
        {
            return EnqueueResult.Unchanged;
        }

        var older = FindNewest(command.Key);
        var makesRoom = same >= 0 || older is { IsLeased: false };
        if (pending.Count >= limits.Pending && !makesRoom)
        {
            return EnqueueResult.Full;
        }

        if (older is { IsLeased: true })
        {
            older.IsSuperseded = true;
        }
        else if (older is not null)
        {
            End(older, CommandEnd.Superseded, reason: null, now);
        }

        // The same name again after a newer one of its key: what its holder does now is overtaken, so that lease is lost.
        if (pending.Find(entry => entry.Command.Id == command.Id) is { } again)
        {
            End(again, CommandEnd.Superseded, reason: null, now);
        }

        deadLetters.RemoveAll(letter => letter.Command.Id == command.Id);
        pending.Add(new Entry(command));
        return EnqueueResult.Added;
    }

    /// <summary>Hands out the oldest command that waits and whose backoff is over; null when there is none.</summary>
    public CommandLease? Lease(TimeSpan visibilityTimeout, DateTimeOffset now)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(visibilityTimeout, TimeSpan.Zero);
        Sweep(now);
        foreach (var entry in pending)
        {
            if (!entry.IsLeased && entry.Until <= now)
            {
                return Lease(entry, now + visibilityTimeout, now);
            }
        }

        return null;
    }

    /// <summary>Keeps the command until <paramref name="visibilityTimeout"/> from now; false when the lease is lost.</summary>
    public bool Renew(LeaseToken token, TimeSpan visibilityTimeout, DateTimeOffset now)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(visibilityTimeout, TimeSpan.Zero);
        if (FindHeld(token, now) is not { } entry)
        {
            return false;
        }

        entry.Until = now + visibilityTimeout;
        nextExpiry = entry.Until < nextExpiry ? entry.Until : nextExpiry;
        return true;
    }

    /// <summary>Takes the command off the queue; false when the lease is lost.</summary>
    public bool Ack(LeaseToken token, DateTimeOffset now)
    {
        if (FindHeld(token, now) is not { } entry)
        {
            return false;
        }

        End(entry, CommandEnd.Acked, reason: null, now);
        return true;
    }

    /// <summary>Gives the command back: it waits for its backoff, or becomes a dead letter when its attempts are spent; false when the lease is lost.</summary>
    /// <param name="token">The lease.</param>
    /// <param name="reason">Why, for the operator. Holds no secret.</param>
    /// <param name="jitter">Chance from 0 to 1 for the backoff.</param>
    /// <param name="now">The time.</param>
    public bool Nack(LeaseToken token, string reason, double jitter, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (FindHeld(token, now) is not { } entry)
        {
            return false;
        }

        GiveBack(entry, limits.Shorten(reason), now + retry.DelayAfter(entry.Attempt, jitter), now);
        return true;
    }

    /// <summary>What was given up, oldest first.</summary>
    public EquatableArray<DeadLetter> DeadLetters(DateTimeOffset now)
    {
        Sweep(now);
        return deadLetters.ToEquatableArray();
    }

    /// <summary>
    /// Puts a dead letter back at the end of the queue with its attempts at 0; false when there is no such letter, or no room.
    /// When a newer command of its key waits or is out on lease, the letter ends as superseded instead.
    /// </summary>
    public bool RetryDeadLetter(CommandId command, DateTimeOffset now)
    {
        Sweep(now);
        var index = deadLetters.FindIndex(letter => letter.Command.Id == command);
        if (index < 0)
        {
            return false;
        }

        var letter = deadLetters[index];
        if (FindNewest(letter.Command.Key) is not null)
        {
            Record(new EndedCommand(letter.Command, CommandEnd.Superseded, letter.Attempts, letter.Reason, now));
        }
        else if (pending.Count >= limits.Pending)
        {
            return false;
        }
        else
        {
            pending.Add(new Entry(letter.Command));
        }

        deadLetters.RemoveAt(index);
        return true;
    }

    /// <summary>Every command that waits or is out on lease, oldest first.</summary>
    public EquatableArray<AgentCommand> Pending(DateTimeOffset now)
    {
        Sweep(now);
        return pending.Select(static entry => entry.Command).ToEquatableArray();
    }

    /// <summary>The commands that ended last, oldest first.</summary>
    public EquatableArray<EndedCommand> History(DateTimeOffset now)
    {
        Sweep(now);
        return history.ToEquatableArray();
    }

    /// <summary>When the next command becomes visible by the passing of time alone; null when none will. Not past: something can be leased then, or now.</summary>
    public DateTimeOffset? FindNextDue(DateTimeOffset now)
    {
        Sweep(now);
        DateTimeOffset? next = null;
        foreach (var entry in pending)
        {
            if (next is null || entry.Until < next)
            {
                next = entry.Until;
            }
        }

        return next < now ? now : next;
    }

    /// <summary>Drops everything, the history too. Fences go on from where they were, so every lease is lost.</summary>
    public void Clear()
    {
        pending.Clear();
        deadLetters.Clear();
        history.Clear();
        nextExpiry = DateTimeOffset.MaxValue;
    }

    private CommandLease Lease(Entry entry, DateTimeOffset until, DateTimeOffset now)
    {
        // Starting at the time keeps fences rising across a queue that was lost: a lease from before it is stale.
        lastFence = Math.Max(lastFence + 1, (now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        entry.Fence = lastFence;
        entry.Attempt++;
        entry.Until = until;
        nextExpiry = until < nextExpiry ? until : nextExpiry;
        return new CommandLease(entry.Command, new LeaseToken(agent, entry.Command.Id, lastFence), entry.Attempt, until);
    }

    private Entry? FindHeld(LeaseToken token, DateTimeOffset now)
    {
        Sweep(now);
        if (token.Agent != agent)
        {
            return null;
        }

        foreach (var entry in pending)
        {
            if (entry.IsLeased && entry.Fence == token.Fence && entry.Command.Id == token.Command)
            {
                return entry;
            }
        }

        return null;
    }

    private Entry? FindNewest(string key)
    {
        foreach (var entry in pending)
        {
            if (!entry.IsSuperseded && string.Equals(entry.Command.Key, key, StringComparison.Ordinal))
            {
                return entry;
            }
        }

        return null;
    }

    private void Sweep(DateTimeOffset now)
    {
        if (now < nextExpiry)
        {
            return;
        }

        var expired = pending.Where(entry => entry.IsLeased && entry.Until <= now)
            .OrderBy(static entry => entry.Until)
            .ThenBy(static entry => entry.Command.Id.Value, StringComparer.Ordinal)
            .ToArray();
        foreach (var entry in expired)
        {
            GiveBack(entry, LeaseRanOut, visibleAt: entry.Until, at: entry.Until);
        }

        nextExpiry = pending.Where(static entry => entry.IsLeased).Select(static entry => entry.Until).DefaultIfEmpty(DateTimeOffset.MaxValue).Min();
    }

    private void GiveBack(Entry entry, string reason, DateTimeOffset visibleAt, DateTimeOffset at)
    {
        if (entry.IsSuperseded)
        {
            End(entry, CommandEnd.Superseded, reason: null, at);
            return;
        }

        if (!retry.IsSpent(entry.Attempt))
        {
            entry.Fence = 0;
            entry.Until = visibleAt;
            return;
        }

        End(entry, CommandEnd.DeadLetter, reason, at);
        deadLetters.Add(new DeadLetter(agent, entry.Command, entry.Attempt, reason, at));
        if (deadLetters.Count > limits.DeadLetters)
        {
            deadLetters.RemoveAt(0);
        }
    }

    private void End(Entry entry, CommandEnd end, string? reason, DateTimeOffset at)
    {
        pending.Remove(entry);
        Record(new EndedCommand(entry.Command, end, entry.Attempt, reason, at));
    }

    private void Record(EndedCommand ended)
    {
        history.Enqueue(ended);
        if (history.Count > limits.History)
        {
            history.Dequeue();
        }
    }

    private sealed class Entry(AgentCommand command)
    {
        public AgentCommand Command { get; } = command;

        /// <summary>0 while it waits.</summary>
        public long Fence { get; set; }

        public int Attempt { get; set; }

        /// <summary>When the lease runs out, or the backoff is over.</summary>
        public DateTimeOffset Until { get; set; } = DateTimeOffset.MinValue;

        /// <summary>A newer one of its key was enqueued while it was out on lease.</summary>
        public bool IsSuperseded { get; set; }

        public bool IsLeased => Fence != 0;
    }
}
