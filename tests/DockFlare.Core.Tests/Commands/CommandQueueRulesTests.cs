using DockFlare.Core.Commands;

namespace DockFlare.Core.Tests.Commands;

/// <summary>What each call of the queue's rules does, to the tick: the times, the bounds and the order that a queue behind a network cannot be asked for exactly.</summary>
public sealed class CommandQueueRulesTests
{
    private static readonly AgentId Nas = new("nas");
    private static readonly RetryPolicy Retry = new() { MaxAttempts = 2, FirstDelay = TimeSpan.FromSeconds(10), MaxDelay = TimeSpan.FromMinutes(1) };
    private static readonly QueueLimits Limits = new() { Pending = 3, DeadLetters = 2, History = 3, ReasonLength = 8 };
    private static readonly DateTimeOffset Start = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private readonly CommandQueueModel queue = new(Nas, Retry, Limits);

    [Fact]
    public void A_new_queue_is_empty_and_has_nothing_to_wait_for()
    {
        Assert.True(queue.IsEmpty);
        Assert.Null(queue.FindNextDue(Start));
        Assert.Null(queue.Lease(Minute, Start));
    }

    [Fact]
    public void What_waits_or_is_kept_for_looking_at_makes_a_queue_not_empty()
    {
        Add(1);
        Assert.False(queue.IsEmpty);

        Assert.True(queue.Ack(Leased(Start).Token, Start));
        Assert.Empty(queue.Pending(Start));
        Assert.False(queue.IsEmpty);

        queue.Clear();
        Assert.True(queue.IsEmpty);

        var forgetful = new CommandQueueModel(Nas, Retry with { MaxAttempts = 1 }, Limits with { History = 0 });
        forgetful.Enqueue(Ensure(1), Start);
        forgetful.Nack(forgetful.Lease(Minute, Start)!.Token, "broken", 0, Start);
        Assert.Empty(forgetful.History(Start));
        Assert.False(forgetful.IsEmpty);
    }

    [Fact]
    public void Without_rules_of_its_own_a_queue_has_those_that_hold_unless_others_are_given()
    {
        var plain = new CommandQueueModel(Nas);
        plain.Enqueue(Ensure(1), Start);
        var now = Start;
        for (var attempt = 1; attempt <= RetryPolicy.Default.MaxAttempts; attempt++, now += TimeSpan.FromMinutes(5))
        {
            Assert.Equal(attempt, plain.Lease(Minute, now)?.Attempt);
            Assert.Empty(plain.DeadLetters(now));
        }

        Assert.Single(plain.DeadLetters(now));
    }

    [Fact]
    public void What_is_no_command_no_reason_or_no_time_is_refused()
    {
        Add(1);
        var lease = Leased(Start);

        Assert.Throws<ArgumentNullException>(() => queue.Enqueue(null!, Start));
        Assert.Throws<ArgumentNullException>(() => queue.Nack(lease.Token, null!, 0, Start));
        Assert.Throws<ArgumentOutOfRangeException>(() => queue.Lease(TimeSpan.Zero, Start));
        Assert.Throws<ArgumentOutOfRangeException>(() => queue.Renew(lease.Token, TimeSpan.Zero, Start));
        Assert.True(queue.Renew(lease.Token, Tick, Start));
    }

    [Fact]
    public void A_lease_names_its_holder_its_command_and_when_it_runs_out()
    {
        Add(1);

        var lease = Leased(Start);

        // Microseconds since 1970: what a queue that lost its count begins with.
        Assert.Equal(new(Ensure(1), new(Nas, Ensure(1).Id, 1_795_521_600_000_000), 1, Start + Minute), lease);
    }

    [Fact]
    public void Fences_rise_within_one_instant_and_when_the_clock_goes_back()
    {
        Add(1);
        var first = Leased(Start).Token.Fence;
        Add(2);
        var second = Leased(Start).Token.Fence;
        queue.Clear();
        Add(3, Start - Minute);
        var third = Leased(Start - Minute).Token.Fence;

        Assert.Equal((first + 1, first + 2), (second, third));
    }

    [Fact]
    public void A_lease_holds_until_the_tick_it_runs_out()
    {
        Add(1);
        var lease = Leased(Start);

        Assert.Null(queue.Lease(Minute, Start + Minute - Tick));
        Assert.True(queue.Renew(lease.Token, Minute, Start + Minute - Tick));

        var renewed = Start + Minute - Tick + Minute;
        Assert.Equal(renewed, queue.FindNextDue(Start + Minute));
        Assert.Null(queue.Lease(Minute, renewed - Tick));
        Assert.False(queue.Ack(lease.Token, renewed));
        Assert.Equal(2, Leased(renewed).Attempt);
    }

