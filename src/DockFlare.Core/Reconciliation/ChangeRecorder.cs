using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;

namespace DockFlare.Core.Reconciliation;

/// <summary>Tells what the changes of a plan are and why they are made, from what was wanted before and what is wanted now.</summary>
public sealed class ChangeRecorder
{
    private readonly ObservedState observed;
    private readonly ILookup<string, DesiredRoute> now;
    private readonly ILookup<string, DesiredRoute> before;
    private readonly Dictionary<RuleKey, string> blocked = [];

    /// <summary>For one plan.</summary>
    /// <param name="desired">What is wanted.</param>
    /// <param name="observed">What the plan was made from.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="settled">The routes that were in place before: what is changed of them though they are wanted as they were is drift.</param>
    public ChangeRecorder(DesiredState desired, ObservedState observed, Plan plan, EquatableArray<DesiredRoute> settled)
    {
        ArgumentNullException.ThrowIfNull(desired);
        ArgumentNullException.ThrowIfNull(observed);
        ArgumentNullException.ThrowIfNull(plan);

        this.observed = observed;
        now = desired.Routes.ToLookup(static route => route.Key.Host, StringComparer.Ordinal);
        before = settled.ToLookup(static route => route.Key.Host, StringComparer.Ordinal);
        foreach (var block in plan.Blocked)
        {
            blocked.TryAdd(block.Key, block.Reason);
        }
    }

    /// <summary>The lines of one change: one, or one for each rule of a document.</summary>
    public IEnumerable<RecordedChange> Record(Change change) => change switch
    {
        Change.PutIngress put => Rules(put),
        Change.CreateDns create => [Made(change, create.Subject, null, Text(create.Desired))],
        Change.UpdateDns update => [Made(change, update.Subject, Text(update.Observed), Text(update.Desired))],
        Change.AdoptDns adopt => [Adopted(change, adopt.Subject, Text(adopt.Observed), Text(adopt.Desired))],
        Change.DeleteDns delete => [Gone(change, delete.Subject, null, Text(delete.Observed))],
        Change.AdoptRule adopt => [Adopted(change, adopt.Subject, ServiceText.Redact(adopt.Observed.Service), ServiceText.Redact(adopt.Rule.Service))],
        Change.CreateAccess create => [Made(change, HostOf(create.Subject), null, create.Desired.Name)],
        Change.UpdateAccess update => [Made(change, HostOf(update.Subject), update.Observed.Name, update.Desired.Name)],
        Change.AdoptAccess adopt => [Adopted(change, HostOf(adopt.Subject), adopt.Observed.Name, adopt.Desired.Name)],
        Change.DeleteAccess delete => [Gone(change, HostOf(delete.Subject), null, delete.Observed.Name)],
        Change.CreatePolicy create => [Of(change, ChangeCause.Operator, $"the access group of '{create.Desired.Key}'") with { After = create.Subject }],
        Change.UpdatePolicy update => [Of(change, ChangeCause.Operator, $"the access group of '{update.Desired.Key}'") with { Before = update.Observed.Policy.Name, After = update.Subject }],
        Change.DeletePolicy delete => [Of(change, ChangeCause.Unneeded, "nothing uses it") with { Before = delete.Subject }],
        Change.CreateTunnel create => [Of(change, ChangeCause.Agent, $"agent '{create.Tunnel.Agent}'") with { After = create.Subject }],
        Change.AdoptTunnel adopt => [Of(change, ChangeCause.Adoption, "an operator agreed") with { Before = adopt.TunnelId, After = adopt.Subject }],
        Change.AdoptPolicy adopt => [Of(change, ChangeCause.Adoption, "an operator agreed") with { Before = adopt.Observed.Policy.Name, After = adopt.Subject }],
        Change.ReleaseDns release => [Released(change, release.Subject, Text(release.Observed))],
        Change.ReleaseRule release => [Released(change, release.Subject, ServiceText.Redact(release.Observed.Service))],
        Change.ReleaseAccess release => [Released(change, HostOf(release.Subject), release.Observed.Name)],
        Change.ReleasePolicy release => [Released(change, null, release.Subject)],
        Change.DispatchCommand dispatch => [Of(change, ChangeCause.Agent, $"agent '{dispatch.Agent}' does not run it yet")],
        _ => throw new ArgumentOutOfRangeException(nameof(change), change, "There is no line for this kind of change."),
    };

