using DockFlare.Core.Commands;
using DockFlare.Core.Reconciliation;
using DockFlare.Dashboard.Login;

namespace DockFlare.Dashboard.Pages;

/// <summary><c>/containers</c>: every labelled container and what became of it.</summary>
internal sealed class ContainersPage(RouteList routes)
{
    public void Map(PageMap map) => map.Get("/containers", Role.Viewer, ShowAsync);

    private Task ShowAsync(Visit visit)
    {
        var all = routes.Current().Where(static row => row.Outcome.Source == RouteSource.Label)
            .GroupBy(static row => (row.Outcome.Agent, row.Outcome.Container))
            .Select(static group => new ContainerRow(group.Key.Agent, group.Key.Container, [.. group]))
            .OrderByDescending(static row => row.Worst).ThenBy(static row => row.Name, StringComparer.OrdinalIgnoreCase).ThenBy(static row => row.Agent)
            .ToList();
        var (words, onlyWrong) = (visit.Query("q"), visit.Query("only") == "wrong");
        var matching = all.Where(row => (!onlyWrong || row.Worst > 0) && (words is null || row.Rows.Any(outcome => outcome.Matches(words)))).ToList();
        var model = new ContainersModel(Paging<ContainerRow>.Of(matching, visit.Query("page")), all.Count, words, onlyWrong);
        return visit.ShowAsync(visit.T["nav.containers"], new Pages_Containers { Model = model, Visit = visit });
    }
}

/// <summary>A container and what became of its wishes.</summary>
internal sealed record ContainerRow(AgentId Agent, string Name, IReadOnlyList<RouteRow> Rows)
{
    /// <summary>What somebody has to look at comes first: 2 wrong, 1 on its way, 0 as it should be.</summary>
    public int Worst => Rows.Max(static row => row.Outcome.State switch
    {
        RouteState.Blocked or RouteState.Rejected or RouteState.Conflict => 2,
        RouteState.Pending or RouteState.Grace => 1,
        _ => 0,
    });
}

/// <summary>What the containers page shows.</summary>
internal sealed record ContainersModel(Paging<ContainerRow> Rows, int InAll, string? Words, bool OnlyWrong)
{
    public string Path => "/containers" + (Words, OnlyWrong) switch
    {
        (null, false) => "",
        (null, true) => "?only=wrong",
        ({ } words, false) => "?q=" + Uri.EscapeDataString(words),
        ({ } words, true) => $"?q={Uri.EscapeDataString(words)}&only=wrong",
    };
}
