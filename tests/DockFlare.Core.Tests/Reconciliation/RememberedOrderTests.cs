using CsCheck;
using DockFlare.Core.Reconciliation;

namespace DockFlare.Core.Tests.Reconciliation;

public sealed class RememberedOrderTests
{
    /// <summary>Lists as passes bring them: the last one with a part taken out and other items in its place, or anything at all.</summary>
    private static readonly Gen<(int Start, int Gone, int[] Come)[]> Edits = Gen.Select(Gen.Int[0, 60], Gen.Int[0, 6], Gen.Int[0, 30].Array[0, 6]).Array[1, 20];

    [Fact]
    public void However_a_list_changes_its_order_is_that_of_a_sort()
    {
        Edits.Sample(edits =>
        {
            var order = new RememberedOrder<Item>(static (left, right) => left.Rank.CompareTo(right.Rank));
            var items = Enumerable.Range(0, 50).Select(static i => new Item(i * 7 % 31)).ToList();
            foreach (var (start, gone, come) in edits)
            {
                var at = Math.Min(start, items.Count);
                items.RemoveRange(at, Math.Min(gone, items.Count - at));
                items.InsertRange(at, come.Select(static rank => new Item(rank)));
                Assert.Equal(items.Select(static item => item.Rank).Order(), order.Sort(items.ToArray()).Select(static item => item.Rank));
                Assert.Equal(items.ToHashSet(), order.Sort(items.ToArray()).ToHashSet());
            }
        });
    }

    [Fact]
    public void An_object_that_is_listed_twice_and_goes_once_is_still_there()
    {
        var order = new RememberedOrder<Item>(static (left, right) => left.Rank.CompareTo(right.Rank));
        var (one, items) = (new Item(5), Enumerable.Range(0, 20).Select(static i => new Item(20 - i)).ToList());
        Item[] twice = [one, .. items, one];
        order.Sort(twice);

        Item[] once = [new Item(1), .. items, one];
        var sorted = order.Sort(once);

        Assert.Equal(once.Select(static item => item.Rank).Order(), sorted.Select(static item => item.Rank));
        Assert.Single(sorted, item => ReferenceEquals(item, one));
    }

    private sealed class Item(int rank)
    {
        public int Rank => rank;
    }
}
