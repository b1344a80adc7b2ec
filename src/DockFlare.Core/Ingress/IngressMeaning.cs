using System.Text.Json;

namespace DockFlare.Core.Ingress;

/// <summary>Whether two documents mean the same to cloudflared: null is absent, and the server's own additions do not count.</summary>
internal static class IngressMeaning
{
    public static bool AreSame(IngressDocument left, IngressDocument right) =>
        left.Entries.Count == right.Entries.Count
        && AreSame(left.Origin, right.Origin)
        && AreSame(left.UnknownOrigin, right.UnknownOrigin)
        && AreSame(left.Unknown, right.Unknown)
        && HaveSameEntries(left.Entries.AsSpan(), right.Entries.AsSpan());

    public static bool AreSame(IngressEntry left, IngressEntry right) =>
        ReferenceEquals(left, right)
        || (left.Identity == right.Identity
            && string.Equals(left.Service, right.Service, StringComparison.Ordinal)
            && AreSame(left.Origin, right.Origin)
            && AreSame(left.UnknownOrigin, right.UnknownOrigin)
            && AreSame(left.Unknown, right.Unknown));

    /// <summary>The API holds whole seconds, so half a second and a second are the same there.</summary>
    public static bool AreSame(OriginRequest left, OriginRequest right) =>
        left == right || OriginKeys.InWholeSeconds(left) == OriginKeys.InWholeSeconds(right);

    private static bool HaveSameEntries(ReadOnlySpan<IngressEntry> left, ReadOnlySpan<IngressEntry> right)
    {
        for (var i = 0; i < left.Length; i++)
        {
            if (!AreSame(left[i], right[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreSame(EquatableArray<UnknownKey> left, EquatableArray<UnknownKey> right)
    {
        if (left == right)
        {
            return true;
        }

        var mine = left.Where(SaysSomething).ToList();
        var theirs = right.Where(SaysSomething).ToList();
        return mine.Count == theirs.Count && mine.Zip(theirs).All(static pair => AreSame(pair.First, pair.Second));
    }

    private static bool SaysSomething(UnknownKey key) =>
        key.Json is not "null"
        && !(string.Equals(key.Name, "warp-routing", StringComparison.OrdinalIgnoreCase) && key.Json is "{}" or """{"enabled":false}""");

    private static bool AreSame(UnknownKey left, UnknownKey right)
    {
        if (!string.Equals(left.Name, right.Name, StringComparison.Ordinal))
        {
            return false;
        }

        if (string.Equals(left.Json, right.Json, StringComparison.Ordinal))
        {
            return true;
        }

        using var mine = JsonDocument.Parse(left.Json, IngressJsonReader.Options);
        using var theirs = JsonDocument.Parse(right.Json, IngressJsonReader.Options);
        return JsonElement.DeepEquals(mine.RootElement, theirs.RootElement);
    }
}
