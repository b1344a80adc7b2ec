using System.Globalization;
using System.Text;
using DockFlare.Core.Reconciliation;

namespace DockFlare.Hosting.Diagnostics;

/// <summary>Routes as text for a terminal.</summary>
internal static class RouteTable
{
    /// <summary>A table of routes, one line each, with the reason below where there is one to act on.</summary>
    public static string Write(IReadOnlyCollection<RouteOutcome> routes)
    {
        if (routes.Count == 0)
        {
            return "No container asks for a route. Give one the labels dockflare.enable=true, dockflare.hostname=… and dockflare.service=…\n";
        }

        var text = new StringBuilder();
        var route = Math.Max(5, routes.Max(static outcome => outcome.Route.Length));
        var service = Math.Max(7, routes.Max(static outcome => outcome.Service?.Length ?? 0));
        var from = Math.Max(4, routes.Max(static outcome => From(outcome).Length));
        text.Append("  ").Append("STATE".PadRight(10)).Append("ROUTE".PadRight(route + 2)).Append("SERVICE".PadRight(service + 2)).Append("FROM\n");
        foreach (var outcome in routes)
        {
            text.Append(Mark(outcome.State)).Append(' ')
                .Append(Word(outcome.State).PadRight(10))
                .Append(outcome.Route.PadRight(route + 2))
                .Append((outcome.Service ?? "").PadRight(service + 2))
                .Append(From(outcome).PadRight(from).TrimEnd())
                .Append('\n');
            if (outcome.Reason is { } reason && outcome.State is not (RouteState.Live or RouteState.Unproven))
            {
                text.Append("            ").Append(reason).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>What became different between two tables, one line each, in the order of the routes.</summary>
    public static IEnumerable<string> Changes(IReadOnlyCollection<RouteOutcome> before, IReadOnlyCollection<RouteOutcome> after)
    {
        var old = before.GroupBy(Identity).ToDictionary(static group => group.Key, static group => group.Last());
        foreach (var outcome in after)
        {
            old.Remove(Identity(outcome), out var previous);
            if (previous is null || previous.State != outcome.State || !string.Equals(previous.Service, outcome.Service, StringComparison.Ordinal)
                || (outcome.State is RouteState.Blocked or RouteState.Rejected or RouteState.Conflict && !string.Equals(previous.Reason, outcome.Reason, StringComparison.Ordinal)))
            {
                yield return Line(outcome);
            }
        }

        var there = after.Select(static outcome => outcome.Route).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in old.Values.Where(outcome => !there.Contains(outcome.Route)).OrderBy(static outcome => outcome.Route, StringComparer.Ordinal))
        {
            yield return $"- {"gone",-9} {gone.Route}";
        }
    }

    private static string Line(RouteOutcome outcome)
    {
        var line = $"{Mark(outcome.State)} {Word(outcome.State),-9} {outcome.Route}";
        if (outcome.Service is { } service)
        {
            line += $" -> {service}";
        }

        line += string.Create(CultureInfo.InvariantCulture, $"  ({From(outcome)})");
        return outcome.Reason is { } reason && outcome.State is not (RouteState.Live or RouteState.Unproven) ? $"{line}: {reason}" : line;
    }

    private static (string, string, string) Identity(RouteOutcome outcome) => (outcome.Route, outcome.Agent.Value ?? "", outcome.Container);

    private static string From(RouteOutcome outcome) =>
        outcome.Source == RouteSource.Manual ? "manual" : $"{outcome.Container} on {outcome.Agent}";

    private static string Word(RouteState state) => state.ToString().ToLowerInvariant();

    private static char Mark(RouteState state) => state switch
    {
        RouteState.Live or RouteState.Unproven => '+',
        RouteState.Pending => '.',
        RouteState.Grace => '~',
        RouteState.Ignored => ' ',
        _ => '!',
    };
}
