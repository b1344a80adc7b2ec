namespace DockFlare.Core.Zones;

/// <summary>The zones of an account: finds the zone a host belongs to, the one whose name is its longest suffix at a label border.</summary>
public sealed class ZoneMap(IEnumerable<Zone> zones)
{
    private readonly Zone[] zones = [.. zones];

    /// <summary>No zones.</summary>
    public static ZoneMap Empty { get; } = new([]);

    /// <summary>Finds the zone of a host.</summary>
    /// <param name="host">In lower-case ASCII; a leading <c>*.</c> is looked past.</param>
    /// <param name="zoneName">The zone an operator or label named, or null.</param>
    /// <param name="fallbackZoneId">The zone to take when detection finds none and it contains the host.</param>
    public ZoneMatch Find(string host, string? zoneName = null, string? fallbackZoneId = null) => new(null, $"{zones.Length}");
}

/// <summary>The answer to where a host belongs.</summary>
/// <param name="Zone">The zone; null when there is none to take.</param>
/// <param name="Message">How it was found, or why not and what to do.</param>
public sealed record ZoneMatch(Zone? Zone, string Message);
