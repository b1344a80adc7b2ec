namespace DockFlare.Core.Reconciliation;

/// <summary>The routes of the last pass by key, one for each.</summary>
internal sealed class HeldRoutes
{
    private readonly DesiredRoute[] routes;

    public HeldRoutes(EquatableArray<DesiredRoute> held, RememberedOrder<DesiredRoute> order) => routes = WithoutRepeats(order.Sort(held.AsSpan()));

    /// <summary>In the order of their keys.</summary>
    public ReadOnlySpan<DesiredRoute> InOrder => routes;

    public DesiredRoute? Find(Ingress.RuleKey key)
    {
        var (low, high) = (0, routes.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = routes[middle].Key.CompareTo(key);
            if (order == 0)
            {
                return routes[middle];
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    /// <summary>By key; of several with one key, as a record that could not be brought up to date may leave behind, the one that is claimed comes first.</summary>
    public static int Compare(DesiredRoute left, DesiredRoute right)
    {
        var order = left.Key.CompareTo(right.Key);
        if (order != 0 || left == right)
        {
            return order;
        }

        order = Nullable.Compare(left.GoneSince, right.GoneSince);
        order = order != 0 ? order : left.Holder.Source.CompareTo(right.Holder.Source);
        order = order != 0 ? order : left.Holder.Agent.CompareTo(right.Holder.Agent);
        order = order != 0 ? order : string.CompareOrdinal(left.Holder.Workload, right.Holder.Workload);
        order = order != 0 ? order : string.CompareOrdinal(left.TunnelId, right.TunnelId);
        return order != 0 ? order : string.CompareOrdinal(left.ToString(), right.ToString());
    }

    private static DesiredRoute[] WithoutRepeats(DesiredRoute[] sorted)
    {
        for (var i = 1; i < sorted.Length; i++)
        {
            if (sorted[i].Key == sorted[i - 1].Key)
            {
                return [.. sorted.DistinctBy(static route => route.Key)];
            }
        }

        return sorted;
    }
}
