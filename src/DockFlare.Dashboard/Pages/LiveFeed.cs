using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using DockFlare.Dashboard.Login;
using DockFlare.Hosting.Reconciliation;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace DockFlare.Dashboard.Pages;

/// <summary><c>/live</c>: tells open pages that there is something new; they ask for themselves and lay over what changed.</summary>
internal sealed class LiveFeed(PassBoard board, Sessions sessions, SessionRoles roles, TimeProvider time, IHostApplicationLifetime lifetime)
{
    // What depends on the clock alone, such as an agent that fell silent, is looked at this often.
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(15);

    public void Map(PageMap map) => map.Get("/live", Role.Viewer, visit =>
        TypedResults.ServerSentEvents(EventsAsync(visit, visit.Context.RequestAborted)).ExecuteAsync(visit.Context));

    private async IAsyncEnumerable<SseItem<string>> EventsAsync(Visit visit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Streams would hold up the end of the host.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var passes = board.WatchAsync(either.Token).GetAsyncEnumerator(either.Token);
        await using (passes.ConfigureAwait(false))
        {
            var next = passes.MoveNextAsync().AsTask();
            try
            {
                while (await IsTimeAsync(next, either.Token).ConfigureAwait(false) && await IsStillWelcomeAsync(visit, either.Token).ConfigureAwait(false))
                {
                    yield return new(board.Current.Number.ToString(System.Globalization.CultureInfo.InvariantCulture), "pass");
                    next = next.IsCompleted ? passes.MoveNextAsync().AsTask() : next;
                }
            }
            finally
            {
                await either.CancelAsync().ConfigureAwait(false);
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Waits for the next pass or the next tick; false at the end.</summary>
    private async Task<bool> IsTimeAsync(Task<bool> next, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(Tick, time);
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await next.WaitAsync(wait.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return !cancellationToken.IsCancellationRequested;
        }
    }

    // A session that was ended, or a user who is gone, hears no more.
    private async ValueTask<bool> IsStillWelcomeAsync(Visit visit, CancellationToken cancellationToken) =>
        visit.Context.User.FindFirst(SessionCookie.SecretClaim)?.Value is { } secret
            ? await sessions.FindAsync(secret, cancellationToken).ConfigureAwait(false) is { } session && roles.Find(session) is not null
            : long.TryParse(visit.Context.User.FindFirst(AccessLogin.EndClaim)?.Value, out var end) && time.GetUtcNow().ToUnixTimeSeconds() < end;
}
