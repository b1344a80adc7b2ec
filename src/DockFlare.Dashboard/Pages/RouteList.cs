using DockFlare.Core.Access;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Reconciliation;

namespace DockFlare.Dashboard.Pages;

/// <summary>One route as pages show it.</summary>
internal sealed record RouteRow(RouteOutcome Outcome)
{
    public required string AgentName { get; init; }

    public string? TunnelName { get; init; }

    public Protection Protection { get; init; }

    /// <summary>The policies that guard it, or what is in the way of them.</summary>
    public string? ProtectionDetail { get; init; }

    /// <summary>Where a browser finds it; null when it is not served, or a wildcard.</summary>
    public string? Link => Outcome is { State: RouteState.Live or RouteState.Unproven or RouteState.Grace, Host: { } host } && !host.StartsWith('*') && !Outcome.Route.Contains('~', StringComparison.Ordinal)
        ? "https://" + Outcome.Route
        : null;

    public bool Matches(string words) =>
        words.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(word => Has(Outcome.Route, word) || Has(Outcome.Service, word) || Has(AgentName, word) || Has(TunnelName, word)
            || Has(Outcome.Container, word) || Has(Outcome.Reason, word) || Has(Outcome.Label, word));

    private static bool Has(string? text, string word) => text is not null && text.Contains(word, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Who gets to a route.</summary>
internal enum Protection
{
    /// <summary>It is not served, so the question does not arise.</summary>
    None,

    /// <summary>Everybody.</summary>
    Public,

    /// <summary>Whom an Access application of ours lets in.</summary>
    Application,

    /// <summary>Whom the zone's own application lets in.</summary>
    Zone,

    /// <summary>Nobody new: what was asked for cannot be made out.</summary>
    Unresolved,
}

/// <summary>The routes of the newest pass, made into rows once.</summary>
internal sealed class RouteList(PassBoard board, AgentRegistry registry)
{
    private volatile Rows? last;

    public IReadOnlyList<RouteRow> Current()
    {
        var (pass, agents) = (board.Current, registry.All);
        if (last is { } rows && ReferenceEquals(rows.Pass, pass) && ReferenceEquals(rows.Agents, agents))
        {
            return rows.All;
        }

        var made = Make(pass, agents);
        last = new(pass, agents, made);
        return made;
    }

    private static List<RouteRow> Make(PassSnapshot pass, IReadOnlyList<AgentRecord> agents)
    {
        var names = agents.ToDictionary(static agent => agent.Id, static agent => agent.DisplayName);
        var tunnels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tunnel in pass.Desired.Tunnels)
        {
            tunnels[tunnel.TunnelId] = tunnel.Name;
        }

        var served = new Dictionary<(string, Core.Commands.AgentId), DesiredRoute>(pass.Desired.Routes.Count);
        foreach (var route in pass.Desired.Routes)
        {
            served[(route.Key.ToString(), route.Holder.Agent)] = route;
        }

        var rows = new List<RouteRow>(pass.Routes.Count);
        foreach (var outcome in pass.Routes)
        {
            var isServed = outcome.State is RouteState.Live or RouteState.Unproven or RouteState.Pending or RouteState.Grace;
            var (protection, detail) = isServed && served.TryGetValue((outcome.Route, outcome.Agent), out var route) ? ProtectionOf(route) : (Protection.None, null);
            rows.Add(new(outcome)
            {
                AgentName = names.GetValueOrDefault(outcome.Agent, outcome.Agent.Value ?? ""),
                TunnelName = outcome.TunnelId is { } id ? tunnels.GetValueOrDefault(id, id) : null,
                Protection = protection,
                ProtectionDetail = detail,
            });
        }

        return rows;
    }

    private static (Protection, string?) ProtectionOf(DesiredRoute route) => route.Guard switch
    {
        RouteGuard.Application { App.IsPublic: true } => (Protection.Public, null),
        RouteGuard.Application { App: var app } => (Protection.Application, string.Join(", ", app.Inline.Concat(app.Policies.Select(static policy => policy.Policy)).Select(static policy => policy.Name))),
        RouteGuard.ZoneDefault zone => (Protection.Zone, zone.Zone),
        RouteGuard.Unresolved unresolved => (Protection.Unresolved, unresolved.Reason),
        _ => (Protection.Public, null),
    };

    private sealed record Rows(PassSnapshot Pass, IReadOnlyList<AgentRecord> Agents, IReadOnlyList<RouteRow> All);
}
