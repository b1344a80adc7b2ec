using DockFlare.Core.Access;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Reconciliation;

/// <summary>
/// What operators let go of: it stays at Cloudflare as it is, and is not ours any more. An id stands for the thing as it was shown; one that has
/// changed since has another.
/// </summary>
internal static class Releases
{
    public static string IdOf(ObservedRecord record) =>
        Adoptions.Hash(Adoptions.Lines("release", "record", record.Id, record.Content, record.Proxied ? "proxied" : "", record.Comment));

    public static string IdOf(string tunnelId, IngressEntry rule) => Adoptions.Hash(Adoptions.Lines("release", "rule", tunnelId, Adoptions.Json(rule)));

    public static string IdOf(ObservedApp app) =>
        Adoptions.Hash(Adoptions.Lines(["release", "application", app.Id, app.Name, .. app.Destinations, .. app.Policies.Select(static policy => policy.Id)]));

    public static string IdOf(ObservedPolicy policy) => Adoptions.Hash(Adoptions.Lines("release", "policy", policy.Id, policy.Policy.Name));

    public static string? FindId(Change change) => change switch
    {
        Change.ReleaseDns record => IdOf(record.Observed),
        Change.ReleaseRule rule => IdOf(rule.Tunnel.TunnelId, rule.Observed),
        Change.ReleaseAccess app => IdOf(app.Observed),
        Change.ReleasePolicy policy => IdOf(policy.Observed),
        _ => null,
    };

    /// <summary>The releases that an operator asked for, and what is there with these things being somebody's: the rest of the plan is made for that.</summary>
    public static (ObservedState Observed, List<Change> Changes) Of(DesiredState desired, ObservedState observed, EquatableArray<string> ids)
    {
        var changes = new List<Change>();
        if (ids.IsEmpty)
        {
            return (observed, changes);
        }

        var asked = ids.ToHashSet(StringComparer.Ordinal);
        var names = desired.Tunnels.DistinctBy(static tunnel => tunnel.TunnelId).ToDictionary(static tunnel => tunnel.TunnelId, StringComparer.Ordinal);
        observed = observed with
        {
            Dns = observed.Dns.Select(record => Take(record.IsOwned, new Change.ReleaseDns(record)) ? record with { IsOwned = false } : record).ToEquatableArray(),
            Tunnels = observed.Tunnels.Select(tunnel => names.TryGetValue(tunnel.TunnelId, out var assignment) ? Without(tunnel, assignment) : tunnel).ToEquatableArray(),
        };
        if (observed.Access is { } access)
        {
            observed = observed with
            {
                Access = access with
                {
                    Apps = access.Apps.Select(app => Take(app.OwnedAs is not null, new Change.ReleaseAccess(app)) ? app with { OwnedAs = null } : app).ToEquatableArray(),
                    Policies = access.Policies.Select(policy => Take(policy.OwnedAs is not null, new Change.ReleasePolicy(policy)) ? policy with { OwnedAs = null } : policy).ToEquatableArray(),
                },
            };
        }

        return (observed, changes);

        ObservedTunnel Without(ObservedTunnel tunnel, TunnelAssignment assignment)
        {
            var gone = tunnel.Owned.Where(identity => tunnel.Document.Positions.TryGetValue(identity, out var at) && Take(true, new Change.ReleaseRule(assignment, tunnel.Document.Entries[at]))).ToHashSet();
            return gone.Count == 0 ? tunnel : tunnel with { Owned = tunnel.Owned.Where(identity => !gone.Contains(identity)).ToEquatableArray() };
        }

        bool Take(bool isOurs, Change release)
        {
            if (!isOurs || !asked.Contains(FindId(release)!))
            {
                return false;
            }

            changes.Add(release);
            return true;
        }
    }
}
