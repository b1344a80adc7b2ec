namespace DockFlare.Core.Reconciliation;

/// <summary>Every host that should be served, with what its zone shows of it, and the records of ours that no host wants.</summary>
internal sealed class HostTable
{
    private readonly Dictionary<string, int> index;
    private readonly Host[] hosts;
    private readonly HashSet<string>? unreadZones;
    private readonly List<ObservedRecord> unwanted = [];
    private int last;

    public HostTable(DesiredState desired, ObservedState observed)
    {
        unreadZones = observed.UnreadZones.IsEmpty ? null : observed.UnreadZones.Select(static zone => zone.Id).ToHashSet(StringComparer.Ordinal);
        hosts = new Host[desired.Dns.Count];
        index = new(hosts.Length, StringComparer.Ordinal);
        for (var i = 0; i < hosts.Length; i++)
        {
            hosts[i].Record = desired.Dns[i];
            index.TryAdd(desired.Dns[i].Name, i);
        }

        foreach (var record in observed.Dns)
        {
            Take(record);
        }
    }

    /// <summary>In the order of the desired records.</summary>
    public Span<Host> All => hosts;

    /// <summary>How many records are ours.</summary>
    public int Owned { get; private set; }

    /// <summary>The records of ours whose host should not be served, or has its record in another zone; in the order they came.</summary>
    public IReadOnlyList<ObservedRecord> Unwanted => unwanted;

    public int IndexOf(string host)
    {
        // Routes and records come in the same order: mostly it is the host asked for last, or the next one.
        for (var i = last; i < hosts.Length && i <= last + 1; i++)
        {
            if (ReferenceEquals(hosts[i].Record.Name, host))
            {
                return last = i;
            }
        }

        return index.TryGetValue(host, out var at) ? last = at : -1;
    }

    public bool IsUnread(string zoneId) => unreadZones is not null && unreadZones.Contains(zoneId);

    // What several records of one name come to must not depend on their order: the smallest id counts.
    private void Take(ObservedRecord record)
    {
        Owned += record.IsOwned ? 1 : 0;
        if (!index.TryGetValue(record.Name, out var at) || !string.Equals(hosts[at].Record.ZoneId, record.ZoneId, StringComparison.Ordinal))
        {
            // What is remembered of a zone that cannot be read now is no ground to delete from it.
            if (record.IsOwned && !IsUnread(record.ZoneId))
            {
                unwanted.Add(record);
            }

            return;
        }

        ref var place = ref record.IsOwned ? ref hosts[at].Ours : ref hosts[at].Foreign;
        place = place is null || string.CompareOrdinal(record.Id, place.Id) < 0 ? record : place;
    }

    internal struct Host
    {
        public DesiredRecord Record;

        /// <summary>Our record in the zone it belongs in.</summary>
        public ObservedRecord? Ours;

        /// <summary>A record of its name that is not ours.</summary>
        public ObservedRecord? Foreign;

        /// <summary>The record of its name that was not ours, and that an operator agreed to take over.</summary>
        public ObservedRecord? Adopted;

        /// <summary>Whether a rule of its tunnel's document will carry it.</summary>
        public bool IsServed;

        /// <summary>Whether something that could not be read, or is in the way, keeps it as it is for now.</summary>
        public bool Waits;

        /// <summary>Whether our record of it points to this tunnel.</summary>
        public readonly bool PointsTo(string tunnelId) => Ours is not null && DnsNames.IsTunnelTarget(Ours.Content, tunnelId);
    }
}
