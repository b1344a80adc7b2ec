using DockFlare.Hosting.Cloudflare;
using Microsoft.Extensions.Time.Testing;

namespace DockFlare.Tests.Cloudflare;

public sealed class CloudflareBudgetTests
{
    private readonly FakeTimeProvider time = new();

    [Fact]
    public void Each_lane_leaves_something_to_those_before_it()
    {
        var budget = new CloudflareBudget(100, time);

        var looks = TakeAll(budget, CallLane.Resync);
        var guards = TakeAll(budget, CallLane.Guard);
        var routes = TakeAll(budget, CallLane.Route);
        var closings = TakeAll(budget, CallLane.Closing);

        Assert.Equal((80, 5, 5, 10), (looks, guards, routes, closings));
    }

    [Fact]
    public void A_call_counts_from_when_it_ended_because_cloudflare_may_have_counted_it_as_late_as_that()
    {
        var budget = new CloudflareBudget(10, time);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(TimeSpan.Zero, budget.Take(CallLane.Closing));
        }

        Assert.Equal(CloudflareBudget.Window, budget.Take(CallLane.Closing));
        time.Advance(TimeSpan.FromSeconds(20));
        budget.Done(null, null);

        Assert.Equal(CloudflareBudget.Window, budget.Take(CallLane.Closing));
        time.Advance(CloudflareBudget.Window);
        Assert.Equal(TimeSpan.Zero, budget.Take(CallLane.Closing));
    }

    [Fact]
    public void Room_for_several_calls_is_told_without_taking_any()
    {
        var budget = new CloudflareBudget(100, time);
        for (var i = 0; i < 60; i++)
        {
            Take(budget);
            budget.Done(null, null);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal((TimeSpan.Zero, TimeSpan.FromSeconds(300 - 60 + 9)), (budget.WaitFor(CallLane.Resync, 20), budget.WaitFor(CallLane.Resync, 30)));
        Assert.Equal(20, TakeAll(budget, CallLane.Resync));
    }

    [Fact]
    public void No_five_minutes_ever_see_more_calls_than_the_ceiling()
    {
        var budget = new CloudflareBudget(50, time);
        var made = new List<DateTimeOffset>();
        for (var second = 0; second < 2000; second++)
        {
            while (budget.Take(CallLane.Closing) == TimeSpan.Zero)
            {
                budget.Done(null, null);
                made.Add(time.GetUtcNow());
            }

            time.Advance(TimeSpan.FromSeconds(1 + (second % 7)));
        }

        Assert.All(made, at => Assert.InRange(made.Count(other => other >= at && other < at + CloudflareBudget.Window), 1, 50));
        // As many as the limit allows, too.
        var windows = (int)((made[^1] - made[0]) / CloudflareBudget.Window);
        Assert.True(made.Count >= windows * 45, $"{made.Count} calls in {windows} windows");
    }

    [Fact]
    public void The_wait_that_is_told_is_enough_and_not_longer()
    {
        var budget = new CloudflareBudget(10, time);
        TakeAll(budget, CallLane.Closing);
        time.Advance(TimeSpan.FromMinutes(2));

        var wait = budget.Take(CallLane.Closing);

        Assert.Equal(TimeSpan.FromMinutes(3), wait);
        time.Advance(wait);
        Assert.Equal(TimeSpan.Zero, budget.Take(CallLane.Closing));
    }

    [Fact]
    public void Calls_of_others_with_the_same_token_count()
    {
        var budget = new CloudflareBudget(1100, time);
        Take(budget);
        budget.Done("\"default\";r=100;t=30", "\"default\";q=1200;w=300");

        Assert.Equal(TimeSpan.FromSeconds(30), budget.Take(CallLane.Route));
        Assert.Equal(TimeSpan.Zero, budget.Take(CallLane.Closing));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(TimeSpan.Zero, budget.Take(CallLane.Route));
    }

    [Fact]
    public void A_lower_limit_of_cloudflare_holds()
    {
        var budget = new CloudflareBudget(1100, time);
        Take(budget);
        budget.Done("\"default\";r=299;t=300", "\"default\";q=300;w=300");

        Assert.Equal(299, Enumerable.Range(0, 400).Count(_ =>
        {
            var wait = budget.Take(CallLane.Closing);
            return wait == TimeSpan.Zero;
        }));
    }

    [Theory]
    [InlineData(7, 7)]
    [InlineData(null, 300)]
    public void After_a_refusal_nobody_calls_until_it_is_over(int? retryAfter, int waited)
    {
        var budget = new CloudflareBudget(100, time);

        budget.Pause(retryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null);

        Assert.Equal(TimeSpan.FromSeconds(waited), budget.Take(CallLane.Closing));
        time.Advance(TimeSpan.FromSeconds(waited));
        Assert.Equal(TimeSpan.Zero, budget.Take(CallLane.Closing));
    }

    private static void Take(CloudflareBudget budget) => Assert.Equal(TimeSpan.Zero, budget.Take(CallLane.Route));

    private static int TakeAll(CloudflareBudget budget, CallLane lane)
    {
        var taken = 0;
        while (budget.Take(lane) == TimeSpan.Zero)
        {
            budget.Done(null, null);
            taken++;
        }

        return taken;
    }
}
