using DockFlare.Hosting.Commands;
using Microsoft.Extensions.Time.Testing;

namespace DockFlare.Hosting.Tests.Commands;

public sealed class InMemoryCommandQueueTests : CommandQueueContract
{
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));

    public override ValueTask InitializeAsync()
    {
        Queue = new InMemoryCommandQueue(Rules, time, static () => 1);
        return ValueTask.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_waiting_poll_gets_a_command_whose_lease_runs_out_meanwhile()
    {
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);
        await LeaseAsync();
        var poll = Queue.LeaseAsync(Nas, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1), Token);
        Assert.False(poll.IsCompleted);

        time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(2, (await poll)!.Attempt);
    }

    [Fact]
    public async Task A_waiting_poll_gets_a_command_whose_backoff_ends_meanwhile()
    {
        await Queue.EnqueueAsync(Nas, Ensure(1), Token);
        var lease = await LeaseAsync();
        var poll = Queue.LeaseAsync(Nas, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1), Token).AsTask();
        await Queue.NackAsync(lease.Token, "no image", Token);

        // The poll was woken to look at the new time; it sleeps again until the backoff is over.
        while (!poll.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(2, (await poll)!.Attempt);
    }

    private protected override ValueTask<ICommandQueue> OfAnotherMasterAsync() => ValueTask.FromResult(Queue);

    protected override void Advance(TimeSpan by) => time.Advance(by);
}
