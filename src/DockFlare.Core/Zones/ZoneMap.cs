using System.Collections.Frozen;
using DockFlare.Core.Labels;

namespace DockFlare.Core.Zones;

/// <summary>The zones of an account: finds the zone a host belongs to, the one whose name is its longest suffix at a label border.</summary>
public sealed class ZoneMap
{
    private readonly FrozenDictionary<string, Entry>.AlternateLookup<ReadOnlySpan<char>> byName;
    private readonly FrozenDictionary<string, Zone> byId;

    /// <summary>Takes the zones that a token can see, in any order.</summary>
    public ZoneMap(IEnumerable<Zone> zones)
    {
        ArgumentNullException.ThrowIfNull(zones);

        var sorted = zones.DistinctBy(static zone => zone.Id, StringComparer.Ordinal).OrderBy(static zone => zone.Id, StringComparer.Ordinal).ToArray();
        byId = sorted.ToFrozenDictionary(static zone => zone.Id, StringComparer.Ordinal);
        byName = sorted.GroupBy(static zone => Canonical(zone.Name), StringComparer.Ordinal)
            .ToFrozenDictionary(static group => group.Key, static group => Entry.Of([.. group]), StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>No zones.</summary>
    public static ZoneMap Empty { get; } = new([]);

    /// <summary>The zone of this id; null when the token cannot see it.</summary>
    public Zone? FindById(string id) => byId.GetValueOrDefault(id);

    /// <summary>The one zone of this name that is active; null when there is none, or several.</summary>
    public Zone? FindByName(string name) => byName.TryGetValue(name, out var entry) ? entry.Single : null;

    /// <summary>Finds the zone of a host. Allocates nothing when there is one.</summary>
    /// <param name="host">In lower-case ASCII; a leading <c>*.</c> is looked past.</param>
    /// <param name="zoneName">The zone an operator or label named, or null. It must be there and contain the host.</param>
    /// <param name="fallbackZoneId">The zone to take when detection finds none and it contains the host; it also settles which of several zones of one name is meant.</param>
    public ZoneMatch Find(string host, string? zoneName = null, string? fallbackZoneId = null)
    {
        ArgumentNullException.ThrowIfNull(host);

        return string.IsNullOrWhiteSpace(zoneName) ? Detect(host, fallbackZoneId) : FindNamed(host, zoneName, fallbackZoneId);
    }

    private ZoneMatch Detect(string host, string? fallbackZoneId)
    {
        var rest = host.AsSpan();
        if (rest.StartsWith("*."))
        {
            rest = rest[2..];
        }

        while (!rest.IsEmpty)
        {
            if (byName.TryGetValue(rest, out var entry))
            {
                return Take(entry, ZoneVerdict.Detected, host, fallbackZoneId);
            }

            var dot = rest.IndexOf('.');
            rest = dot < 0 ? [] : rest[(dot + 1)..];
        }

        return WithoutDetection(host, fallbackZoneId);
    }

    private ZoneMatch FindNamed(string host, string zoneName, string? fallbackZoneId)
    {
        if (!byName.TryGetValue(zoneName, out var entry))
        {
            zoneName = Canonical(zoneName);
            if (!byName.TryGetValue(zoneName, out entry))
            {
                return new(ZoneVerdict.UnknownName, host, subject: zoneName);
            }
        }

        return Contains(zoneName, host)
            ? Take(entry, ZoneVerdict.Named, host, fallbackZoneId)
            : new(ZoneVerdict.NotContaining, host, subject: zoneName);
    }

    // Detection has looked at every name the host could have: a fallback that it did not find is elsewhere or unknown.
    private ZoneMatch WithoutDetection(string host, string? fallbackZoneId)
    {
        if (byId.Count == 0)
        {
            return new(ZoneVerdict.NoZones, host);
        }

        if (string.IsNullOrWhiteSpace(fallbackZoneId))
        {
            return new(ZoneVerdict.NotFound, host);
        }

        return byId.TryGetValue(fallbackZoneId, out var fallback)
            ? new(ZoneVerdict.FallbackElsewhere, host, seen: fallback)
            : new(ZoneVerdict.UnknownFallback, host, subject: fallbackZoneId);
    }

    private static ZoneMatch Take(Entry entry, ZoneVerdict verdict, string host, string? fallbackZoneId)
    {
        if (entry.Single is { } zone)
        {
            return new(verdict, host, zone);
        }

        if (entry.Inactive is { } inactive)
        {
            return new(ZoneVerdict.Inactive, host, seen: inactive);
        }

        foreach (var candidate in entry.Rivals)
        {
            if (string.Equals(candidate.Id, fallbackZoneId, StringComparison.Ordinal))
            {
                return new(ZoneVerdict.Fallback, host, candidate);
            }
        }

        return new(ZoneVerdict.Ambiguous, host, seen: entry.Rivals[0], subject: entry.Accounts);
    }

    private static bool Contains(string zone, string host) =>
        host.EndsWith(zone, StringComparison.Ordinal) && (host.Length == zone.Length || host[host.Length - zone.Length - 1] == '.');

    private static string Canonical(string name) => HostName.TryParse(name, out var ascii, out _) ? ascii : name.Trim().ToLowerInvariant();

    /// <summary>The zones of one name: exactly one that serves, none that does, or several.</summary>
    private sealed record Entry(Zone? Single, Zone? Inactive, Zone[] Rivals)
    {
        public string? Accounts { get; } = Rivals.Any(static zone => zone.AccountId is not null)
            ? string.Join(", ", Rivals.Select(static zone => zone.AccountId ?? "unknown"))
            : null;

        // A domain is active in one account at a time; one that is being moved is there a second time, pending.
        public static Entry Of(Zone[] zones)
        {
            var active = Array.FindAll(zones, static zone => zone.IsActive);
            return active.Length switch
            {
                0 => new(null, zones[0], []),
                1 => new(active[0], null, []),
                _ => new(null, null, active),
            };
        }
    }
}
