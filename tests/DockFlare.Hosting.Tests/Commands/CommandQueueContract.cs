using System.Diagnostics;
using DockFlare.Core.Commands;
using DockFlare.Hosting.Commands;

namespace DockFlare.Hosting.Tests.Commands;

/// <summary>What every command queue does. Derived once per implementation.</summary>
public abstract class CommandQueueContract : IAsyncLifetime
{
    protected static readonly AgentId Nas = new("nas");
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private protected static QueueOptions Rules { get; } = new()
    {
        Retry = new RetryPolicy { MaxAttempts = 2, FirstDelay = TimeSpan.FromSeconds(10), MaxDelay = TimeSpan.FromMinutes(1) },
        Limits = new QueueLimits { Pending = 3, DeadLetters = 2, History = 4 },
    };

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected ICommandQueue Queue { get; set; } = null!;

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>The queue as another master has it: the same, where the queue lives in one process.</summary>
    private protected abstract ValueTask<ICommandQueue> OfAnotherMasterAsync();

    /// <summary>Moves the queue's clock.</summary>
    protected abstract void Advance(TimeSpan by);

    [Fact]
    public async Task The_oldest_command_is_leased_once_and_gone_when_acked()
    {
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);

        var lease = await LeaseAsync();
        var second = await Queue.LeaseAsync(Nas, Minute, TimeSpan.Zero, Token);
        var held = await Queue.PendingAsync(Nas, Token);
        var acked = await Queue.AckAsync(lease.Token, Token);
        var again = await Queue.AckAsync(lease.Token, Token);

