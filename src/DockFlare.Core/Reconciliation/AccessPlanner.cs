using DockFlare.Core.Access;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Reconciliation;

/// <summary>
/// The part of a plan that is about Access. Fail closed: a route whose application cannot be made or verified is not served, unless it is
/// live and its last application is still there.
/// </summary>
internal sealed class AccessPlanner
{
    private readonly DesiredState desired;
    private readonly ObservedState observed;
    private readonly string owner;
    private readonly Adoptions adoptions;
    private readonly ObservedAccess access;
    private readonly Dictionary<string, ObservedTunnel> tunnels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<RuleIdentity>> ownRules = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ObservedApp> ownApps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ObservedPolicy> ownPolicies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ObservedApp> foreignByDestination = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> unmade;
    private readonly Dictionary<string, string?> policyFaults = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> appFaults = new(StringComparer.Ordinal);
    private readonly Dictionary<RuleKey, string> blocked = [];
    private readonly Dictionary<RuleKey, OriginAccess> tokens = [];
    private readonly HashSet<string> needed = new(StringComparer.Ordinal);

    public AccessPlanner(DesiredState desired, ObservedState observed, string owner, Adoptions adoptions)
    {
        (this.desired, this.observed, this.owner, this.adoptions) = (desired, observed, owner, adoptions);
        access = observed.Access ?? new();
        unmade = access.Unmade.GroupBy(static thing => thing.Key, StringComparer.Ordinal).ToDictionary(static group => group.Key, static group => group.First().Reason, StringComparer.Ordinal);
        foreach (var app in access.Apps)
        {
            if (app.OwnedAs is { } key)
            {
                ownApps[key] = app;
                continue;
            }

            foreach (var destination in app.Destinations)
            {
                foreignByDestination[AccessCoverage.Normalize(destination)] = app;
            }
        }

        foreach (var policy in access.Policies)
        {
            if (policy.OwnedAs is { } key)
            {
                ownPolicies[key] = policy;
            }
        }

        foreach (var tunnel in observed.Tunnels)
        {
            tunnels[tunnel.TunnelId] = tunnel;
        }

        foreach (var route in desired.Routes)
        {
            Look(route);
        }

        foreach (var zone in desired.ZoneDefaults)
        {
            Look(zone);
        }

        MarkClosing();
    }

    /// <summary>What makes and changes applications and policies.</summary>
    public List<Change> Changes { get; } = [];

    /// <summary>The zones' defaults that cannot be had, with the reason.</summary>
    public List<BlockedRoute> BlockedDefaults { get; } = [];

    /// <summary>The hosts that are served now and must not be any longer: no policy holds their removal.</summary>
    public HashSet<string> Closed { get; } = new(StringComparer.Ordinal);

    /// <summary>Why a route must not be served; null when it may.</summary>
    public string? FindBlock(RuleKey key) => blocked.GetValueOrDefault(key);

    /// <summary>The rule to write for a route: with cloudflared's own check of the token where it is asked for.</summary>
    public IngressRule RuleFor(DesiredRoute route) =>
        tokens.TryGetValue(route.Key, out var token) ? route.Rule with { Origin = route.Rule.Origin with { Access = token } } : route.Rule;

