using DockFlare.Core.Reconciliation;
using DockFlare.Dashboard.Login;
using DockFlare.Hosting.Reconciliation;

namespace DockFlare.Dashboard.Pages;

/// <summary><c>/routes</c>: every route, where it goes and how it stands.</summary>
internal sealed class RoutesPage(RouteList routes, PassBoard board)
{
    public void Map(PageMap map) => map.Get("/routes", Role.Viewer, ShowAsync);

    private Task ShowAsync(Visit visit)
    {
        var all = routes.Current();
        var filter = RouteFilter.Of(visit);
        var matching = filter.IsEmpty ? all : [.. all.Where(filter.Matches)];
        var model = new RoutesModel
        {
            Rows = Paging<RouteRow>.Of(matching, visit.Query("page")),
            Filter = filter,
            InAll = all.Count,
            Agents = [.. all.Where(static row => row.AgentName.Length > 0).Select(static row => row.AgentName).Distinct(StringComparer.Ordinal).Order(StringComparer.OrdinalIgnoreCase)],
            Tunnels = [.. all.Select(static row => row.TunnelName).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.OrdinalIgnoreCase)],
            Counts = all.CountBy(static row => row.Outcome.State).ToDictionary(),
            Explanation = visit.Query("explain") is { } url ? RouteExplanation.Of(url, board.Current, visit.T) : null,
        };
        return visit.ShowAsync(visit.T["nav.routes"], new Pages_Routes { Model = model, Visit = visit });
    }
}

/// <summary>Which routes are shown.</summary>
internal sealed record RouteFilter(string? Words, string? State, string? Agent, string? Tunnel)
{
    /// <summary>Those that visitors reach.</summary>
    public const string Exposed = "exposed";

    /// <summary>Those that somebody has to look at.</summary>
    public const string Wrong = "wrong";

    public bool IsEmpty => (Words ?? State ?? Agent ?? Tunnel) is null;

    /// <summary>The list's address with this filter.</summary>
    public string Path
    {
        get
        {
            var parts = new (string Name, string? Value)[] { ("q", Words), ("state", State), ("agent", Agent), ("tunnel", Tunnel) }
                .Where(static part => part.Value is not null).Select(static part => $"{part.Name}={Uri.EscapeDataString(part.Value!)}").ToList();
            return parts.Count == 0 ? "/routes" : "/routes?" + string.Join('&', parts);
        }
    }

    public static RouteFilter Of(Visit visit) => new(visit.Query("q"), visit.Query("state"), visit.Query("agent"), visit.Query("tunnel"));

    public bool Matches(RouteRow row) =>
        (State is null || IsIn(row.Outcome.State))
        && (Agent is null || string.Equals(row.AgentName, Agent, StringComparison.Ordinal))
        && (Tunnel is null || string.Equals(row.TunnelName, Tunnel, StringComparison.Ordinal))
        && (Words is null || row.Matches(Words));

    private bool IsIn(RouteState state) => State switch
    {
        Exposed => state is RouteState.Live or RouteState.Unproven or RouteState.Grace,
        Wrong => state is RouteState.Blocked or RouteState.Rejected or RouteState.Conflict,
        _ => string.Equals(Marks.Word(state), State, StringComparison.Ordinal),
    };
}

/// <summary>What the routes page shows.</summary>
internal sealed record RoutesModel
{
    public required Paging<RouteRow> Rows { get; init; }

    public required RouteFilter Filter { get; init; }

    public int InAll { get; init; }

    public required IReadOnlyList<string> Agents { get; init; }

    public required IReadOnlyList<string> Tunnels { get; init; }

    public required IReadOnlyDictionary<RouteState, int> Counts { get; init; }

    public RouteExplanation? Explanation { get; init; }
}
