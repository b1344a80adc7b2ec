using DockFlare.Core.Ingress;

namespace DockFlare.Core.Reconciliation;

/// <summary>Says where every route stands after a pass, and why.</summary>
public static class RouteStates
{
    /// <summary>The outcomes of the desired state with what the plan and its application brought to light, in the same order.</summary>
    public static EquatableArray<RouteOutcome> Settle(DesiredState desired, Plan plan, RouteEvidence evidence)
    {
        ArgumentNullException.ThrowIfNull(desired);
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(evidence);

        var blocked = new Dictionary<RuleKey, BlockedRoute>(plan.Blocked.Count);
        foreach (var block in plan.Blocked)
        {
            blocked[block.Key] = block;
        }

        var tunnelNames = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tunnel in desired.Tunnels)
        {
            tunnelNames[tunnel.TunnelId] = tunnel.Name;
        }

        var settled = new RouteOutcome[desired.Outcomes.Count];
        for (var i = 0; i < settled.Length; i++)
        {
            var outcome = desired.Outcomes[i];
            // A conflict or a refusal is about a wish that is not in the routes, though another's of the same key may be.
            settled[i] = outcome.Served is { } route
                ? Settle(outcome, route, blocked.GetValueOrDefault(route.Key), tunnelNames.GetValueOrDefault(route.TunnelId, route.TunnelId), evidence)
                : outcome;
        }

        return new(settled);
    }

    private static RouteOutcome Settle(RouteOutcome outcome, DesiredRoute route, BlockedRoute? block, string tunnelName, RouteEvidence evidence)
    {
        if (block is { IsServed: false })
        {
            return outcome with { State = RouteState.Blocked, Reason = block.Reason };
        }

        if (outcome.State == RouteState.Grace)
        {
            return outcome;
        }

        if (block is not null)
        {
            return outcome with { State = RouteState.Unproven, Reason = block.Reason };
        }

        long since = 0;
        var isWritten = evidence.RulesSince.TryGetValue(route.TunnelId, out var rules) && rules.TryGetValue(RuleIdentity.Of(route.Key), out since) && since > 0;
        var isPublished = evidence.PublishedHosts.Contains(route.Key.Host);
        if (!isWritten || !isPublished)
        {
            var fault = evidence.Faults.GetValueOrDefault(route.Key.Host) ?? evidence.Faults.GetValueOrDefault(tunnelName);
            return fault is null
                ? outcome with { Reason = outcome.Reason ?? (isWritten ? "The rule is written; the DNS record is on its way." : "On its way to Cloudflare.") }
                : outcome with { State = RouteState.Blocked, Reason = fault };
        }

        if (!evidence.Connectors.TryGetValue(route.TunnelId, out var connector) || connector.ConfigVersion is null)
        {
            return evidence.SilentTunnels.Contains(route.TunnelId)
                ? outcome with { State = RouteState.Unproven, Reason = $"Routed and published; the connector of tunnel '{tunnelName}' does not tell which configuration it runs." }
                : outcome with { Reason = $"Routed and published; the connector of tunnel '{tunnelName}' has not said yet which configuration it runs." };
        }

        if (connector.ReadyConnections == 0)
        {
            return outcome with { Reason = $"The connector of tunnel '{tunnelName}' has no connection to Cloudflare." };
        }

        return connector.ConfigVersion >= since
            ? outcome with { State = RouteState.Live, Reason = null }
            : outcome with { Reason = $"The connector of tunnel '{tunnelName}' still runs configuration version {connector.ConfigVersion}; version {since} carries the rule." };
    }
}
