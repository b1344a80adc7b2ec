namespace DockFlare.Testing.Dns;

/// <summary>The records of one zone, found by id and by name at once; a batch can be taken back.</summary>
internal sealed class RecordStore
{
    private readonly Dictionary<string, FakeRecord> byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<FakeRecord>> byName = new(StringComparer.Ordinal);
    private readonly Stack<(FakeRecord? Before, FakeRecord? After)> journal = new();
    private bool isJournaled;
    private IReadOnlyList<FakeRecord>? sorted;

    public int Count => byId.Count;

    public FakeRecord? Find(string id) => byId.GetValueOrDefault(id);

    public IReadOnlyList<FakeRecord> OfName(string name) => byName.TryGetValue(name, out var records) ? records : [];

    public IEnumerable<string> Names => byName.Keys;

    /// <summary>All in the API's own order: type, then name.</summary>
    public IReadOnlyList<FakeRecord> All => sorted ??= byId.Values.Order(RecordOrder.Standard).ToArray();

    /// <summary>Adds one, or puts it in the place of the one with its id.</summary>
    public void Put(FakeRecord record) => Change(Find(record.Id), record);

    public void Remove(FakeRecord record) => Change(record, null);

    /// <summary>Runs the changes; when one is refused, none has happened.</summary>
    public void InTransaction(Action changes)
    {
        isJournaled = true;
        try
        {
            changes();
        }
        catch
        {
            isJournaled = false;
            while (journal.TryPop(out var entry))
            {
                Change(entry.After, entry.Before);
            }

            throw;
        }
        finally
        {
            isJournaled = false;
            journal.Clear();
        }
    }

    private void Change(FakeRecord? before, FakeRecord? after)
    {
        sorted = null;
        if (isJournaled)
        {
            journal.Push((before, after));
        }

        if (before is not null)
        {
            byId.Remove(before.Id);
            var siblings = byName[before.Name];
            siblings.RemoveAll(record => record.Id == before.Id);
            if (siblings.Count == 0)
            {
                byName.Remove(before.Name);
            }
        }

        if (after is not null)
        {
            byId[after.Id] = after;
            if (!byName.TryGetValue(after.Name, out var siblings))
            {
                byName[after.Name] = siblings = [];
            }

            siblings.Add(after);
        }
    }
}

/// <summary>The orders a list can be asked in; ties go by type, name, content and id, so that every list is stable.</summary>
internal sealed class RecordOrder(string by, bool isDescending) : IComparer<FakeRecord>
{
    public static RecordOrder Standard { get; } = new("type", isDescending: false);

    public int Compare(FakeRecord? x, FakeRecord? y)
    {
        var order = by switch
        {
            "name" => string.CompareOrdinal(x!.Name, y!.Name),
            "content" => string.CompareOrdinal(x!.Content, y!.Content),
            "ttl" => x!.Ttl.CompareTo(y!.Ttl),
            "proxied" => x!.Proxied.CompareTo(y!.Proxied),
            _ => string.CompareOrdinal(x!.Type, y!.Type),
        };
        if (order != 0)
        {
            return isDescending ? -order : order;
        }

        order = string.CompareOrdinal(x.Type, y.Type);
        order = order != 0 ? order : string.CompareOrdinal(x.Name, y.Name);
        order = order != 0 ? order : string.CompareOrdinal(x.Content, y.Content);
        return order != 0 ? order : string.CompareOrdinal(x.Id, y.Id);
    }
}
