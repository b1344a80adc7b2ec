using Microsoft.Extensions.Time.Testing;

namespace DockFlare.Hosting.Tests.Agents;

/// <summary>A clock that goes on until something has happened, for what waits in steps of its own.</summary>
internal static class MovingClock
{
    public static async Task MovingAsync(this FakeTimeProvider time, Task wanted, TimeSpan step)
    {
        while (!wanted.IsCompleted)
        {
            time.Advance(step);

            // What the step set off runs on other threads.
            await Task.WhenAny(wanted, Task.Delay(1, TestContext.Current.CancellationToken));
        }

        await wanted;
    }
}
