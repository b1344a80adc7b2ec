using DockFlare.Dashboard.Login;
using DockFlare.Hosting.Reconciliation;

namespace DockFlare.Dashboard.Pages;

/// <summary><c>/history</c>: what was changed, when, why and with what outcome.</summary>
internal sealed class HistoryPage(HistoryStore history)
{
    public void Map(PageMap map) => map.Get("/history", Role.Viewer, ShowAsync);

    private async Task ShowAsync(Visit visit)
    {
        var (host, from) = (visit.Query("host"), visit.Query("from"));
        var (lines, next) = await history.ReadAsync(new(100) { Host = host, From = from is null ? null : HistoryPosition.Parse(from) }, visit.Context.RequestAborted).ConfigureAwait(false);
        await visit.ShowAsync(visit.T["nav.history"], new Pages_History { Model = new(lines, next, host), Visit = visit }).ConfigureAwait(false);
    }
}

/// <summary>What the history page shows.</summary>
internal sealed record HistoryModel(IReadOnlyList<(DateTimeOffset At, HistoryEntry Entry)> Lines, string? Next, string? Host);
