using System.Runtime.InteropServices;

namespace DockFlare.Core.Ingress;

/// <summary>Brings our rules into a document that others write too.</summary>
public static class IngressMerge
{
    private static readonly IngressEntry NotFound = new(new("", ""), "http_status:404");

    /// <summary>
    /// Answers the document with exactly <paramref name="wanted"/> of ours in it; what is not ours stays as it is, in its own order.
    /// Our rules go where cloudflared's first match needs them: after the narrower rules of others and before the broader ones. The
    /// catch-all is last and the only one: the one that is there, else <c>http_status:404</c>. Merging the answer again changes nothing,
    /// and a document that already says all this is answered itself.
    /// </summary>
    /// <param name="there">The document as it is.</param>
    /// <param name="owned">The rules in it that are ours, and may be changed or removed.</param>
    /// <param name="wanted">The rules of ours that it should carry.</param>
    public static IngressMergeResult Merge(IngressDocument there, IReadOnlyCollection<RuleIdentity> owned, IReadOnlyCollection<IngressRule> wanted)
    {
        ArgumentNullException.ThrowIfNull(there);
        ArgumentNullException.ThrowIfNull(owned);
        ArgumentNullException.ThrowIfNull(wanted);

        var isOwned = OwnedPositions(there, owned);
        var sorted = IngressOrder.Sort(wanted);
        if (SaysAllAndNothingElse(there, isOwned, sorted))
        {
            return new(there, []);
        }

        var foreign = Foreign(there, isOwned, out var catchAll);
        var ours = Ours(there, isOwned, sorted, ref catchAll, out var taken);

        var merged = foreign.Count == 0 ? ours.ConvertAll(static our => our.Entry) : RulePlacement.Place(foreign, ours);
        merged.Add(catchAll ?? NotFound);
        return new(IsSame(there, merged) ? there : With(there, merged), taken);
    }

    // What most passes find in a tunnel that is ours alone.
    private static bool SaysAllAndNothingElse(IngressDocument there, bool[] isOwned, IngressRule[] sorted)
    {
        var entries = there.Entries.AsSpan();
        if (sorted.Length + 1 != entries.Length || there.Positions.Count != entries.Length || !entries[^1].IsCatchAll || isOwned[^1])
        {
            return false;
        }

        for (var i = 0; i < sorted.Length; i++)
        {
            var identity = RuleIdentity.Of(sorted[i].Key);
            if (!isOwned[i] || entries[i].IsCatchAll || entries[i].Identity != identity || !ReferenceEquals(Update(entries[i], sorted[i], identity), entries[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool[] OwnedPositions(IngressDocument there, IReadOnlyCollection<RuleIdentity> owned)
    {
        var isOwned = new bool[there.Entries.Count];
        var positions = there.Positions;
        var hasDuplicates = positions.Count != isOwned.Length;
        var next = 0;
        foreach (var identity in owned)
        {
            // Mostly they come in the order of the document.
            if (hasDuplicates || next >= isOwned.Length || there.Entries[next].Identity != identity)
            {
                if (!positions.TryGetValue(identity, out next))
                {
                    continue;
                }
            }

            isOwned[next++] = true;
        }

        for (var i = 0; hasDuplicates && i < isOwned.Length; i++)
        {
            isOwned[i] = isOwned[positions[there.Entries[i].Identity]];
        }

        return isOwned;
    }

    /// <summary>The rules of others without their catch-all; what follows a catch-all is never reached, but stays before it.</summary>
    private static List<IngressEntry> Foreign(IngressDocument there, bool[] isOwned, out IngressEntry? catchAll)
    {
        catchAll = null;
        var foreign = new List<IngressEntry>();
        var entries = there.Entries.AsSpan();
        for (var i = 0; i < entries.Length; i++)
        {
            if (isOwned[i])
            {
                continue;
            }

            if (entries[i].IsCatchAll)
            {
                catchAll ??= entries[i];
            }
            else
            {
                foreign.Add(entries[i]);
            }
        }

        return foreign;
    }

    private static List<OurEntry> Ours(
        IngressDocument there, bool[] isOwned, IngressRule[] sorted, ref IngressEntry? catchAll, out EquatableArray<RuleKey> taken)
    {
        var refused = new List<RuleKey>();
        var ours = new List<OurEntry>(sorted.Length + 1);
        var seen = new HashSet<RuleIdentity>(sorted.Length);
        var entries = there.Entries.AsSpan();
        foreach (var rule in sorted)
        {
            var identity = RuleIdentity.Of(rule.Key);
            if (!seen.Add(identity))
            {
                continue;
            }

            var isThere = there.Positions.TryGetValue(identity, out var position);
            if (isThere && !isOwned[position] && !ReferenceEquals(entries[position], catchAll))
            {
                refused.Add(rule.Key);
                continue;
            }

            var entry = isThere && isOwned[position] ? Update(entries[position], rule, identity) : IngressEntry.Of(rule, identity);
            if (!entry.IsCatchAll)
            {
                ours.Add(new(entry, rule.Key, rule.Priority));
            }
            else if (catchAll is null || catchAll == NotFound)
            {
                catchAll = entry;
            }
            else
            {
                refused.Add(rule.Key);
            }
        }

        refused.Sort();
        taken = refused.ToEquatableArray();
        return ours;
    }

    /// <summary>The entry as it is when it says what the rule says; else the rule with the keys that somebody else added.</summary>
    private static IngressEntry Update(IngressEntry entry, IngressRule rule, RuleIdentity identity)
    {
        if (string.Equals(entry.Service, rule.Service, StringComparison.Ordinal)
            && IngressMeaning.AreSame(entry.Origin, rule.Origin)
            && !HoldsKnown(entry.UnknownOrigin))
        {
            return entry;
        }

        return new(identity, rule.Service)
        {
            Origin = rule.Origin,
            Unknown = entry.Unknown,
            UnknownOrigin = HoldsKnown(entry.UnknownOrigin) ? entry.UnknownOrigin.Where(static key => !OriginKeys.IsKnown(key.Name)).ToEquatableArray() : entry.UnknownOrigin,
        };
    }

    private static bool HoldsKnown(EquatableArray<UnknownKey> keys)
    {
        foreach (var key in keys)
        {
            if (OriginKeys.IsKnown(key.Name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsSame(IngressDocument there, List<IngressEntry> merged)
    {
        var old = there.Entries.AsSpan();
        var now = CollectionsMarshal.AsSpan(merged);
        if (old.Length != now.Length)
        {
            return false;
        }

        for (var i = 0; i < old.Length; i++)
        {
            if (!ReferenceEquals(old[i], now[i]) && old[i] != now[i])
            {
                return false;
            }
        }

        return true;
    }

    private static IngressDocument With(IngressDocument there, List<IngressEntry> merged) => new()
    {
        Entries = merged.ToEquatableArray(),
        Origin = there.Origin,
        UnknownOrigin = there.UnknownOrigin,
        Unknown = there.Unknown,
    };
}

/// <summary>What came of a merge.</summary>
/// <param name="Document">The document to write.</param>
/// <param name="Taken">Wanted rules that were left out, because a rule of the same host and path is there that is not ours.</param>
public sealed record IngressMergeResult(IngressDocument Document, EquatableArray<RuleKey> Taken);
