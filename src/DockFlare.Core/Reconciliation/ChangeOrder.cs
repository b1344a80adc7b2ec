namespace DockFlare.Core.Reconciliation;

/// <summary>The order of changes: by phase and then by subject; of one subject by what they say.</summary>
internal static class ChangeOrder
{
    public static EquatableArray<T> Sort<T>(List<T> items, Func<T, Change> changeOf)
    {
        items.Sort((left, right) => Compare(changeOf(left), changeOf(right)));
        return items.ToEquatableArray();
    }

    private static int Compare(Change left, Change right)
    {
        var order = left.Phase.CompareTo(right.Phase);
        order = order != 0 ? order : string.CompareOrdinal(left.Subject, right.Subject);
        order = order != 0 || ReferenceEquals(left, right) ? order : string.CompareOrdinal(Mark(left), Mark(right));
        return order != 0 || ReferenceEquals(left, right) ? order : string.CompareOrdinal(left.Describe(), right.Describe());
    }

    private static string Mark(Change change) => change switch
    {
        Change.PutIngress put => put.Tunnel.TunnelId,
        Change.DeleteDns delete => delete.Observed.Id,
        Change.DeleteAccess delete => delete.Observed.Id,
        Change.DeletePolicy delete => delete.Observed.Id,
        Change.AdoptPolicy adopt => adopt.Observed.Id,
        Change.ReleaseDns release => release.Observed.Id,
        Change.ReleaseRule release => release.Tunnel.TunnelId,
        Change.ReleaseAccess release => release.Observed.Id,
        Change.ReleasePolicy release => release.Observed.Id,
        _ => "",
    };
}
