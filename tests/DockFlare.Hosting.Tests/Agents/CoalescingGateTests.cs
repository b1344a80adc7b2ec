using DockFlare.Hosting.Agents;
using Microsoft.Extensions.Time.Testing;

namespace DockFlare.Hosting.Tests.Agents;

public sealed class CoalescingGateTests
{
    private readonly FakeTimeProvider time = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private void Pass(int milliseconds) => time.Advance(TimeSpan.FromMilliseconds(milliseconds));

    [Fact]
    public async Task The_first_change_lets_through_at_once_and_many_raises_are_one()
    {
        var gate = new CoalescingGate(time);
        gate.Raise();
        gate.Raise();

        var first = gate.WaitAsync(Stop).AsTask();
        var second = gate.WaitAsync(Stop).AsTask();

        await first;
        Assert.False(second.IsCompleted);
    }

    [Fact]
    public async Task What_follows_waits_for_100_ms_of_quiet()
    {
        var gate = new CoalescingGate(time);
        gate.Raise();
        await gate.WaitAsync(Stop);
        Pass(50);
        gate.Raise();
        var waiting = gate.WaitAsync(Stop).AsTask();

        Pass(60);
        gate.Raise();
        Pass(60);
        var early = waiting.IsCompleted;
        Pass(40);
        await waiting;

        Assert.False(early);
    }

    [Fact]
    public async Task A_rush_that_does_not_end_is_let_through_after_2_seconds()
    {
        var gate = new CoalescingGate(time);
        gate.Raise();
        await gate.WaitAsync(Stop);
        gate.Raise();
        var started = time.GetUtcNow();
        var waiting = gate.WaitAsync(Stop).AsTask();
        while (!waiting.IsCompleted && time.GetUtcNow() - started < TimeSpan.FromSeconds(5))
        {
            Pass(50);
            gate.Raise();
        }

        await waiting;
        Assert.InRange(time.GetUtcNow() - started, TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(2100));
    }

    [Fact]
    public async Task After_quiet_a_change_lets_through_at_once_again()
    {
        var gate = new CoalescingGate(time);
        gate.Raise();
        await gate.WaitAsync(Stop);
        Pass(100);
        gate.Raise();

        var waiting = gate.WaitAsync(Stop).AsTask();

        Assert.True(waiting.IsCompletedSuccessfully);
    }
}
