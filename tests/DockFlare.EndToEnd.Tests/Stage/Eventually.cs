using System.Diagnostics;

namespace DockFlare.EndToEnd.Tests.Stage;

/// <summary>Waits for what only an API tells. The limit is for what never comes; nothing waits longer than it takes.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Reads until what is read is as wanted, and gives it.</summary>
    public static async Task<T> ReadAsync<T>(string wanted, Func<Task<T>> read, Func<T, bool> isIt, TimeSpan? limit = null)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var last = await read();
            if (isIt(last))
            {
                return last;
            }

            if (Stopwatch.GetElapsedTime(since) > (limit ?? Limit))
            {
                Assert.Fail($"After {(limit ?? Limit).TotalSeconds:0} s still not: {wanted}. Last: {last}");
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
