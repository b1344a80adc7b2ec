using System.Globalization;
using CsCheck;
using DockFlare.Core.Commands;
using DockFlare.Tests;

namespace DockFlare.Core.Tests.Commands;

/// <summary>What holds of the queue's rules after any schedule. What each call does is in the contract that every queue is held to.</summary>
public sealed class CommandQueueModelTests
{
    private static readonly AgentId Nas = new("nas");
    private static readonly RetryPolicy Retry = new() { MaxAttempts = 3, FirstDelay = TimeSpan.FromMilliseconds(200), MaxDelay = TimeSpan.FromSeconds(1) };
    private static readonly QueueLimits Limits = new() { Pending = 4, DeadLetters = 3, History = 1000 };
    private static readonly DateTimeOffset Start = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A call and a number that says with what.</summary>
    private static readonly Gen<(int Call, int With)[]> AnySchedule = Gen.Select(Gen.Int[0, 6], Gen.Int[0, 5]).Array[1, 80];

    [Fact]
    public void A_command_is_held_by_one_lease_at_a_time_and_fences_rise() => AnySchedule.Sample(schedule =>
    {
        var run = new Run();
        var fences = new List<long>();
        foreach (var step in schedule)
        {
            if (run.Do(step) is { } lease)
            {
                fences.Add(lease.Token.Fence);
                Assert.InRange(lease.Attempt, 1, Retry.MaxAttempts);
            }

            // Renewing changes nothing here: every lease is renewed to the time it has anyway.
            var holders = run.Leases.Where(held => run.IsHeld(held.Token)).Select(static held => held.Command.Id).ToList();
            Assert.Equal(holders.Distinct().Count(), holders.Count);
        }

        Assert.Equal(fences.Distinct().Order(), fences);
    }, iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void No_command_is_lost_every_one_is_pending_or_has_ended() => AnySchedule.Sample(schedule =>
    {
        var run = new Run();
        foreach (var step in schedule)
        {
            run.Do(step);
        }

        var known = run.Model.Pending(run.Now).Concat(run.Model.History(run.Now).Select(static ended => ended.Command)).ToHashSet();
        Assert.Equal(run.Added.Distinct().Order(StringComparer.Ordinal), run.Added.Distinct().Where(id => known.Any(command => command.Id.Value == id)).Order(StringComparer.Ordinal));
    }, iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void The_bounds_hold() => AnySchedule.Sample(schedule =>
    {
        var run = new Run();
        foreach (var step in schedule)
        {
            run.Do(step);
            Assert.InRange(run.Model.Pending(run.Now).Count, 0, Limits.Pending);
            Assert.InRange(run.Model.DeadLetters(run.Now).Count, 0, Limits.DeadLetters);
        }
    }, iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void Time_and_acks_empty_every_queue() => AnySchedule.Sample(schedule =>
    {
        var run = new Run();
        foreach (var step in schedule)
        {
            run.Do(step);
        }

        while (run.Model.FindNextDue(run.Now) is { } due)
        {
            run.Now = due;
            if (run.Model.Lease(TimeSpan.FromSeconds(1), due) is { } lease)
            {
                Assert.True(run.Model.Ack(lease.Token, due));
            }
        }

        Assert.Empty(run.Model.Pending(run.Now));
    }, iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void The_newest_wish_of_a_key_is_the_last_one_handed_out() => AnySchedule.Sample(schedule =>
    {
        var run = new Run();
        foreach (var step in schedule)
        {
            run.Do(step);
        }

        var last = new AgentCommand.StopTunnel(new CommandId("last"));
        run.Now += TimeSpan.FromHours(1);
        if (run.Model.Enqueue(last, run.Now) == EnqueueResult.Full)
        {
            return;
        }

        Assert.Equal(last, run.Model.Lease(TimeSpan.FromSeconds(1), run.Now)?.Command);
        Assert.Null(run.Model.Lease(TimeSpan.FromSeconds(1), run.Now));
    }, iter: Samples.Of(1_000, 50_000));

    [Theory]
    [InlineData(1, 0, 2500)]
    [InlineData(1, 1, 5000)]
    [InlineData(2, 0.5, 7500)]
    [InlineData(3, 1, 20_000)]
    [InlineData(7, 1, 300_000)]
    [InlineData(100_000, 0, 150_000)]
    public void The_backoff_doubles_up_to_its_limit(int attempt, double jitter, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), RetryPolicy.Default.DelayAfter(attempt, jitter));

    [Theory]
    [InlineData("short", 5, "short")]
    [InlineData("longer", 5, "longe")]
    [InlineData("1234\U0001F600", 5, "1234")]
    [InlineData("any", 0, "")]
    public void A_reason_is_kept_up_to_its_limit(string reason, int length, string kept) =>
        Assert.Equal(kept, new QueueLimits { ReasonLength = length }.Shorten(reason));

    /// <summary>A model with the clock, the leases and the names it was given.</summary>
    private sealed class Run
    {
        public CommandQueueModel Model { get; } = new(Nas, Retry, Limits);

        public DateTimeOffset Now { get; set; } = Start;

        public List<CommandLease> Leases { get; } = [];

        public List<string> Added { get; } = [];

        public CommandLease? Do((int Call, int With) step)
        {
            switch (step.Call)
            {
                case 0 or 1:
                    Enqueue(step.With);
                    return null;
                case 2:
                    var lease = Model.Lease(TimeSpan.FromMilliseconds(100 * (step.With + 1)), Now);
                    Leases.AddRange(lease is null ? [] : [lease]);
                    return lease;
                case 3 when step.With < Leases.Count:
                    Model.Ack(Leases[^(step.With + 1)].Token, Now);
                    return null;
                case 4 when step.With < Leases.Count:
                    Model.Nack(Leases[^(step.With + 1)].Token, "no image", step.With / 5.0, Now);
                    return null;
                case 5:
                    Model.RetryDeadLetter(Command(step.With).Id, Now);
                    return null;
                default:
                    Now += TimeSpan.FromMilliseconds(37 * step.With * step.With);
                    return null;
            }
        }

        public bool IsHeld(LeaseToken token)
        {
            var lease = Leases.Last(held => held.Token == token);
            return lease.ExpiresAt > Now && Model.Renew(token, lease.ExpiresAt - Now, Now);
        }

        private void Enqueue(int with)
        {
            if (Model.Enqueue(Command(with), Now) == EnqueueResult.Added)
            {
                Added.Add(Command(with).Id.Value);
            }
        }

        private static AgentCommand Command(int n) => n == 0
            ? new AgentCommand.StopTunnel(new CommandId("stop"))
            : new AgentCommand.EnsureTunnel(new CommandId(string.Create(CultureInfo.InvariantCulture, $"ensure-{n}")), "6ff42ae2", "home", n);
    }
}
