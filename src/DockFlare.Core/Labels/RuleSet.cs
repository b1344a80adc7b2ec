using DockFlare.Core.Access;
using DockFlare.Core.Ingress;
using DockFlare.Core.Protocol;

namespace DockFlare.Core.Labels;

/// <summary>Looks at a container's rules together: twice the same key, and expressions that only a whole host's guard can protect.</summary>
internal static class RuleSet
{
    public static EquatableArray<LabelRule> Settle(ContainerSnapshot container, ReadOnlySpan<RuleCandidate> candidates, ReadingLog log)
    {
        if (candidates.Length == 1 && candidates[0].Rule is { } only && (only.Access is null || !only.Key.Path.IsExpression))
        {
            return [only];
        }

        var kept = new LabelRule?[candidates.Length];
        var byKey = new Dictionary<RuleKey, int>(candidates.Length);
        for (var i = 0; i < candidates.Length; i++)
        {
            kept[i] = candidates[i].Rule;
            if (candidates[i].Key is { } key && !byKey.TryAdd(key, i))
            {
                SettleTwice(container, candidates, kept, byKey[key], i, log);
            }
        }

        // Judged on what is left, and all before any is taken out, so that the order of the rules does not count.
        var guarded = new List<LabelRule>(kept.Length);
        for (var i = 0; i < kept.Length; i++)
        {
            if (kept[i] is { } rule && IsGuarded(container, candidates[i], rule, kept, log))
            {
                guarded.Add(rule);
            }
        }

        return guarded.Count == 0 ? [] : new([.. guarded]);
    }

    private static void SettleTwice(ContainerSnapshot container, ReadOnlySpan<RuleCandidate> candidates, LabelRule?[] kept, int first, int second, ReadingLog log)
    {
        var key = candidates[second].Key!.Value;
        var (one, other) = (Name(container, candidates[first]), Name(container, candidates[second]));
        if (candidates[first].Rule is { } rule && rule == candidates[second].Rule)
        {
            kept[second] = null;
            log.AddNote(new(other, $"{other} asks for '{key}' again, in the same way as {one}: remove one of the two.") { Host = key.Host, Value = key.Host });
            return;
        }

        var isAgreed = candidates[first].AsksAccess == candidates[second].AsksAccess && candidates[first].Rule?.Access == candidates[second].Rule?.Access;
        if (!isAgreed)
        {
            kept[first] = null;
        }

        kept[second] = null;
        log.AddError(new(other, isAgreed
            ? $"{other} asks for '{key}' again, which {one} has already: use another hostname or path, or remove one of the two."
            : $"{other} asks for '{key}' again, with another protection than {one}, so it is not exposed: remove one of the two.")
        { Host = key.Host, Value = key.Host });
    }

    // Access knows no expressions. An expression under a guarded host is safe when the whole host has the guard that it asks for.
    private static bool IsGuarded(ContainerSnapshot container, RuleCandidate candidate, LabelRule rule, LabelRule?[] rules, ReadingLog log)
    {
        if (rule.Access is null || !rule.Key.Path.IsExpression)
        {
            return true;
        }

        var wish = Guard(rule.Access);
        foreach (var other in rules)
        {
            if (other is { Access: { } guard, Key.Path.IsAny: true } && string.Equals(other.Key.Host, rule.Key.Host, StringComparison.Ordinal) && Guard(guard) == wish)
            {
                return true;
            }
        }

        log.AddError(new(container.Labels.KeySpan[candidate.PathPosition], $"'{rule.Key}' has an expression as its path and asks for protection, but Access knows no expressions, so it is not exposed: guard the whole host as well, with a rule for '{rule.Key.Host}' without a path and the same access labels, or write a plain prefix such as /api.")
        {
            Host = rule.Key.Host,
            Value = rule.Key.Path.Text,
        });
        return false;
    }

    private static AccessWish Guard(AccessWish wish) => wish with { Name = null, RequireJwt = false };

    private static string Name(ContainerSnapshot container, RuleCandidate candidate) =>
        candidate.Position < 0 ? "DOCKFLARE_DEFAULT_HOST" : container.Labels.KeySpan[candidate.Position];
}
