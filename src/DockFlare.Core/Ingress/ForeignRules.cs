namespace DockFlare.Core.Ingress;

/// <summary>The rules of others, indexed so that the ones that overlap with a rule of ours are found without a scan.</summary>
internal sealed class ForeignRules
{
    private readonly CoverIndex covers = new();
    private readonly Dictionary<string, int> firstOfHost = new(StringComparer.Ordinal);

    /// <summary>For a host and a path: the rules of that host with a narrower path, in order; only those that can be reached.</summary>
    private readonly Dictionary<(string Host, RulePath Path), List<int>> narrowerPaths = [];

    /// <summary>For <c>.example.com</c>: the rules whose host ends in it, in order; only those that can be reached.</summary>
    private readonly Dictionary<string, List<int>> narrowerHosts = new(StringComparer.Ordinal);

    public ForeignRules(List<IngressEntry> foreign)
    {
        Keys = new RuleKey[foreign.Count];
        for (var i = 0; i < Keys.Length; i++)
        {
            var key = Keys[i] = IngressOrder.KeyOf(foreign[i].Identity);
            if (covers.Find(key.Host, key.Path) is null)
            {
                AddReachable(key, i);
            }

            covers.Add(key.Host, key.Path, i);
            firstOfHost.TryAdd(key.Host, i);
        }
    }

    public RuleKey[] Keys { get; }

    /// <summary>The place nearest to <paramref name="wish"/> that is after the narrower and before the broader rules.</summary>
    public int Clamp(RuleKey key, int wish)
    {
        // What stands behind a rule that takes all of ours never got those requests: nothing is taken from it.
        var cover = covers.Find(key.Host, key.Path) ?? Keys.Length;
        var first = narrowerPaths.TryGetValue((key.Host, key.Path), out var paths) ? AfterLast(paths, cover) : 0;
        if (HostPattern.SuffixOf(key.Host) is { } suffix && narrowerHosts.TryGetValue(suffix, out var hosts))
        {
            first = Math.Max(first, AfterLast(hosts, cover));
        }

        return Math.Clamp(wish, first, Math.Max(first, FirstBroader(key)));
    }

    /// <summary>The position of the first rule that a rule of <paramref name="key"/> has to come before; the count when there is none.</summary>
    public int FirstBroader(RuleKey key)
    {
        var first = covers.Find(key.Host, key.Path) ?? Keys.Length;
        foreach (var pattern in HostPattern.Covering(key.Host))
        {
            if (firstOfHost.TryGetValue(pattern, out var at))
            {
                first = Math.Min(first, at);
            }
        }

        return first;
    }

    private void AddReachable(RuleKey key, int index)
    {
        foreach (var suffix in HostPattern.Above(key.Host))
        {
            Add(narrowerHosts, suffix, index);
        }

        foreach (var path in HostPattern.AtOrAbove(key.Path).Skip(1))
        {
            Add(narrowerPaths, (key.Host, path), index);
        }
    }

    private static void Add<TKey>(Dictionary<TKey, List<int>> index, TKey key, int position)
        where TKey : notnull
    {
        if (!index.TryGetValue(key, out var list))
        {
            index.Add(key, list = new(1));
        }

        list.Add(position);
    }

    /// <summary>The place after the last of <paramref name="positions"/> that is below <paramref name="limit"/>.</summary>
    private static int AfterLast(List<int> positions, int limit)
    {
        var at = positions.BinarySearch(limit);
        var count = at < 0 ? ~at : at;
        return count == 0 ? 0 : positions[count - 1] + 1;
    }
}
