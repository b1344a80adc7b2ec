using DockFlare.Core.Access;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Reconciliation;

/// <summary>Makes out what guards each route that is served, and so which applications and policies there should be.</summary>
internal sealed class RouteGuards
{
    private readonly ReconcileInput input;
    private readonly Dictionary<string, (AccessWish Wish, RouteGuard Guard)> wholeHosts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, DesiredApp> apps = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, DesiredPolicy> policies = new(StringComparer.Ordinal);

    public RouteGuards(ReconcileInput input, List<Winner> served)
    {
        this.input = input;
        foreach (var winner in served)
        {
            if (winner.Route is { Access: { } wish, Key.Path.IsAny: true } route)
            {
                wholeHosts[route.Key.Host] = (wish, Resolve(route, wish));
            }
        }
    }

    public EquatableArray<DesiredApp> Apps => apps.Values.ToEquatableArray();

    public EquatableArray<DesiredPolicy> Policies => policies.Values.ToEquatableArray();

    /// <summary>The route with what guards it.</summary>
    public DesiredRoute Guard(DesiredRoute route)
    {
        if (route.Access is not { } wish)
        {
            return route.Guard is null ? route : route with { Guard = null };
        }

        var guard = route.Key.Path.IsAny ? wholeHosts[route.Key.Host].Guard
            : route.Key.Path.IsExpression && wish.Policy != AccessPolicyWord.DefaultTld ? GuardExpression(route.Key, wish)
            : Resolve(route, wish);
        Add(guard);
        return route with { Guard = guard };
    }

    /// <summary>What the zones' defaults come to; asked for after the routes.</summary>
    public EquatableArray<ZoneGuard> ZoneDefaults()
    {
        var guards = new List<ZoneGuard>();
        foreach (var wish in input.ZoneDefaults.OrderBy(static wish => wish.Zone, StringComparer.Ordinal))
        {
            // A route for every name of the zone has the application that a default would be.
            RouteGuard guard = input.Zones.FindByName(wish.Zone) is null ? new RouteGuard.Unresolved($"There is no zone '{wish.Zone}' that the token can see.")
                : apps.ContainsKey($"*.{wish.Zone}") ? new RouteGuard.Unresolved($"The route '*.{wish.Zone}' has an Access application of its own, which covers the same names: remove its access labels, or the zone's default.")
                : AccessResolver.Resolve(wish, input.Access);
            guards.Add(new(wish.Zone, guard));
        }

        guards.ForEach(zone => Add(zone.Guard));
        return guards.ToEquatableArray();
    }

    private void Add(RouteGuard guard)
    {
        if (guard is not RouteGuard.Application { App: var app })
        {
            return;
        }

        apps[app.Key] = app;
        foreach (var policy in app.Policies)
        {
            policies[policy.Key] = policy;
        }
    }

    // Access cannot match an expression: such a rule is guarded only where the whole host is, in the same way.
    private RouteGuard GuardExpression(RuleKey key, AccessWish wish)
    {
        if (!wholeHosts.TryGetValue(key.Host, out var whole) || (whole.Wish with { RequireJwt = false }) != (wish with { RequireJwt = false }))
        {
            return new RouteGuard.Unresolved(
                $"'{key}' asks for Access protection under an expression, which Access cannot match, so it is not exposed: guard the whole of '{key.Host}' by a rule without a path and with the same access labels, or write a plain path such as /api.");
        }

        return whole.Guard is RouteGuard.Application { App.IsPublic: false } ? whole.Guard with { RequireJwt = whole.Guard.RequireJwt || wish.RequireJwt } : whole.Guard;
    }

    private RouteGuard Resolve(DesiredRoute route, AccessWish wish) =>
        AccessResolver.Resolve(wish, route.Key, input.Access, input.Zones.FindById(route.ZoneId)?.Name);
}