    private IEnumerable<RecordedChange> Rules(Change.PutIngress put)
    {
        var there = observed.Tunnels.FirstOrDefault(tunnel => string.Equals(tunnel.TunnelId, put.Tunnel.TunnelId, StringComparison.Ordinal))?.Document;
        var wanted = put.Rules.DistinctBy(static rule => rule.Key).ToDictionary(static rule => RuleIdentity.Of(rule.Key));
        var lines = new List<RecordedChange>();
        foreach (var identity in put.Added)
        {
            lines.Add(Made(put, identity, null, "add_rule", "+", Find(wanted, identity)));
        }

        foreach (var identity in put.Changed)
        {
            var (old, after) = (Find(there, identity), Find(wanted, identity));
            lines.Add(Made(put, identity, old, "change_rule", "~", string.Equals(old, after, StringComparison.Ordinal) ? $"{after}, with other settings" : after));
        }

        foreach (var identity in put.Removed)
        {
            var old = Find(there, identity);
            lines.Add(Gone(put, identity.Hostname, IngressOrder.KeyOf(identity), old) with { Kind = "remove_rule", Text = $"- rule     {PlanText.Describe(identity)} on {put.Tunnel.Name}" });
        }

        return lines.Count > 0 ? lines : [Of(put, ChangeCause.Drift, "the order of the rules was another")];
    }

    private RecordedChange Made(Change.PutIngress put, RuleIdentity identity, string? old, string kind, string sign, string? after)
    {
        var (cause, by) = WhyMade(identity.Hostname, IngressOrder.KeyOf(identity));
        return new(kind, $"{sign} rule     {PlanText.Describe(identity)} on {put.Tunnel.Name}{(after is null ? "" : $" -> {after}")}", cause, by) { Host = identity.Hostname, Before = old, After = after };
    }

    private RecordedChange Made(Change change, string host, string? old, string after)
    {
        var (cause, by) = WhyMade(host, null);
        return new(PlanJson.KindOf(change), change.Describe(), cause, by) { Host = host, Before = old, After = after };
    }

    private RecordedChange Gone(Change change, string host, RuleKey? key, string? old)
    {
        var (cause, by) = WhyGone(host, key);
        return new(PlanJson.KindOf(change), change.Describe(), cause, by) { Host = host, Before = old };
    }

    private static RecordedChange Adopted(Change change, string host, string old, string after) =>
        Of(change, ChangeCause.Adoption, "an operator agreed") with { Host = host, Before = old, After = after };

    // It is the same before and after, and not ours any more.
    private static RecordedChange Released(Change change, string? host, string what) =>
        Of(change, ChangeCause.Release, "an operator let go of it") with { Host = host, Before = what, After = what };

    private static RecordedChange Of(Change change, ChangeCause cause, string by) => new(PlanJson.KindOf(change), change.Describe(), cause, by);

    private (ChangeCause Cause, string By) WhyMade(string host, RuleKey? key)
    {
        var wanted = Find(now, host, key);
        if (wanted is null)
        {
            return (ChangeCause.Unneeded, "nothing asks for it");
        }

        var was = Find(before, host, key);
        return was is not null && was with { GoneSince = null, Guard = null } == wanted with { GoneSince = null, Guard = null }
            ? (ChangeCause.Drift, "it was changed at Cloudflare")
            : ByHolder(wanted);
    }

    private (ChangeCause Cause, string By) WhyGone(string host, RuleKey? key)
    {
        if (Find(now, host, key) is { } wanted)
        {
            return blocked.TryGetValue(wanted.Key, out var reason) ? (ChangeCause.Blocked, reason) : ByHolder(wanted);
        }

        return Find(before, host, key) switch
        {
            null => (ChangeCause.Unneeded, "nothing asks for it"),
            { GoneSince: not null } expired => (ChangeCause.Expired, $"{expired.Holder} was gone for the grace period"),
            var withdrawn => (ChangeCause.Withdrawn, $"{withdrawn.Holder} does not ask for it any more"),
        };
    }

    private static (ChangeCause Cause, string By) ByHolder(DesiredRoute route) =>
        (route.Holder.Source == RouteSource.Manual ? ChangeCause.Operator : ChangeCause.Container, route.Holder.ToString());

    private static DesiredRoute? Find(ILookup<string, DesiredRoute> routes, string host, RuleKey? key) =>
        key is null ? routes[host].FirstOrDefault() : routes[host].FirstOrDefault(route => route.Key == key);

    private static string? Find(Dictionary<RuleIdentity, IngressRule> rules, RuleIdentity identity) =>
        rules.TryGetValue(identity, out var rule) ? ServiceText.Redact(rule.Service) : null;

    private static string? Find(IngressDocument? document, RuleIdentity identity) =>
        document is not null && document.Positions.TryGetValue(identity, out var at) ? ServiceText.Redact(document.Entries[at].Service) : null;

    private static string HostOf(string appKey) => appKey.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash ? appKey[..slash] : appKey;

    private static string Text(DesiredRecord record) => Text("CNAME", record.Content, record.Proxied);

    private static string Text(ObservedRecord record) => Text(record.Type, record.Content, record.Proxied);

    private static string Text(string type, string content, bool isProxied) => $"{type} {content}{(isProxied ? ", proxied" : "")}";
}