    /// <summary>
    /// The applications and policies that nothing needs any more. An application goes only when no rule and no record of its host is left
    /// that the rest of the plan does not remove, or when the labels say that the route is to be public.
    /// </summary>
    /// <param name="planned">The changes of the rest of the plan.</param>
    public (List<Change> Apps, List<Change> Policies) Unguard(List<Change> planned)
    {
        var (apps, policies) = (new List<Change>(), new List<Change>());
        if (access.Unread is not null || !observed.UnreadZones.IsEmpty || !observed.UnreadTunnels.IsEmpty)
        {
            return (apps, policies);
        }

        var wanted = desired.Apps.Select(static app => app.Key).Concat(needed).ToHashSet(StringComparer.Ordinal);
        var leaving = ownApps.Where(app => !wanted.Contains(app.Key)).OrderBy(static app => app.Key, StringComparer.Ordinal).ToList();
        if (leaving.Count > 0)
        {
            var left = new ServedAfter(desired, observed, planned);
            apps.AddRange(leaving.Where(app => left.IsFree(app.Key)).Select(static app => new Change.DeleteAccess(app.Value)));
        }

        var kept = access.Apps.Where(app => !apps.Exists(gone => ((Change.DeleteAccess)gone).Observed.Id == app.Id));
        var replaced = Changes.OfType<Change.UpdateAccess>().Select(static update => update.Observed.Id).ToHashSet(StringComparer.Ordinal);
        var used = kept.Where(app => !replaced.Contains(app.Id)).SelectMany(static app => app.Policies).Select(static policy => policy.Id).ToHashSet(StringComparer.Ordinal);
        var wantedPolicies = desired.Policies.Select(static policy => policy.Key).ToHashSet(StringComparer.Ordinal);
        policies.AddRange(ownPolicies
            .Where(policy => !wantedPolicies.Contains(policy.Key) && !used.Contains(policy.Value.Id))
            .OrderBy(static policy => policy.Key, StringComparer.Ordinal)
            .Select(static policy => new Change.DeletePolicy(policy.Value)));
        return (apps, policies);
    }

