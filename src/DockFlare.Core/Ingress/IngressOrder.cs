namespace DockFlare.Core.Ingress;

/// <summary>The order of our rules among themselves: the higher <see cref="IngressRule.Priority"/> first, then <see cref="RuleKey.CompareTo"/>.</summary>
public static class IngressOrder
{
    /// <summary>Compares by priority and key. Total: 0 only for rules of one priority and key.</summary>
    public static int Compare(IngressRule left, IngressRule right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);

        var byPriority = right.Priority.CompareTo(left.Priority);
        return byPriority != 0 ? byPriority : left.Key.CompareTo(right.Key);
    }

    /// <summary>The rules in order; of several with one key the first.</summary>
    internal static IngressRule[] Sort(IEnumerable<IngressRule> rules)
    {
        var sorted = rules.ToArray();
        if (!IsSorted(sorted))
        {
            // A stable sort, so that of two rules with one key the first given stays the first.
            sorted = [.. sorted.Order(Comparer<IngressRule>.Create(Compare))];
        }

        return sorted;
    }

    /// <summary>The key a rule of somebody else would have: an expression that is our form of a prefix counts as that prefix.</summary>
    internal static RuleKey KeyOf(RuleIdentity identity) => new(identity.Hostname, PathOf(identity.Path));

    private static RulePath PathOf(string path)
    {
        const string End = "(/|$)";
        if (path.StartsWith("^/", StringComparison.Ordinal) && path.EndsWith(End, StringComparison.Ordinal))
        {
            var prefix = RulePath.Prefix(path[1..^End.Length].Replace("\\", "", StringComparison.Ordinal));
            if (string.Equals(prefix.ToCloudflared(), path, StringComparison.Ordinal))
            {
                return prefix;
            }
        }

        return RulePath.Expression(path);
    }

    private static bool IsSorted(IngressRule[] rules)
    {
        for (var i = 1; i < rules.Length; i++)
        {
            if (Compare(rules[i - 1], rules[i]) > 0)
            {
                return false;
            }
        }

        return true;
    }
}