    [Fact]
    public void A_lease_renewed_to_end_sooner_ends_sooner()
    {
        Add(1);
        var lease = Leased(Start);

        Assert.True(queue.Renew(lease.Token, Tick, Start));

        Assert.False(queue.Ack(lease.Token, Start + Tick));
        Assert.Equal(2, Leased(Start + Tick).Attempt);
    }

    [Fact]
    public void Of_two_leases_the_one_that_ends_first_is_given_back_first()
    {
        Add(1);
        var old = queue.Lease(2 * Minute, Start)!;
        Add(2);
        var young = Leased(Start);

        Assert.False(queue.Ack(young.Token, Start + Minute));
        Assert.Equal([Ensure(1), Ensure(2)], queue.Pending(Start + Minute));
        Assert.True(queue.Ack(old.Token, Start + (2 * Minute) - Tick));
    }

    [Fact]
    public void Leases_end_in_the_order_of_their_time_and_then_of_their_names_whenever_that_is_noticed()
    {
        var roomy = new CommandQueueModel(Nas, Retry, QueueLimits.Default);
        foreach (var (generation, minutes) in new[] { (2, 2), (3, 1), (1, 2) })
        {
            roomy.Enqueue(Ensure(generation), Start);
            roomy.Lease(minutes * Minute, Start);
        }

        roomy.Enqueue(Ensure(4), Start);

        Assert.Equal(
            [Superseded(3, Start + Minute), Superseded(1, Start + (2 * Minute)), Superseded(2, Start + (2 * Minute))],
            roomy.History(Start + TimeSpan.FromHours(1)));
        Assert.Equal([Ensure(4)], roomy.Pending(Start + TimeSpan.FromHours(1)));
    }

    [Fact]
    public void A_command_given_back_is_due_when_its_backoff_is_over_and_not_a_tick_before()
    {
        Add(1);
        Assert.True(queue.Nack(Leased(Start).Token, "no image", jitter: 0.5, Start));

        var due = Start + TimeSpan.FromSeconds(7.5);
        Assert.Equal(due, queue.FindNextDue(Start));
        Assert.Null(queue.Lease(Minute, due - Tick));
        Assert.Equal((2, due + Minute), (Leased(due).Attempt, queue.FindNextDue(due)));
    }

    [Fact]
    public void A_command_given_back_has_no_holder_any_more()
    {
        Add(1);
        var lease = Leased(Start);
        Assert.True(queue.Nack(lease.Token, "no image", 0, Start));

        Assert.False(queue.Nack(lease.Token, "no image", 0, Start));
        Assert.False(queue.Renew(lease.Token, Minute, Start));
        Assert.False(queue.Ack(lease.Token with { Fence = 0 }, Start));
        Assert.Equal([Ensure(1)], queue.Pending(Start));
    }

    [Fact]
    public void A_lease_is_for_one_agent_one_command_and_one_fence()
    {
        Add(1);
        var token = Leased(Start).Token;

        Assert.False(queue.Ack(token with { Agent = new("other") }, Start));
        Assert.False(queue.Ack(token with { Command = new("other") }, Start));
        Assert.False(queue.Ack(token with { Fence = token.Fence + 1 }, Start));
        Assert.True(queue.Ack(token, Start));
    }

    [Fact]
    public void What_waits_is_due_now_and_what_is_due_first_counts()
    {
        Add(1);
        Assert.Equal(Start, queue.FindNextDue(Start));

        queue.Lease(2 * Minute, Start);
        Add(2);
        queue.Lease(Minute, Start);

        Assert.Equal(Start + Minute, queue.FindNextDue(Start));
    }

    [Fact]
    public void A_spent_command_is_a_dead_letter_with_its_reason_shortened_and_its_time()
    {
        var died = Start + TimeSpan.FromSeconds(5);
        Add(1);
        queue.Nack(Leased(Start).Token, "first", 0, Start);
        queue.Nack(Leased(died).Token, "no such image", 0, died);

        Assert.Equal([new(Nas, Ensure(1), 2, "no such ", died)], queue.DeadLetters(died));
        Assert.Equal([new(Ensure(1), CommandEnd.DeadLetter, 2, "no such ", died)], queue.History(died));
        Assert.Empty(queue.Pending(died));
        Assert.Null(queue.FindNextDue(died));
    }

    [Fact]
    public void A_lease_that_ran_out_is_given_back_at_its_end_and_not_when_that_is_noticed()
    {
        Add(1);
        Leased(Start);
        Leased(Start + Minute);

        var letter = Assert.Single(queue.DeadLetters(Start + TimeSpan.FromHours(1)));
        Assert.Equal(new(Nas, Ensure(1), 2, "The lease ran out: the agent neither acknowledged the command nor gave it back.", Start + (2 * Minute)), letter);
    }

