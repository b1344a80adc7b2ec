namespace DockFlare.Core.Ingress;

/// <summary>The rules of others, indexed by host so that the ones that overlap with a rule of ours are found without a scan.</summary>
internal sealed class ForeignRules
{
    private readonly Dictionary<string, List<int>> byHost = new(StringComparer.Ordinal);

    /// <summary>For <c>.example.com</c>: the last rule that can be reached and whose host ends in it.</summary>
    private readonly Dictionary<string, int> lastBelow = new(StringComparer.Ordinal);

    public ForeignRules(List<IngressEntry> foreign)
    {
        Keys = new RuleKey[foreign.Count];
        for (var i = 0; i < Keys.Length; i++)
        {
            var key = Keys[i] = IngressOrder.KeyOf(foreign[i].Identity);
            if (!IsDead(key))
            {
                foreach (var suffix in HostPattern.Above(key.Host))
                {
                    lastBelow[suffix] = i;
                }
            }

            if (!byHost.TryGetValue(key.Host, out var list))
            {
                byHost.Add(key.Host, list = new(1));
            }

            list.Add(i);
        }
    }

    public RuleKey[] Keys { get; }

    /// <summary>The place nearest to <paramref name="wish"/> that is after the narrower and before the broader rules.</summary>
    public int Clamp(RuleKey key, int wish)
    {
        var first = FirstAfterNarrower(key);
        return Math.Clamp(wish, first, Math.Max(first, FirstBroader(key)));
    }

    /// <summary>The position of the first rule that a rule of <paramref name="key"/> has to come before; the count when there is none.</summary>
    public int FirstBroader(RuleKey key)
    {
        var first = Keys.Length;
        foreach (var i in SameHost(key.Host))
        {
            if (HostPattern.PathCovers(Keys[i].Path, key.Path))
            {
                first = Math.Min(first, i);
            }
        }

        foreach (var pattern in HostPattern.Covering(key.Host))
        {
            if (byHost.TryGetValue(pattern, out var list))
            {
                first = Math.Min(first, list[0]);
            }
        }

        return first;
    }

    private int FirstAfterNarrower(RuleKey key)
    {
        var after = 0;
        foreach (var i in SameHost(key.Host))
        {
            if (HostPattern.PathCovers(key.Path, Keys[i].Path) && !IsCoveredBefore(i))
            {
                after = Math.Max(after, i + 1);
            }
        }

        return HostPattern.SuffixOf(key.Host) is { } suffix && lastBelow.TryGetValue(suffix, out var last) ? Math.Max(after, last + 1) : after;
    }

    private bool IsCoveredBefore(int position)
    {
        var key = Keys[position];
        foreach (var pattern in HostPattern.Covering(key.Host))
        {
            if (HasOpenRule(pattern, position))
            {
                return true;
            }
        }

        return HasOpenRule(key.Host, position);
    }

    /// <summary>Whether an earlier rule takes every request this one could get. Called while the index holds only the earlier ones.</summary>
    private bool IsDead(RuleKey key)
    {
        foreach (var pattern in HostPattern.Covering(key.Host))
        {
            if (HasOpenRule(pattern, int.MaxValue))
            {
                return true;
            }
        }

        return HasOpenRule(key.Host, int.MaxValue);
    }

    private bool HasOpenRule(string pattern, int before)
    {
        if (byHost.TryGetValue(pattern, out var list))
        {
            foreach (var i in list)
            {
                if (i >= before)
                {
                    return false;
                }

                if (Keys[i].Path.IsAny)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private List<int> SameHost(string host) => byHost.GetValueOrDefault(host) ?? [];
}
