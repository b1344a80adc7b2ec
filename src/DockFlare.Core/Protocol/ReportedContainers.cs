using System.Buffers;

namespace DockFlare.Core.Protocol;

/// <summary>Picks what of a host goes into a report: labels that the master asked for, of containers that have at least one under its prefixes.</summary>
public static class ReportedContainers
{
    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdef");

    /// <summary>Ids are cut to 12 hex digits and containers ordered by them, so that equal hosts give equal reports.</summary>
    /// <param name="containers">What runs.</param>
    /// <param name="prefixes">Beginnings of label keys, such as <c>dockflare.</c>; with none, every container goes in with all its labels.</param>
    /// <param name="keys">Further label keys of the containers that go in.</param>
    public static EquatableArray<ContainerSnapshot> Select(EquatableArray<ContainerSnapshot> containers, EquatableArray<string> prefixes, EquatableArray<string> keys)
    {
        var picked = new List<ContainerSnapshot>(containers.Count);
        foreach (var container in containers)
        {
            var labels = Labels(container.Labels, prefixes, keys);
            if (labels is not null)
            {
                picked.Add(container with { Id = ShortId(container.Id), Labels = labels });
            }
        }

        picked.Sort(static (left, right) => string.CompareOrdinal(left.Id, right.Id));
        return picked.ToEquatableArray();
    }

    /// <summary>The first 12 hex digits of an engine's id; anything else as it is.</summary>
    public static string ShortId(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return id.Length > 12 && !id.AsSpan().ContainsAnyExcept(Hex) ? id[..12] : id;
    }

    private static LabelMap? Labels(LabelMap labels, EquatableArray<string> prefixes, EquatableArray<string> keys)
    {
        if (prefixes.IsEmpty)
        {
            return labels;
        }

        var isOurs = false;
        List<KeyValuePair<string, string>>? kept = null;
        foreach (var label in labels)
        {
            var underPrefix = StartsWithAny(label.Key, prefixes);
            isOurs |= underPrefix;
            if (underPrefix || keys.AsSpan().Contains(label.Key))
            {
                (kept ??= []).Add(label);
            }
        }

        return !isOurs ? null : kept!.Count == labels.Count ? labels : new(kept);
    }

    private static bool StartsWithAny(string key, EquatableArray<string> prefixes)
    {
        foreach (var prefix in prefixes)
        {
            if (key.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
