using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Core.Ingress;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Core.Zones;

namespace DockFlare.Tests.Access;

/// <summary>One host, one zone and a few access groups; what Cloudflare holds is written down by the tests.</summary>
internal static class AccessSetting
{
    public const string TunnelId = "6ff42ae2-765d-4adf-8112-31c55c1551ef";
    public const string Zone = "z1";
    public const string Owner = "abc123";
    public const string Pin = "11111111-0000-0000-0000-000000000001";
    public const string GitHub = "11111111-0000-0000-0000-000000000002";

    public static readonly AgentReport Empty = new(new("nas"), IsComplete: true, TunnelGeneration: 1, []);

    public static readonly TunnelAssignment Tunnel = new(TunnelId, new("nas"), 1) { Name = "nas" };

    public static AccessCatalog Catalog { get; } = new()
    {
        AccountEmail = "me@example.com",
        Groups =
        [
            new("family") { Policies = [new(AccessDecision.Allow) { Include = [new(AccessSelectorKind.Email, "Mum@example.com"), new(AccessSelectorKind.Email, "dad@example.com")] }] },
            new("office")
            {
                Policies =
                [
                    new(AccessDecision.Bypass) { Include = [new(AccessSelectorKind.Ip, "203.0.113.0/24")] },
                    new(AccessDecision.Allow) { Include = [new(AccessSelectorKind.EmailDomain, "example.com")], Require = [new(AccessSelectorKind.Country, "ch")] },
                ],
            },
            new("staff")
            {
                SessionDuration = "1h", AppLauncherVisible = true, AllowedIdps = ["github"], AutoRedirectToIdentity = true,
                Policies = [new(AccessDecision.Allow) { Include = [AccessSelector.Everyone], Require = [new(AccessSelectorKind.LoginMethod, GitHub)] }],
            },
            new("empty"),
        ],
        IdentityProviders = [new(Pin, "One-time PIN", "onetimepin"), new(GitHub, "GitHub", "github"), new("22222222-0000-0000-0000-000000000001", "Google", "google"), new("22222222-0000-0000-0000-000000000002", "Google", "google-apps")],
    };

    /// <summary>The desired state of containers with these labels, one for each text; lines are labels without the prefix.</summary>
    public static DesiredState Desired(params string[] containers) => Desired(Catalog, containers);

    public static DesiredState Desired(AccessCatalog catalog, params string[] containers) => DesiredStateBuilder.Build(new()
    {
        Tunnels = [Tunnel],
        Reports = [Empty with { Containers = containers.Select(Container).ToEquatableArray() }],
        Zones = new([new(Zone, "example.com")]),
        Access = catalog,
    });

    public static ContainerSnapshot Container(string labels, int number)
    {
        var map = new Dictionary<string, string> { ["dockflare.enable"] = "true", ["dockflare.service"] = $"http://c{number}:80" };
        foreach (var line in labels.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var at = line.IndexOf('=', StringComparison.Ordinal);
            map["dockflare." + line[..at]] = line[(at + 1)..];
        }

        return new($"id{number}", $"c{number}", map);
    }

    /// <summary>An application of ours as it should be, with every policy it needs.</summary>
    public static ObservedApp AsWanted(DesiredApp app) => new($"id-{app.Key}", app.Name, $"aud-{app.Key}")
    {
        Destinations = app.Destinations, SessionDuration = app.SessionDuration, AppLauncherVisible = app.AppLauncherVisible, AutoRedirectToIdentity = app.AutoRedirectToIdentity,
        AllowedIdps = app.AllowedIdps, OwnedAs = app.Key,
        Policies = app.Inline.IsEmpty
            ? app.Policies.Select(AsWanted).ToEquatableArray()
            : app.Inline.Select((policy, at) => new ObservedPolicy($"inline-{at}", policy) { IsReusable = false }).ToEquatableArray(),
    };

    public static ObservedPolicy AsWanted(DesiredPolicy policy) => new($"id-{policy.Key}", policy.Policy) { OwnedAs = policy.Key };

    /// <summary>All that a desired state asks for in Access.</summary>
    public static ObservedAccess AccessOf(DesiredState desired) => new()
    {
        Apps = desired.Apps.Select(AsWanted).ToEquatableArray(), Policies = desired.Policies.Select(AsWanted).ToEquatableArray(), TeamName = "team",
    };

    /// <summary>Rules and records as they are after these routes were served.</summary>
    public static ObservedState Served(DesiredState desired, ObservedAccess? access)
    {
        var rules = desired.Routes.Select(static route => route.Rule).ToList();
        return new()
        {
            Tunnels = [new(TunnelId, IngressMerge.Merge(IngressDocument.Empty, [], rules).Document, 1) { Owned = rules.Select(static rule => RuleIdentity.Of(rule.Key)).ToEquatableArray() }],
            Dns = desired.Dns.Select(static record => new ObservedRecord($"r-{record.Name}", Zone, record.Name, "CNAME", record.Content) { Proxied = true, Comment = DnsNames.Comment(Owner, null), IsOwned = true }).ToEquatableArray(),
            Agents = [new(new("nas"), 1, TunnelId)],
            Access = access,
        };
    }

    /// <summary>A tunnel that carries nothing.</summary>
    public static ObservedState Bare(ObservedAccess? access) => new()
    {
        Tunnels = [new(TunnelId, IngressMerge.Merge(IngressDocument.Empty, [], []).Document, 1)], Agents = [new(new("nas"), 1, TunnelId)], Access = access,
    };

    public static Plan Plan(DesiredState desired, ObservedState observed, PlanPolicy? policy = null) => Planner.Compute(desired, observed, policy, Owner);

    /// <summary>The steps, a line each.</summary>
    public static string[] Steps(Plan plan) => [.. plan.Changes.Select(static change => $"{change.Phase} {change.Describe()}")];
}
