using DockFlare.Core.Ingress;

namespace DockFlare.Core.Reconciliation;

/// <summary>The way of one tunnel's document to the rules it should carry.</summary>
internal sealed class TunnelPlan(TunnelAssignment tunnel, ObservedTunnel there, List<IngressRule> wanted, HashSet<RuleIdentity> adopted)
{
    // A document that we have nothing in and nothing for is not ours to tidy up.
    private readonly IngressMergeResult merged = wanted.Count == 0 && there.Owned.IsEmpty
        ? new(there.Document, [])
        : IngressMerge.Merge(there.Document, there.Owned, wanted);

    /// <summary>Rules that cannot be written, because one of that host and path is there that is not ours.</summary>
    public EquatableArray<RuleKey> Taken => merged.Taken;

    /// <summary>Adds the writes of this tunnel.</summary>
    /// <param name="stay">For a rule of ours that is not wanted here any more: what is to become of it.</param>
    /// <param name="policy">What may be done.</param>
    /// <param name="changes">Receives the writes.</param>
    /// <param name="held">Receives what is held back.</param>
    public void Write(Func<RuleIdentity, RuleEnd> stay, PlanPolicy policy, List<Change> changes, List<HeldChange> held)
    {
        if (ReferenceEquals(merged.Document, there.Document) || merged.Document.SaysTheSameAs(there.Document))
        {
            return;
        }

        var taken = Taken.ToHashSet();
        var rules = taken.Count == 0 ? wanted : wanted.FindAll(rule => !taken.Contains(rule.Key));
        var ends = Ends(rules, stay);
        var ordinary = ends[(int)RuleEnd.Goes];
        var reason = Brake.OnDeletions(policy, ordinary.Count, there.Owned.Count, $"rules of tunnel '{tunnel.Name}'");
        if (reason is not null)
        {
            held.Add(new(Put(rules, removed: ordinary), reason));
        }

        var leaving = ends[(int)RuleEnd.MovesAway];
        var isLeavingHeld = leaving.Count > 0 && policy.Mode != PlanMode.Sync;
        var staying = ends[(int)RuleEnd.Stays].Concat(leaving).Concat(reason is null ? [] : ordinary).ToHashSet();
        Route(rules, staying, policy, changes, held);

        if (isLeavingHeld)
        {
            held.Add(new(Put(rules, removed: leaving) with { AfterMove = true }, Brake.OnDeletions(policy, leaving.Count, there.Owned.Count, "rules")!));
        }
        else if (leaving.Count > 0)
        {
            changes.Add(Put(rules, removed: leaving) with { AfterMove = true });
        }
    }

    private void Route(List<IngressRule> rules, HashSet<RuleIdentity> staying, PlanPolicy policy, List<Change> changes, List<HeldChange> held)
    {
        var put = Difference(rules, staying);
        if (put is not null && put.Changed.Where(identity => !adopted.Contains(identity)).ToEquatableArray() is { IsEmpty: false } changed && Brake.OnUpdates(policy) is { } reason)
        {
            held.Add(new(put with { Added = [], Changed = changed, Removed = [] }, reason));
            staying.UnionWith(changed);
            put = Difference(rules.FindAll(rule => !staying.Contains(RuleIdentity.Of(rule.Key))), staying);
        }

        if (put is not null)
        {
            changes.Add(put);
        }
    }

    private Change.PutIngress? Difference(List<IngressRule> rules, HashSet<RuleIdentity> staying)
    {
        var after = merged.Document;
        if (staying.Count > 0 || rules.Count != wanted.Count)
        {
            after = IngressMerge.Merge(there.Document, [.. there.Owned.Where(identity => !staying.Contains(identity))], rules).Document;
            if (after.SaysTheSameAs(there.Document))
            {
                return null;
            }
        }

        var (before, now) = (there.Document.Positions, after.Positions);
        var added = new List<RuleIdentity>();
        var changed = new List<RuleIdentity>();
        foreach (var (identity, position) in now)
        {
            if (!before.TryGetValue(identity, out var old))
            {
                if (identity.Hostname.Length > 0)
                {
                    added.Add(identity);
                }
            }
            else if (!IngressMeaning.AreSame(there.Document.Entries[old], after.Entries[position]))
            {
                changed.Add(identity);
            }
        }

        var removed = there.Owned.Where(identity => before.ContainsKey(identity) && !now.ContainsKey(identity));
        return Put(rules, added, changed, Ordered(removed, before));
    }

    private List<RuleIdentity>[] Ends(List<IngressRule> rules, Func<RuleIdentity, RuleEnd> stay)
    {
        List<RuleIdentity>[] ends = [[], [], [], []];
        var kept = rules.Select(static rule => RuleIdentity.Of(rule.Key)).ToHashSet();
        foreach (var identity in Ordered(there.Owned, there.Document.Positions))
        {
            if (!kept.Contains(identity) && there.Document.Positions.ContainsKey(identity))
            {
                ends[(int)stay(identity)].Add(identity);
            }
        }

        return ends;
    }

    private Change.PutIngress Put(List<IngressRule> rules, List<RuleIdentity>? added = null, List<RuleIdentity>? changed = null, List<RuleIdentity>? removed = null) =>
        new(tunnel, rules.ToEquatableArray(), (added ?? []).ToEquatableArray(), (changed ?? []).ToEquatableArray(), (removed ?? []).ToEquatableArray());

    private static List<RuleIdentity> Ordered(IEnumerable<RuleIdentity> identities, Dictionary<RuleIdentity, int> positions) =>
        [.. identities.Distinct().OrderBy(identity => positions.GetValueOrDefault(identity, int.MaxValue))];
}

/// <summary>What becomes of a rule of ours that its tunnel should not carry any more.</summary>
internal enum RuleEnd
{
    /// <summary>It is removed, as far as the policy lets it.</summary>
    Goes,

    /// <summary>It is removed whatever the policy says: it closes an exposure.</summary>
    Closes,

    /// <summary>Its host is served through another tunnel now: it is removed when the record points there.</summary>
    MovesAway,

    /// <summary>It stays for now.</summary>
    Stays,
}
