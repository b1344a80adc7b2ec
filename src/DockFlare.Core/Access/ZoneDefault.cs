namespace DockFlare.Core.Access;

/// <summary>A zone whose <c>*.zone</c> an operator wants under one application of ours: every host one level below it that has none of its own.</summary>
/// <param name="Zone">The zone's name.</param>
/// <param name="Groups">Ids of access groups, in order; the first one's application settings count.</param>
public sealed record ZoneDefault(string Zone, EquatableArray<string> Groups);

/// <summary>What a zone's default comes to.</summary>
/// <param name="Zone">The zone's name.</param>
/// <param name="Guard">Its application, or why there is none.</param>
public sealed record ZoneGuard(string Zone, RouteGuard Guard)
{
    /// <summary>The key of its application.</summary>
    public string Key => KeyOf(Zone);

    /// <summary>What it covers.</summary>
    public string Pattern => $"*.{Zone}";

    /// <summary>The key of a zone's application.</summary>
    public static string KeyOf(string zone) => $"zone default *.{zone}";
}
