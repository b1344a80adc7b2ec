using System.Text.Json;
using DockFlare.Core.Existing;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Reconciliation;

namespace DockFlare.Hosting.Api;

/// <summary>A pass as the API shows it.</summary>
internal static class Documents
{
    public static OverviewDocument Overview(PassSnapshot pass, AgentRegistry registry, CloudflareClient cloudflare)
    {
        var agents = registry.All;
        var enrolled = agents.Where(static agent => agent.Status == AgentStatus.Enrolled).ToList();
        var online = enrolled.Count(agent => registry.IsOnline(agent.Id));
        return new()
        {
            Routes = Enum.GetValues<RouteState>().ToDictionary(Word, state => pass.Routes.Count(route => route.State == state)),
            Agents = new(online, enrolled.Count - online, agents.Count(static agent => agent.Status == AgentStatus.Pending)),
            Converged = pass.IsConverged,
            Trouble = pass.Trouble,
            NotApplied = pass.WhyNotApplied,
            ChangesLeft = pass.Remaining.Changes.Count,
            HeldBack = pass.Remaining.Held.Count(static held => held.AdoptionId is null),
            Adoptable = pass.Remaining.Held.Count(static held => held.AdoptionId is not null),
            Cloudflare = new(cloudflare.CallsLeft, [.. cloudflare.Paused.Select(static area => new PausedDocument(area.Name, area.Reason, area.Until))]),
            LastPass = pass.Number == 0 ? null : new(pass.Number, pass.At, pass.Duration.TotalSeconds, pass.Applied.Count),
        };
    }

    public static IReadOnlyList<RuleDocument> Rules(PassSnapshot pass) => [.. pass.Routes.Select(Rule)];

    public static IReadOnlyList<ContainerDocument> Containers(PassSnapshot pass) =>
    [
        .. pass.Routes
            .Where(static route => route.Container.Length > 0)
            .GroupBy(static route => (Agent: route.Agent.Value ?? "", route.Container))
            .OrderBy(static group => group.Key.Agent, StringComparer.Ordinal).ThenBy(static group => group.Key.Container, StringComparer.Ordinal)
            .Select(static group => new ContainerDocument
            {
                Agent = group.Key.Agent,
                Container = group.Key.Container,
                Ok = group.All(static route => route.State is RouteState.Live or RouteState.Unproven or RouteState.Pending),
                Routes = [.. group.Select(Rule)],
            }),
    ];

    private static RuleDocument Rule(RouteOutcome route) => new()
    {
        Route = route.Route,
        Host = route.Host,
        State = Word(route.State),
        Reason = route.Reason,
        Service = route.Service,
        TunnelId = route.TunnelId,
        Agent = route.Agent.Value,
        Container = route.Container.Length == 0 ? null : route.Container,
        Source = route.Source == RouteSource.Manual ? "manual" : "label",
        Label = route.Label,
        Notes = route.Notes.IsEmpty ? null : [.. route.Notes],
    };

    public static IReadOnlyList<ZoneDocument> Zones(PassSnapshot pass) => [.. pass.Zones.Select(static zone => new ZoneDocument(zone.Id, zone.Name, zone.Status))];

    public static IReadOnlyList<TunnelDocument> Tunnels(PassSnapshot pass) =>
    [
        .. pass.Desired.Tunnels.GroupBy(static tunnel => tunnel.TunnelId, StringComparer.Ordinal).Select(agents =>
        {
            var tunnel = agents.First();
            var connector = pass.Connectors.GetValueOrDefault(tunnel.TunnelId);
            return new TunnelDocument
            {
                Id = tunnel.TunnelId,
                Name = tunnel.Name,
                Agents = [.. agents.Select(static tunnel => tunnel.Agent.Value).OfType<string>()],
                Generation = tunnel.Generation,
                ConnectorVersion = connector?.Version,
                ReadyConnections = connector?.ReadyConnections,
                ConfigVersion = connector?.ConfigVersion,
            };
        }),
    ];

    public static string Word(RouteState state) => state.ToString().ToLowerInvariant();

    public static ExistingDocument Existing(ExistingView view) => new(
        [
            .. view.Things.Select(static thing => new ExistingThingDocument
            {
                Kind = JsonNamingPolicy.SnakeCaseLower.ConvertName(thing.Kind.ToString()),
                Subject = thing.Subject,
                Owner = JsonNamingPolicy.SnakeCaseLower.ConvertName(thing.Owner.ToString()),
                Id = thing.Id,
                Target = thing.Target.Length == 0 ? null : thing.Target,
                Tunnel = thing.Tunnel,
                Adoptable = thing.CanBeAdopted,
                Release = thing.ReleaseId,
                Note = thing.Note,
                Labels = thing.Labels.IsEmpty ? null : thing.Labels.Select(static label => label.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1]),
            }),
        ],
        [.. view.Unread]);
}
