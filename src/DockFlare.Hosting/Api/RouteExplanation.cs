using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Reconciliation;

namespace DockFlare.Hosting.Api;

/// <summary>What answers a URL, and what stands in the way when nothing of ours does.</summary>
internal sealed record RouteExplanation
{
    public required string Url { get; init; }

    /// <summary>In sentences, the first one being the answer.</summary>
    public required IReadOnlyList<string> Lines { get; init; }

    /// <summary>The route that answers, as <see cref="RuleDocument.Route"/>; null when none of ours does.</summary>
    public string? Route { get; init; }

    public string? State { get; init; }

    public string? Service { get; init; }

    public string? TunnelId { get; init; }

    /// <summary>Routes that would answer if the first did not.</summary>
    public IReadOnlyList<string> Shadowed { get; init; } = [];

    /// <summary>Explains a URL by the routes of a pass.</summary>
    /// <exception cref="FormatException">It is no URL to ask about; the message says what to write.</exception>
    public static RouteExplanation Of(PassSnapshot pass, string url)
    {
        var asked = url.Contains("://", StringComparison.Ordinal) ? url : $"https://{url}";
        var host = HostOf(asked);
        var answers = pass.Desired.Tunnels
            .Select(static tunnel => tunnel.TunnelId).Distinct(StringComparer.Ordinal)
            .Select(id => Ask(pass, id, asked)).OfType<Answer>()
            .OrderBy(static answer => answer.Route.Key).ToList();
        return answers is [var first, ..] ? Describe(pass, url, first) : Nothing(pass, url, host);
    }

    // The record of a host points to one tunnel: the exact name's before the wildcard's.
    private sealed record Answer(DesiredRoute Route, string Why, IReadOnlyList<string> Shadowed);

    private static Answer? Ask(PassSnapshot pass, string tunnelId, string url)
    {
        var routes = pass.Desired.Routes.Where(route => string.Equals(route.TunnelId, tunnelId, StringComparison.Ordinal)).ToList();
        var document = IngressDocument.FromRules([.. routes.Select(static route => route.Rule)]);
        if (new IngressMatcher(document).Explain(url, out _) is not { } answer || answer.Entry.IsCatchAll)
        {
            return null;
        }

        var byIdentity = routes.ToDictionary(static route => RuleIdentity.Of(route.Key));
        return byIdentity.TryGetValue(answer.Entry.Identity, out var found)
            ? new(found, answer.Why, [.. answer.Shadowed.Select(index => byIdentity[document.Entries[index].Identity].Key.ToString())])
            : null;
    }

    private static RouteExplanation Describe(PassSnapshot pass, string url, Answer answer)
    {
        var route = answer.Route;
        var key = route.Key.ToString();
        var outcome = pass.Routes.FirstOrDefault(one => string.Equals(one.Route, key, StringComparison.Ordinal) && one.State is not (RouteState.Conflict or RouteState.Rejected or RouteState.Ignored));
        var service = ServiceText.RedactService(route.Rule.Service);
        var tunnel = pass.Desired.Tunnels.FirstOrDefault(one => string.Equals(one.TunnelId, route.TunnelId, StringComparison.Ordinal))?.Name ?? route.TunnelId;
        List<string> lines = [$"{key} answers: {service}, through tunnel '{tunnel}', for {route.Holder}.", answer.Why];
        var state = outcome?.State ?? RouteState.Pending;
        lines.Add(outcome?.Reason is { } reason ? $"It is {Documents.Word(state)}: {reason}" : $"It is {Documents.Word(state)}.");
        lines.Add(route.Access is null ? "It is public: no access label asks for a login." : "It is guarded by Cloudflare Access.");
        if (answer.Shadowed.Count > 0)
        {
            lines.Add($"It keeps from answering: {string.Join(", ", answer.Shadowed)}.");
        }

        return new() { Url = url, Lines = lines, Route = key, State = Documents.Word(state), Service = service, TunnelId = route.TunnelId, Shadowed = answer.Shadowed };
    }

    private static RouteExplanation Nothing(PassSnapshot pass, string url, string host)
    {
        var wishes = pass.Routes.Where(outcome => string.Equals(outcome.Host, host, StringComparison.Ordinal)).ToList();
        List<string> lines = [$"No route of DockFlare answers {url}."];
        lines.AddRange(wishes.Select(static outcome =>
            $"{outcome.Route} of {(outcome.Source == RouteSource.Manual ? "a manual rule" : $"{outcome.Container} on {outcome.Agent}")} is {Documents.Word(outcome.State)}{(outcome.Reason is null ? "." : $": {outcome.Reason}")}"));
        if (wishes.Count == 0)
        {
            lines.Add($"No container and no manual rule asks for '{host}': give a container the label dockflare.hostname={host}.");
        }

        return new() { Url = url, Lines = lines };
    }

    private static string HostOf(string url)
    {
        var parsed = GoUrl.Parse(url, out var fault);
        if (parsed is null || parsed.Hostname.Length == 0)
        {
            throw new FormatException($"'{url}' is no URL to ask about{(fault is null ? "" : $" ({fault})")}: write one such as https://app.example.com/api.");
        }

        var host = parsed.Hostname.Split(':')[0];
        return HostName.TryParse(host, out var canonical, out _) ? canonical : host;
    }
}