    [Fact]
    public void Every_answer_knows_what_time_has_done()
    {
        Assert.All<Action<CommandQueueModel, DateTimeOffset>>(
            [
                static (model, now) => Assert.Single(model.DeadLetters(now)),
                static (model, now) => Assert.Empty(model.Pending(now)),
                static (model, now) => Assert.Single(model.History(now)),
                static (model, now) => Assert.Null(model.FindNextDue(now)),
                static (model, now) => Assert.Null(model.Lease(Minute, now)),
                static (model, now) => Assert.Equal(EnqueueResult.Unchanged, model.Enqueue(Ensure(1), now)),
                static (model, now) => Assert.True(model.RetryDeadLetter(Ensure(1).Id, now)),
            ],
            static asked =>
            {
                var model = new CommandQueueModel(Nas, Retry with { MaxAttempts = 1 }, Limits);
                model.Enqueue(Ensure(1), Start);
                model.Lease(Minute, Start);
                asked(model, Start + Minute);
            });
    }

    [Fact]
    public void The_same_command_is_unchanged_while_it_waits_is_held_or_was_given_up()
    {
        Assert.Equal(EnqueueResult.Added, queue.Enqueue(Ensure(1), Start));
        Assert.Equal(EnqueueResult.Unchanged, queue.Enqueue(Ensure(1), Start));
        var lease = Leased(Start);
        Assert.Equal(EnqueueResult.Unchanged, queue.Enqueue(Ensure(1), Start));
        Assert.True(queue.Ack(lease.Token, Start));
        Assert.Equal(EnqueueResult.Added, queue.Enqueue(Ensure(1), Start));
        var died = Die();
        Assert.Equal(EnqueueResult.Unchanged, queue.Enqueue(Ensure(1), died));
        Assert.Empty(queue.Pending(died));
    }

    [Fact]
    public void A_command_of_the_same_name_that_says_something_else_takes_the_place_of_the_one_that_waits()
    {
        Add(1);
        var restart = new AgentCommand.EnsureTunnel(Ensure(1).Id, "6ff42ae2", "home", 1) { Restart = true };

        Assert.Equal(EnqueueResult.Added, queue.Enqueue(restart, Start));

        Assert.Equal([restart], queue.Pending(Start));
        Assert.Equal([new(Ensure(1), CommandEnd.Superseded, 0, null, Start)], queue.History(Start));
    }

    [Fact]
    public void A_command_of_the_same_name_that_says_something_else_takes_the_lease_from_its_holder()
    {
        Add(1);
        var lease = Leased(Start);
        var restart = new AgentCommand.EnsureTunnel(Ensure(1).Id, "6ff42ae2", "home", 1) { Restart = true };

        Assert.Equal(EnqueueResult.Added, queue.Enqueue(restart, Start));

        Assert.False(queue.Ack(lease.Token, Start));
        Assert.Equal([restart], queue.Pending(Start));
        Assert.Equal((restart, 1), (queue.Lease(Minute, Start)!.Command, queue.Pending(Start).Count));
    }

    [Fact]
    public void A_new_command_of_a_dead_letters_name_takes_its_place()
    {
        Add(1);
        var died = Die();
        Add(2, died);
        died = Die(died);
        var restart = new AgentCommand.EnsureTunnel(Ensure(1).Id, "6ff42ae2", "home", 1) { Restart = true };

        Assert.Equal(EnqueueResult.Added, queue.Enqueue(restart, died));

        Assert.Equal([Ensure(2)], queue.DeadLetters(died).Select(static letter => letter.Command));
        Assert.Equal([restart], queue.Pending(died));
    }

    [Fact]
    public void A_full_queue_refuses_what_needs_room_and_takes_what_makes_some()
    {
        Add(1);
        Leased(Start);
        Add(2);
        Leased(Start);
        Add(3);

        // The third waits, so the fourth takes its place.
        Assert.Equal(EnqueueResult.Added, queue.Enqueue(Ensure(4), Start));
        Assert.Equal([Ensure(1), Ensure(2), Ensure(4)], queue.Pending(Start));
        Leased(Start);

        Assert.Equal(EnqueueResult.Full, queue.Enqueue(Ensure(5), Start));
        Assert.Equal([Ensure(1), Ensure(2), Ensure(4)], queue.Pending(Start));

        // The name of one that is overtaken: it loses its lease and makes the room itself. The newest before it is overtaken in its turn.
        Assert.Equal(EnqueueResult.Added, queue.Enqueue(Ensure(1), Start));
        Assert.Equal([Ensure(2), Ensure(4), Ensure(1)], queue.Pending(Start));
        Assert.Equal(Ensure(1), Leased(Start).Command);
        Assert.Null(queue.Lease(Minute, Start));
    }