        Assert.Equal((Ensure(1), 1), (lease.Command, lease.Attempt));
        Assert.Null(second);
        Assert.Equal([Ensure(1)], held);
        Assert.True(acked);
        Assert.False(again);
        Assert.Empty(await Queue.PendingAsync(Nas, Token));
        Assert.Equal([(Ensure(1), CommandEnd.Acked, 1, null)], await HistoryAsync());
    }

    [Fact]
    public async Task A_waiting_command_is_superseded_by_a_newer_one_of_its_key()
    {
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);
        await Queue.EnqueueAsync(Nas, Stop("s"), Token);

        Assert.Equal([Stop("s")], await Queue.PendingAsync(Nas, Token));
        Assert.Equal(Stop("s"), (await LeaseAsync()).Command);
        Assert.Equal([(Ensure(1), CommandEnd.Superseded, 0, null)], await HistoryAsync());
    }

    [Fact]
    public async Task A_leased_command_is_left_alone_but_does_not_come_back_after_a_newer_one()
    {
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);
        var old = await LeaseAsync();
        await Queue.EnqueueAsync(Nas, Ensure(2), Token);

        Assert.True(await Queue.RenewAsync(old.Token, Minute, Token));
        Assert.Equal([Ensure(1), Ensure(2)], await Queue.PendingAsync(Nas, Token));

        var newer = await LeaseAsync();
        Assert.True(await Queue.NackAsync(old.Token, "no image", Token));
        Assert.True(await Queue.AckAsync(newer.Token, Token));
        Advance(TimeSpan.FromHours(1));

        Assert.Null(await Queue.LeaseAsync(Nas, Minute, TimeSpan.Zero, Token));
        Assert.Empty(await LettersAsync());
        Assert.Equal([(Ensure(1), CommandEnd.Superseded, 1, null), (Ensure(2), CommandEnd.Acked, 1, (string?)null)], await HistoryAsync());
    }

    [Fact]
    public async Task The_same_command_again_changes_nothing()
    {
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);
        var lease = await LeaseAsync();
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);

        Assert.Equal([Ensure(1)], await Queue.PendingAsync(Nas, Token));
        Assert.Null(await Queue.LeaseAsync(Nas, Minute, TimeSpan.Zero, Token));
        Assert.True(await Queue.AckAsync(lease.Token, Token));
    }

    [Fact]
    public async Task A_command_wished_again_after_a_newer_one_is_reached_last()
    {
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);
        var stale = await LeaseAsync();
        await Queue.EnqueueAsync(Nas, Stop("s"), Token);
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);

        Assert.False(await Queue.AckAsync(stale.Token, Token));
        Assert.Equal(Ensure(1), (await LeaseAsync()).Command);
        Assert.Equal([Ensure(1)], await Queue.PendingAsync(Nas, Token));
    }

    [Fact]
    public async Task A_stale_lease_can_neither_ack_nor_nack_nor_renew()
    {
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);
        var stale = await LeaseAsync();
        Advance(Minute);
        var newer = await LeaseAsync();

        Assert.Equal(2, newer.Attempt);
        Assert.True(newer.Token.Fence > stale.Token.Fence);
        Assert.False(await Queue.AckAsync(stale.Token, Token));
        Assert.False(await Queue.NackAsync(stale.Token, "late", Token));
        Assert.False(await Queue.RenewAsync(stale.Token, Minute, Token));
        Assert.False(await Queue.AckAsync(newer.Token with { Agent = new AgentId("other") }, Token));
        Assert.True(await Queue.AckAsync(newer.Token, Token));
    }

    [Fact]
    public async Task A_renewed_lease_lasts_from_the_renewal()
    {
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);
        var lease = await LeaseAsync();
        Advance(TimeSpan.FromSeconds(59));
        Assert.True(await Queue.RenewAsync(lease.Token, Minute, Token));
        Advance(TimeSpan.FromSeconds(59));

        Assert.Null(await Queue.LeaseAsync(Nas, Minute, TimeSpan.Zero, Token));
        Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, (await LeaseAsync()).Attempt);
    }

    [Fact]
    public async Task A_command_given_back_waits_for_its_backoff_and_becomes_a_dead_letter_when_its_attempts_are_spent()
    {
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);
        Assert.True(await Queue.NackAsync((await LeaseAsync()).Token, "no image", Token));
        Assert.Null(await Queue.LeaseAsync(Nas, Minute, TimeSpan.Zero, Token));
        Advance(TimeSpan.FromSeconds(10));
        Assert.True(await Queue.NackAsync((await LeaseAsync()).Token, "no image ü", Token));
        Advance(TimeSpan.FromHours(1));

        // Never retried by itself, and not because a pass sends it again either.
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);

        Assert.Null(await Queue.LeaseAsync(Nas, Minute, TimeSpan.Zero, Token));
        Assert.Equal([(Nas, Ensure(1), 2, "no image ü")], await LettersAsync());
        Assert.Equal([(Ensure(1), CommandEnd.DeadLetter, 2, "no image ü")], await HistoryAsync());
        Assert.False(await Queue.RetryDeadLetterAsync(Nas, new CommandId("other"), Token));
        Assert.True(await Queue.RetryDeadLetterAsync(Nas, Ensure(1).Id, Token));
        Assert.False(await Queue.RetryDeadLetterAsync(Nas, Ensure(1).Id, Token));
        Assert.Empty(await LettersAsync());
        Assert.Equal(1, (await LeaseAsync()).Attempt);
    }

    [Fact]
    public async Task A_lease_that_runs_out_too_often_is_a_dead_letter_that_says_so()
    {
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);
        await LeaseAsync();
        Advance(Minute);
        await LeaseAsync();
        Advance(Minute);

        Assert.Equal([(Nas, Ensure(1), 2, CommandQueueModel.LeaseRanOut)], await LettersAsync());
    }

    [Fact]
    public async Task A_retried_letter_does_not_overtake_a_newer_command()
    {
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);
        await DieAsync();
        await Queue.EnqueueAsync(Nas, Ensure(2), Token);

        Assert.True(await Queue.RetryDeadLetterAsync(Nas, Ensure(1).Id, Token));

        Assert.Equal([Ensure(2)], await Queue.PendingAsync(Nas, Token));
        Assert.Empty(await LettersAsync());
    }

    [Fact]
    public async Task The_queue_is_bounded_and_says_so()
    {
        for (var generation = 1; generation <= 3; generation++)
        {
            await Queue.EnqueueAsync(Nas, Ensure(generation), Token);
            await LeaseAsync();
        }

        var exception = await Assert.ThrowsAsync<CommandQueueException>(async () => await Queue.EnqueueAsync(Nas, Ensure(4), Token));

        Assert.Equal("The queue of agent 'nas' holds 3 commands and takes no more. See whether the agent is running; clear its queue if it is not coming back.", exception.Message);
        await Queue.EnqueueAsync(new AgentId("other"), Ensure(4), Token);
    }

    [Fact]
    public async Task Dead_letters_and_history_keep_the_newest()
    {
        for (var generation = 1; generation <= 6; generation++)
        {
            await Queue.EnqueueAsync(Nas, Ensure(generation), Token);
            await DieAsync();
        }

        Assert.Equal([Ensure(5), Ensure(6)], (await LettersAsync()).Select(static letter => letter.Command));
        Assert.Equal([Ensure(3), Ensure(4), Ensure(5), Ensure(6)], (await HistoryAsync()).Select(static ended => ended.Command));
    }

    [Fact]
    public async Task Clear_drops_everything_of_one_agent_and_its_leases_are_lost()
    {
        var other = new AgentId("}{ odd/ü");
        await Queue.EnqueueAsync(other, Ensure(9), Token);
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);
        await DieAsync();
        await Queue.EnqueueAsync(Nas, Ensure(2), Token);
        var lease = await LeaseAsync();
        await Queue.ClearAsync(Nas, Token);
        await Queue.EnqueueAsync(Nas, Ensure(2), Token);
        var after = await LeaseAsync();

        Assert.False(await Queue.AckAsync(lease.Token, Token));
        Assert.True(after.Token.Fence > lease.Token.Fence);
        Assert.Empty(await LettersAsync());
        Assert.Empty(await HistoryAsync());
        Assert.Equal([Ensure(9)], await Queue.PendingAsync(other, Token));
    }

    [Fact]
    public async Task A_poll_that_ends_without_a_command_answers_null()
    {
        var poll = Queue.LeaseAsync(Nas, Minute, TimeSpan.FromMilliseconds(20), Token).AsTask();
        Advance(TimeSpan.FromMilliseconds(20));

        Assert.Null(await poll);
    }

    [Fact]
    public async Task A_waiting_poll_wakes_when_another_master_enqueues()
    {
        var other = await OfAnotherMasterAsync();
        var poll = Queue.LeaseAsync(Nas, Minute, TimeSpan.FromHours(1), Token).AsTask();
        await other.EnqueueAsync(new AgentId("other"), Ensure(2), Token);
        Assert.False(poll.IsCompleted);

        await other.EnqueueAsync(Nas, Ensure(1), Token);

        // No timer can end this: the poll would wait for an hour.
        Assert.Equal(Ensure(1), (await poll.WaitAsync(TimeSpan.FromSeconds(20), Token))!.Command);
    }

    [Fact]
    public async Task Of_many_waiting_polls_exactly_one_gets_a_command()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var polls = Enumerable.Range(0, 8).Select(_ => Queue.LeaseAsync(Nas, Minute, TimeSpan.FromHours(1), stop.Token).AsTask()).ToList();
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);
        var first = await Task.WhenAny(polls);
        polls.Remove(first);
        await stop.CancelAsync();

        Assert.Equal(Ensure(1), (await first)!.Command);
        foreach (var poll in polls)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => poll);
        }
    }

    protected static AgentCommand Ensure(long generation) => new AgentCommand.EnsureTunnel(new CommandId($"ensure-{generation}"), "6ff42ae2", "home \"1\" ü", generation);

    protected static AgentCommand Stop(string id) => new AgentCommand.StopTunnel(new CommandId(id));

    private protected async Task<CommandLease> LeaseAsync() =>
        await Queue.LeaseAsync(Nas, Minute, TimeSpan.Zero, Token) ?? throw new UnreachableException("Nothing to lease.");

    private async Task DieAsync()
    {
        while (await Queue.LeaseAsync(Nas, Minute, TimeSpan.Zero, Token) is { } lease)
        {
            await Queue.NackAsync(lease.Token, "no image", Token);
            Advance(Minute);
        }
    }

    private async Task<List<(AgentId Agent, AgentCommand Command, int Attempts, string Reason)>> LettersAsync()
    {
        var letters = new List<(AgentId, AgentCommand, int, string)>();
        await foreach (var letter in Queue.DeadLettersAsync(Nas, Token))
        {
            letters.Add((letter.Agent, letter.Command, letter.Attempts, letter.Reason));
        }

        return letters;
    }

    private async Task<List<(AgentCommand Command, CommandEnd End, int Attempts, string? Reason)>> HistoryAsync() =>
        [.. (await Queue.HistoryAsync(Nas, Token)).Select(static ended => (ended.Command, ended.End, ended.Attempts, ended.Reason))];
}