    // A host that is served without the application it should have comes before those that are not served yet; so does a zone's default, which may cover such hosts.
    private void MarkClosing()
    {
        var hurried = desired.Routes
            .Where(route => route.Guard is RouteGuard.Application && FindEntry(route) is not null)
            .Select(static route => ((RouteGuard.Application)route.Guard!).App)
            .Concat(desired.ZoneDefaults.Select(static zone => zone.Guard).OfType<RouteGuard.Application>().Select(static guard => guard.App))
            .ToList();
        var apps = hurried.Select(static app => app.Key).ToHashSet(StringComparer.Ordinal);
        var policies = hurried.SelectMany(static app => app.Policies).Select(static policy => policy.Key).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < Changes.Count; i++)
        {
            Changes[i] = Changes[i] switch
            {
                Change.CreateAccess create when apps.Contains(create.Desired.Key) => create with { IsClosing = true },
                Change.CreatePolicy create when policies.Contains(create.Desired.Key) => create with { IsClosing = true },
                var other => other,
            };
        }
    }

    public int OwnedApps => ownApps.Count;

    public int OwnedPolicies => ownPolicies.Count;

    private void Look(DesiredRoute route)
    {
        switch (route.Guard)
        {
            case null when route.Access is null:
                return;
            case RouteGuard.Application guard:
                LookAtApp(route, guard);
                return;
            case RouteGuard.ZoneDefault guard:
                LookAtZoneDefault(route, guard);
                return;
            case RouteGuard.Unresolved guard:
                // It may have been live under an application that was asked for before.
                var key = AppKey(route.Key);
                if (access.Unread is not null || ownApps.TryGetValue(key, out _))
                {
                    needed.Add(key);
                }

                KeepOrClose(route, guard.Reason, key);
                return;
            default:
                Block(route, $"'{route.Key}' asks for Access protection that was not looked up, so it is not exposed.");
                return;
        }
    }

    private void Look(ZoneGuard zone)
    {
        var reason = zone.Guard switch
        {
            _ when access.Unread is { } unread => $"The default of zone '{zone.Zone}' waits, because the Access applications could not be read. {unread}",
            RouteGuard.Application guard => FindFault(guard.App),
            RouteGuard.Unresolved guard => guard.Reason,
            _ => null,
        };
        if (zone.Guard is RouteGuard.Unresolved)
        {
            needed.Add(zone.Key);
        }

        if (reason is not null)
        {
            BlockedDefaults.Add(new(new(zone.Pattern, RulePath.Any), reason) { IsServed = ownApps.ContainsKey(zone.Key) });
        }
    }

    private void LookAtApp(DesiredRoute route, RouteGuard.Application guard)
    {
        var app = guard.App;
        if (access.Unread is { } unread)
        {
            KeepOrClose(route, $"'{route.Key}' waits, because the Access applications could not be read. {unread}", app.Key);
            return;
        }

        if (FindFault(app) is { } fault)
        {
            KeepOrClose(route, fault, app.Key, app);
            return;
        }

        if (guard.RequireJwt)
        {
            LookAtToken(route, ownApps.GetValueOrDefault(app.Key), "its Access application is made: cloudflared checks the tokens of that one alone");
        }
    }

    private void LookAtZoneDefault(DesiredRoute route, RouteGuard.ZoneDefault guard)
    {
        var host = route.Key.Host;
        if (access.Unread is { } unread)
        {
            KeepOrClose(route, $"'{route.Key}' waits, because the Access applications could not be read. {unread}", null);
            return;
        }

        // An application of ours that the host had before, and that is on its way out, does not count; nor does a default of ours that nobody wants any more.
        var own = AppKey(route.Key);
        var leaving = guard.Zone is { } zone && desired.ZoneDefaults.All(wanted => !string.Equals(wanted.Zone, zone, StringComparison.Ordinal)) ? ZoneGuard.KeyOf(zone) : null;
        var app = AccessCoverage.FindForHost(
            host, access.Apps.Where(other => other.OwnedAs is null || (!string.Equals(other.OwnedAs, own, StringComparison.Ordinal) && !string.Equals(other.OwnedAs, leaving, StringComparison.Ordinal))).ToEquatableArray(), out var domain);
        var wanted = guard.Zone is null ? null : $"*.{guard.Zone}";
        var isZoneDefault = domain is not null && (wanted is null ? domain.StartsWith("*.", StringComparison.Ordinal) : string.Equals(domain, wanted, StringComparison.Ordinal));
        if (app is null || !isZoneDefault || app.IsPublic)
        {
            var what = wanted ?? "the zone's '*.' application";
            Block(route, app is null
                ? $"access.policy=default_tld leaves '{host}' to the zone's application '{what}', but no Access application covers it ('*' stands for one label, so neither the zone itself nor deeper names), so it is not exposed: make that application, or give the host a policy of its own."
                : !isZoneDefault
                    ? $"access.policy=default_tld leaves '{host}' to the zone's application '{what}', but the application '{app.Name}' ({domain}) is more specific and answers for it, so it is not exposed: remove that one, or give the host a policy of its own."
                    : $"access.policy=default_tld leaves '{host}' to the zone's application '{app.Name}' ({domain}), and that one lets everybody in, so it is not exposed: change it, or write access.policy=bypass if the host may be public.");
            return;
        }

        if (guard.RequireJwt)
        {
            LookAtToken(route, app, "the zone's application is there");
        }
    }

    private void LookAtToken(DesiredRoute route, ObservedApp? app, string condition)
    {
        if (observed.Access is not null && access.TeamName is not { Length: > 0 })
        {
            KeepOrClose(route, $"cloudflared is to check the Access token of '{route.Key}', but the name of the Zero Trust organisation could not be read: give CF_API_TOKEN 'Account / Access: Organizations, Identity Providers, and Groups / Read'.", AppKey(route.Key));
        }
        else if (app is { Audience.Length: > 0 })
        {
            tokens[route.Key] = new(true, access.TeamName, [app.Audience]);
        }
        else if (FindEntry(route) is { Origin.Access: { Required: true } there })
        {
            tokens[route.Key] = there;
        }
        else if (FindEntry(route) is null)
        {
            blocked[route.Key] = $"'{route.Key}' is routed as soon as {condition}.";
        }
    }

    /// <summary>Plans what an application needs; answers why it cannot be had.</summary>
    private string? FindFault(DesiredApp app)
    {
        if (appFaults.TryGetValue(app.Key, out var known))
        {
            return known;
        }

        var have = ownApps.GetValueOrDefault(app.Key);
        var covered = have is null ? [] : have.Destinations.Select(AccessCoverage.Normalize).ToHashSet(StringComparer.Ordinal);
        var adopted = have is null ? FindAdopted(app) : null;
        foreach (var destination in app.Destinations)
        {
            if (adopted is null && !covered.Contains(destination) && foreignByDestination.TryGetValue(destination, out var foreign))
            {
                return appFaults[app.Key] = $"'{app.Key}' is to be guarded by the application '{app.Name}', but '{destination}' already belongs to the Access application '{foreign.Name}', which DockFlare did not create; it is left as it is, and the host is not exposed. Delete it or adopt it, or use another hostname.";
            }
        }

        var fault = app.Policies.Select(FindFault).FirstOrDefault(static found => found is not null);
        if (have is null || !SaysTheSame(app, have))
        {
            fault ??= unmade.GetValueOrDefault(app.Key);
            if (fault is null)
            {
                Changes.Add(adopted is not null ? new Change.AdoptAccess(adopted, app) : have is null ? new Change.CreateAccess(Named(app)) : new Change.UpdateAccess(have, AccessNames.IsNamed(have.Name, app.Name, owner) ? app with { Name = have.Name } : app));
            }
        }

        return appFaults[app.Key] = fault is null ? null : $"'{app.Key}' is not exposed, because its Access application could not be brought up to date. {fault}";
    }

    // An application that covers more than ours would, or only a part that a second one completes, is never offered: replacing it would open the rest.
    private ObservedApp? FindAdopted(DesiredApp app)
    {
        var inTheWay = app.Destinations.Select(destination => foreignByDestination.GetValueOrDefault(destination)).OfType<ObservedApp>().Distinct().ToList();
        return inTheWay is [var foreign]
            && foreign.Destinations.Select(AccessCoverage.Normalize).All(app.Destinations.Contains)
            && adoptions.IsAgreed(new Change.AdoptAccess(foreign, app)) ? foreign : null;
    }

    // Nothing waits for it: until an operator agrees, one of ours is made beside it. One that an application of others uses is not offered, as whoever
    // gets in there would from then on be a matter of our group.
    private ObservedPolicy? FindAdopted(DesiredPolicy policy)
    {
        var sameName = access.Policies.Where(other => other.OwnedAs is null && other.IsReusable && string.Equals(other.Policy.Name, policy.Policy.Name, StringComparison.Ordinal)).ToList();
        return sameName is [var foreign]
            && foreign.AppCount <= access.Apps.Count(app => app.OwnedAs is not null && app.Policies.Any(used => string.Equals(used.Id, foreign.Id, StringComparison.Ordinal)))
            && adoptions.IsAgreed(new Change.AdoptPolicy(foreign, policy)) ? foreign : null;
    }

    private string? FindFault(DesiredPolicy policy)
    {
        if (policyFaults.TryGetValue(policy.Key, out var known))
        {
            return known;
        }

        var have = ownPolicies.GetValueOrDefault(policy.Key);
        string? fault = null;
        if (FindAdopted(policy) is { } adopted)
        {
            fault = unmade.GetValueOrDefault(policy.Key);
            if (fault is null)
            {
                Changes.Add(new Change.AdoptPolicy(adopted, policy));
            }
        }
        else if (have is null || !policy.Policy.SaysTheSameAs(have.Policy))
        {
            fault = unmade.GetValueOrDefault(policy.Key);
            if (fault is null)
            {
                Changes.Add(have is null ? new Change.CreatePolicy(Named(policy)) : new Change.UpdatePolicy(have, policy with { Policy = policy.Policy with { Name = have.Policy.Name } }));
            }
        }

        return policyFaults[policy.Key] = fault;
    }

    // Names are shared with other installations: where somebody else's thing has ours, ours gets a suffix, so that people can tell them apart.
    private DesiredApp Named(DesiredApp app) =>
        owner.Length > 0 && access.Apps.Any(other => other.OwnedAs is null && string.Equals(other.Name, app.Name, StringComparison.Ordinal))
            ? app with { Name = AccessNames.Suffixed(app.Name, owner) }
            : app;

    private DesiredPolicy Named(DesiredPolicy policy) =>
        owner.Length > 0 && access.Policies.Any(other => other.OwnedAs is null && string.Equals(other.Policy.Name, policy.Policy.Name, StringComparison.Ordinal))
            ? policy with { Policy = policy.Policy with { Name = AccessNames.Suffixed(policy.Policy.Name, owner) } }
            : policy;

    private bool SaysTheSame(DesiredApp want, ObservedApp have) =>
        AccessNames.IsNamed(have.Name, want.Name, owner)
        && (access.Tag is null || have.Tags.AsSpan().Contains(access.Tag))
        && want.Destinations.ToHashSet(StringComparer.Ordinal).SetEquals(have.Destinations.Select(AccessCoverage.Normalize))
        && SameDuration(want.SessionDuration, have.SessionDuration)
        && want.AppLauncherVisible == have.AppLauncherVisible
        && want.AutoRedirectToIdentity == have.AutoRedirectToIdentity
        && want.AllowedIdps.ToHashSet(StringComparer.Ordinal).SetEquals(have.AllowedIdps)
        && SamePolicies(want, have);

    private bool SamePolicies(DesiredApp want, ObservedApp have) => want.Inline.IsEmpty
        ? want.Policies.Select(policy => ownPolicies.GetValueOrDefault(policy.Key)?.Id).SequenceEqual(have.Policies.Select(static policy => policy.IsReusable ? policy.Id : null), StringComparer.Ordinal)
            && want.Policies.All(policy => ownPolicies.ContainsKey(policy.Key))
        : want.Inline.Count == have.Policies.Count
            && want.Inline.Zip(have.Policies).All(static pair => !pair.Second.IsReusable && string.Equals(pair.First.Name, pair.Second.Policy.Name, StringComparison.Ordinal) && pair.First.SaysTheSameAs(pair.Second.Policy));

    private static bool SameDuration(string left, string right) =>
        string.Equals(left, right, StringComparison.Ordinal)
        || (GoDuration.TryParse(left, out var first) && GoDuration.TryParse(right, out var second) && first == second);

    /// <summary>A live route stays as long as its last application is seen; every other one goes or stays away.</summary>
    private void KeepOrClose(DesiredRoute route, string reason, string? key, DesiredApp? wanted = null)
    {
        var entry = FindEntry(route);
        var isSafe = access.Unread is not null
            || (key is not null && ownApps.TryGetValue(key, out var app) && !app.Policies.IsEmpty
                && (wanted is null || wanted.Destinations.All(destination => app.Destinations.Any(covered => string.Equals(AccessCoverage.Normalize(covered), destination, StringComparison.Ordinal)))));
        if (entry is null || !isSafe)
        {
            Block(route, reason);
        }
        else if (entry.Origin.Access is { } token)
        {
            tokens[route.Key] = token;
        }
    }

    private void Block(DesiredRoute route, string reason)
    {
        blocked[route.Key] = reason;
        Closed.Add(route.Key.Host);
    }

    /// <summary>The route's rule as it stands in the document, if it is ours; null when the route is not live.</summary>
    private IngressEntry? FindEntry(DesiredRoute route)
    {
        var identity = RuleIdentity.Of(route.Key);
        if (!tunnels.TryGetValue(route.TunnelId, out var tunnel) || !tunnel.Document.Positions.TryGetValue(identity, out var position))
        {
            return null;
        }

        if (!ownRules.TryGetValue(route.TunnelId, out var owned))
        {
            ownRules.Add(route.TunnelId, owned = [.. tunnel.Owned]);
        }

        return owned.Contains(identity) ? tunnel.Document.Entries[position] : null;
    }

    // A rule under an expression is guarded by the application of its whole host.
    private static string AppKey(RuleKey key) => key.Path.IsExpression ? key.Host : key.ToString();
}
