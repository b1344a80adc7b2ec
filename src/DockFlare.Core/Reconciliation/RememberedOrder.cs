namespace DockFlare.Core.Reconciliation;

/// <summary>
/// Sorts, and answers the last result again while the very same objects come in the same order: most passes find nothing changed. Where only a
/// part of them is other than the last time, only that part is sorted.
/// </summary>
/// <param name="order">Total, so that the answer does not depend on the order things come in.</param>
internal sealed class RememberedOrder<T>(Comparison<T> order)
    where T : class
{
    private T[] given = [];
    private T[] sorted = [];

    /// <summary>How many there were the last time.</summary>
    public int LastCount => given.Length;

    /// <summary>The items in order. Not to be written to.</summary>
    public T[] Sort(ReadOnlySpan<T> items)
    {
        if (!IsGivenAgain(items))
        {
            var (start, end) = (items.CommonPrefixLength(given, ReferenceEqualityComparer.Instance), 0);
            while (end < Math.Min(items.Length, given.Length) - start && ReferenceEquals(items[^(end + 1)], given[^(end + 1)]))
            {
                end++;
            }

            var before = given;
            given = items.ToArray();
            sorted = IsSorted(given) ? given
                : items.Length - start - end < items.Length / 4 ? Merged(before.AsSpan(start..^end), given[start..^end])
                : Sorted(given);
        }

        return sorted;
    }

    // The last order without what went, and what came in its places.
    private T[] Merged(ReadOnlySpan<T> gone, T[] come)
    {
        var without = new HashSet<T>(ReferenceEqualityComparer.Instance);
        foreach (var item in gone)
        {
            without.Add(item);
        }

        Array.Sort(come, order);
        var (merged, count, next) = (new T[given.Length], 0, 0);
        foreach (var item in sorted)
        {
            if (without.Contains(item))
            {
                continue;
            }

            while (next < come.Length && order(come[next], item) < 0)
            {
                merged[count++] = come[next++];
            }

            merged[count++] = item;
        }

        // An object that is there more than once may be among those that went and those that stay.
        if (count + come.Length - next != merged.Length)
        {
            return Sorted(given);
        }

        come.AsSpan(next).CopyTo(merged.AsSpan(count));
        return merged;
    }

    private T[] Sorted(T[] items)
    {
        var copy = items.AsSpan().ToArray();
        Array.Sort(copy, order);
        return copy;
    }

    private bool IsSorted(T[] items)
    {
        for (var i = 1; i < items.Length; i++)
        {
            if (order(items[i - 1], items[i]) > 0)
            {
                return false;
            }
        }

        return true;
    }

    private bool IsGivenAgain(ReadOnlySpan<T> items)
    {
        if (items.Length != given.Length)
        {
            return false;
        }

        for (var i = 0; i < items.Length; i++)
        {
            if (!ReferenceEquals(items[i], given[i]))
            {
                return false;
            }
        }

        return true;
    }
}
