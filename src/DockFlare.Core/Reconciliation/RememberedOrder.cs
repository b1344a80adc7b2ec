namespace DockFlare.Core.Reconciliation;

/// <summary>Sorts, and answers the last result again while the very same objects come in the same order: most passes find nothing changed.</summary>
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
            given = items.ToArray();
            sorted = IsSorted(given) ? given : Sorted(given);
        }

        return sorted;
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
