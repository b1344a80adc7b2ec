using DockFlare.Core.Ingress;

namespace DockFlare.Core.Reconciliation;

/// <summary>What is still served of a host once a plan is applied, by us or by somebody else: as long as something is, its application stays.</summary>
internal sealed class ServedAfter
{
    private readonly HashSet<RuleIdentity> rules = [];
    private readonly HashSet<string> records = new(StringComparer.Ordinal);
    private readonly HashSet<string> publicRoutes = new(StringComparer.Ordinal);
    private readonly HashSet<string> servedHosts = new(StringComparer.Ordinal);
    private readonly HashSet<string> seenHosts = new(StringComparer.Ordinal);
    private readonly HashSet<string> ownGuards = new(StringComparer.Ordinal);
    private readonly HashSet<string> underDefault = new(StringComparer.Ordinal);

    public ServedAfter(DesiredState desired, ObservedState observed, List<Change> planned)
    {
        var removed = planned.OfType<Change.PutIngress>().SelectMany(static put => put.Removed.Select(identity => (put.Tunnel.TunnelId, identity))).ToHashSet();
        foreach (var tunnel in observed.Tunnels)
        {
            seenHosts.UnionWith(tunnel.Owned.Where(tunnel.Document.Positions.ContainsKey).Select(static identity => identity.Hostname));
            foreach (var identity in tunnel.Document.Positions.Keys)
            {
                if (!removed.Contains((tunnel.TunnelId, identity)))
                {
                    rules.Add(identity);
                }
            }
        }

        var deleted = planned.OfType<Change.DeleteDns>().Select(static delete => delete.Observed.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var record in observed.Dns)
        {
            if (record.IsOwned)
            {
                seenHosts.Add(record.Name);
            }

            if (!deleted.Contains(record.Id))
            {
                records.Add(record.Name);
            }
        }

        foreach (var route in desired.Routes)
        {
            servedHosts.Add(route.Key.Host);
            if (route.Access is null || route.Guard is Access.RouteGuard.ZoneDefault)
            {
                publicRoutes.Add(route.Key.ToString());
            }

            (route.Guard is Access.RouteGuard.ZoneDefault ? underDefault : ownGuards).Add(route.Key.Host);
        }
    }

    /// <summary>Whether an application of this key guards nothing any more.</summary>
    public bool IsFree(string appKey)
    {
        if (publicRoutes.Contains(appKey))
        {
            return true;
        }

        if (appKey.StartsWith(Access.ZoneGuard.KeyOf(""), StringComparison.Ordinal))
        {
            // A zone's default goes when those that count on it are seen to be gone, and whoever leaves too: what guards them is not known any more.
            var suffix = appKey[(Access.ZoneGuard.KeyOf("").Length - 1)..];
            return !seenHosts.Any(host => host.EndsWith(suffix, StringComparison.Ordinal) && (underDefault.Contains(host) || !ownGuards.Contains(host)));
        }

        var slash = appKey.IndexOf('/', StringComparison.Ordinal);
        var key = slash < 0 ? new RuleKey(appKey, RulePath.Any) : new RuleKey(appKey[..slash], RulePath.Prefix(appKey[slash..]));

        // A host that other routes are served under keeps its record; then the rule alone decides.
        return !rules.Contains(RuleIdentity.Of(key)) && (!records.Contains(key.Host) || servedHosts.Contains(key.Host));
    }
}