    [Fact]
    public void What_is_overtaken_ends_when_its_holder_lets_go_and_is_never_handed_out_again()
    {
        Add(1);
        var old = Leased(Start);
        Add(2);
        Assert.True(queue.Ack(Leased(Start).Token, Start));

        var later = Start + TimeSpan.FromSeconds(1);
        Assert.True(queue.Nack(old.Token, "no image", 0, later));

        Assert.Empty(queue.Pending(later));
        Assert.Equal([new(Ensure(2), CommandEnd.Acked, 1, null, Start), new(Ensure(1), CommandEnd.Superseded, 1, null, later)], queue.History(later));
    }

    [Fact]
    public void A_retried_letter_starts_over_at_the_end()
    {
        Add(1);
        var died = Die();
        Add(2, died);
        died = Die(died);

        Assert.False(queue.RetryDeadLetter(new("other"), died));
        Assert.True(queue.RetryDeadLetter(Ensure(2).Id, died));

        Assert.Equal([Ensure(1)], queue.DeadLetters(died).Select(static letter => letter.Command));
        Assert.Equal([Ensure(2)], queue.Pending(died));
        Assert.Equal(1, Leased(died).Attempt);
    }

    [Fact]
    public void A_retried_letter_gives_way_to_a_newer_command_that_waits_or_is_held()
    {
        Add(1);
        var died = Die();
        Add(2, died);

        Assert.True(queue.RetryDeadLetter(Ensure(1).Id, died + Tick));

        Assert.Empty(queue.DeadLetters(died));
        Assert.Equal([Ensure(2)], queue.Pending(died));
        Assert.Equal(new(Ensure(1), CommandEnd.Superseded, 2, "broken", died + Tick), queue.History(died)[^1]);
    }

    [Fact]
    public void A_queue_for_one_command_takes_its_letter_back_and_a_queue_for_none_takes_nothing()
    {
        var tight = new CommandQueueModel(Nas, Retry with { MaxAttempts = 1 }, Limits with { Pending = 1 });
        tight.Enqueue(Ensure(1), Start);
        tight.Nack(tight.Lease(Minute, Start)!.Token, "broken", 0, Start);
        Assert.True(tight.RetryDeadLetter(Ensure(1).Id, Start));

        var none = new CommandQueueModel(Nas, Retry with { MaxAttempts = 1 }, Limits with { Pending = 0 });
        Assert.Equal(EnqueueResult.Full, none.Enqueue(Ensure(1), Start));
    }

    [Fact]
    public void Letters_and_history_forget_their_oldest_and_keep_their_number()
    {
        var now = Start;
        for (var generation = 1; generation <= 4; generation++)
        {
            Add(generation, now);
            now = Die(now);
        }

        Assert.Equal([Ensure(3), Ensure(4)], queue.DeadLetters(now).Select(static letter => letter.Command));
        Assert.Equal([Ensure(2), Ensure(3), Ensure(4)], queue.History(now).Select(static ended => ended.Command));
    }

    [Fact]
    public void Clearing_loses_every_lease_and_the_time_it_would_have_ended()
    {
        Add(1);
        var lease = Leased(Start);
        queue.Clear();

        Assert.False(queue.Ack(lease.Token, Start));
        Assert.Null(queue.FindNextDue(Start));
        Add(1);
        Assert.Equal(1, Leased(Start).Attempt);
    }

    private static AgentCommand Ensure(long generation) => new AgentCommand.EnsureTunnel(new CommandId($"ensure-{generation}"), "6ff42ae2", "home", generation);

    private static EndedCommand Superseded(long generation, DateTimeOffset at) => new(Ensure(generation), CommandEnd.Superseded, 1, null, at);

    private void Add(long generation, DateTimeOffset? now = null) => Assert.Equal(EnqueueResult.Added, queue.Enqueue(Ensure(generation), now ?? Start));

    private CommandLease Leased(DateTimeOffset now)
    {
        var lease = queue.Lease(Minute, now);
        Assert.NotNull(lease);
        return lease;
    }

    /// <summary>Both attempts of the command that waits fail; the time it was given up.</summary>
    private DateTimeOffset Die(DateTimeOffset? now = null)
    {
        var at = now ?? Start;
        Assert.True(queue.Nack(Leased(at).Token, "broken", 0, at));
        at = queue.FindNextDue(at)!.Value;
        Assert.True(queue.Nack(Leased(at).Token, "broken", 0, at));
        return at;
    }
}
