namespace DockFlare.Core.Ingress;

/// <summary>A rule of ours on its way into a document.</summary>
internal readonly record struct OurEntry(IngressEntry Entry, RuleKey Key, int Priority);

/// <summary>
/// Finds the place of each of our rules among the rules of others, which keep their order. Without overlap the two lists are merged by
/// <see cref="RuleKey.CompareTo"/>, so that two installations on one tunnel agree on the order. Where hosts overlap, a rule of ours goes
/// after the narrower rules of others that can still be reached, and before the first broader one.
/// </summary>
internal static class RulePlacement
{
    public static List<IngressEntry> Place(List<IngressEntry> foreign, List<OurEntry> ours)
    {
        var map = new ForeignRules(foreign);
        var places = new int[ours.Count];
        var next = 0;
        for (var i = 0; i < ours.Count; i++)
        {
            if (i > 0 && ours[i - 1].Priority != ours[i].Priority)
            {
                next = 0;
            }

            while (next < foreign.Count && map.Keys[next].CompareTo(ours[i].Key) < 0)
            {
                next++;
            }

            places[i] = map.Clamp(ours[i].Key, next);
        }

        KeepPriorities(ours, places, map);
        return Weave(foreign, ours, places);
    }

    /// <summary>A rule of a lower priority comes no earlier than those of a higher one, as far as the broader rules of others allow.</summary>
    private static void KeepPriorities(List<OurEntry> ours, int[] places, ForeignRules map)
    {
        int before = 0, within = 0;
        for (var i = 0; i < ours.Count; i++)
        {
            if (i > 0 && ours[i - 1].Priority != ours[i].Priority)
            {
                before = Math.Max(before, within);
            }

            if (places[i] < before)
            {
                places[i] = Math.Max(places[i], Math.Min(before, map.FirstBroader(ours[i].Key)));
            }

            within = Math.Max(within, places[i]);
        }
    }

    private static List<IngressEntry> Weave(List<IngressEntry> foreign, List<OurEntry> ours, int[] places)
    {
        var order = new int[ours.Count];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (a, b) => places[a] != places[b] ? places[a].CompareTo(places[b]) : a.CompareTo(b));
        var merged = new List<IngressEntry>(foreign.Count + ours.Count + 1);
        var next = 0;
        foreach (var i in order)
        {
            while (next < places[i])
            {
                merged.Add(foreign[next++]);
            }

            merged.Add(ours[i].Entry);
        }

        while (next < foreign.Count)
        {
            merged.Add(foreign[next++]);
        }

        return merged;
    }
}
