using System.Collections.Concurrent;
using System.Globalization;
using System.Net;

namespace DockFlare.EndToEnd.Tests.Stage;

/// <summary>
/// Visitors whose requests come through the edge at a steady rate, each to one of the connectors that are registered there. A connector that drains has
/// said goodbye and gets none any more; a request that nobody takes, or that breaks on the way, has failed.
/// </summary>
internal sealed class Visitors : IAsyncDisposable
{
    private readonly Edge edge;
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<string, bool> hasServed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> hasLeft = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> failures = new();
    private readonly Task coming;
    private int served;

    public Visitors(Edge edge, int perSecond)
    {
        this.edge = edge;
        coming = ComeAsync(TimeSpan.FromSeconds(1.0 / perSecond));
    }

    /// <summary>How many requests were answered.</summary>
    public int Served => Volatile.Read(ref served);

    /// <summary>What became of the requests that were not.</summary>
    public IReadOnlyCollection<string> Failures => failures;

    /// <summary>How many connectors answered any.</summary>
    public int Connectors => hasServed.Count;

    /// <summary>Waits until this many more were answered or failed.</summary>
    public Task MoreAsync(int requests)
    {
        var goal = Served + failures.Count + requests;
        return Eventually.ReadAsync($"{requests} more requests", () => Task.FromResult(Served + failures.Count), count => count >= goal);
    }

    /// <summary>No more come; those under way are waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await coming;
        stopping.Dispose();
        http.Dispose();
    }

    // What a busy machine delays is made good: the rate holds on the whole.
    private async Task ComeAsync(TimeSpan between)
    {
        var since = TimeProvider.System.GetTimestamp();
        var underWay = new List<Task>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        try
        {
            for (var sent = 0; await timer.WaitForNextTickAsync(stopping.Token);)
            {
                for (; sent < TimeProvider.System.GetElapsedTime(since) / between; sent++)
                {
                    underWay.Add(VisitAsync(sent));
                }

                underWay.RemoveAll(static visit => visit.IsCompletedSuccessfully);
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(underWay);
        }
    }

    private async Task VisitAsync(int number)
    {
        var connectors = edge.Connectors.Where(connector => !hasLeft.ContainsKey(connector.Id)).ToList();
        for (var i = 0; i < connectors.Count; i++)
        {
            var (id, address) = connectors[(number + i) % connectors.Count];
            try
            {
                using var answer = await http.GetAsync(new Uri(address, "/visit"));
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    hasServed[id] = true;
                    Interlocked.Increment(ref served);
                    return;
                }

                // Not registered yet, or not any more.
                if (hasServed.ContainsKey(id))
                {
                    hasLeft[id] = true;
                }
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
            {
                if (hasServed.ContainsKey(id) && !hasLeft.ContainsKey(id))
                {
                    failures.Enqueue(string.Create(CultureInfo.InvariantCulture, $"request {number} broke on connector {id[..12]}: {error.Message}"));
                    return;
                }
            }
        }

        failures.Enqueue(string.Create(CultureInfo.InvariantCulture, $"request {number} found none of {connectors.Count} connectors registered"));
    }
}
