using System.Globalization;
using DockFlare.Core.Protocol;

namespace DockFlare.Core.Labels;

/// <summary>
/// Finds our labels among a container's. Labels are sorted, so those under a prefix are neighbours. Each one that is understood becomes a number
/// made of index, name, prefix and position; sorted, the labels of one rule are neighbours and the prefix that counts comes first.
/// </summary>
internal ref struct LabelScan
{
    private const int NameShift = 26;
    private const int IndexShift = 33;
    private const int PrefixShift = 24;
    private const ulong PositionMask = (1UL << PrefixShift) - 1;

    private readonly ReadOnlySpan<string> keys;
    private readonly Span<ulong> found;
    private int count;

    /// <summary>Scans.</summary>
    /// <param name="labels">A container's labels.</param>
    /// <param name="customPrefix">With its trailing dot; null for none.</param>
    /// <param name="found">Room for as many as there are labels.</param>
    public LabelScan(LabelMap labels, string? customPrefix, Span<ulong> found)
    {
        keys = labels.KeySpan[..Math.Min(labels.Count, (int)PositionMask)];
        this.found = found;
        FirstPosition = -1;
        if (customPrefix is not (null or LabelNames.Prefix or LabelNames.LegacyPrefix))
        {
            ScanPrefix(customPrefix, customPrefix, 0);
        }

        var isLegacyFirst = customPrefix == LabelNames.LegacyPrefix;
        ScanPrefix(isLegacyFirst ? LabelNames.LegacyPrefix : LabelNames.Prefix, customPrefix, 1);
        ScanPrefix(isLegacyFirst ? LabelNames.Prefix : LabelNames.LegacyPrefix, customPrefix, 2);
        found[..count].Sort();
    }

    /// <summary>The position of the first label under the prefix that counts most; -1 when there is none of ours.</summary>
    public int FirstPosition { get; private set; }

    /// <summary>The length of that label's prefix.</summary>
    public int FirstPrefixLength { get; private set; }

    /// <summary>Labels under our prefixes that are not in the table; null when there are none.</summary>
    public List<UnknownLabel>? Unknown { get; private set; }

    /// <summary>Those that are understood, in order.</summary>
    public readonly ReadOnlySpan<ulong> Found => found[..count];

    /// <summary>The rule it belongs to: -1 for the base.</summary>
    public static int IndexOf(ulong entry) => (int)(entry >> IndexShift) - 1;

    /// <summary>Its name.</summary>
    public static LabelId NameOf(ulong entry) => (LabelId)((entry >> NameShift) & 0x7f);

    /// <summary>Where it is among the container's labels.</summary>
    public static int PositionOf(ulong entry) => (int)(entry & PositionMask);

    private void ScanPrefix(string prefix, string? customPrefix, ulong rank)
    {
        for (var position = FirstAtOrAfter(prefix); position < keys.Length && keys[position].StartsWith(prefix, StringComparison.Ordinal); position++)
        {
            var key = keys[position].AsSpan();
            if (BelongsToLonger(key, prefix, customPrefix))
            {
                continue;
            }

            if (FirstPosition < 0)
            {
                FirstPosition = position;
                FirstPrefixLength = prefix.Length;
            }

            var suffix = SplitIndex(key[prefix.Length..], out var index, out var isCanonical);
            if (isCanonical && LabelNames.TryFind(suffix, out var name) && (index < 0 || LabelNames.Get(name).IsIndexed))
            {
                found[count++] = ((ulong)(index + 1) << IndexShift) | ((ulong)name << NameShift) | (rank << PrefixShift) | (uint)position;
            }
            else
            {
                (Unknown ??= []).Add(new(position, prefix.Length, index, suffix.ToString()));
            }
        }
    }

    // With a custom prefix such as "dockflare.blue." a label can begin with two of the prefixes; the longer one is meant.
    private static bool BelongsToLonger(ReadOnlySpan<char> key, string prefix, string? customPrefix) =>
        customPrefix is not null
        && ((customPrefix.Length > prefix.Length && key.StartsWith(customPrefix))
            || (prefix.Length < LabelNames.LegacyPrefix.Length && key.StartsWith(LabelNames.LegacyPrefix))
            || (prefix.Length < LabelNames.Prefix.Length && key.StartsWith(LabelNames.Prefix)));

    // "12.hostname" is index 12 of hostname; the base has index -1. "01.hostname" is understood for advice alone.
    private static ReadOnlySpan<char> SplitIndex(ReadOnlySpan<char> rest, out int index, out bool isCanonical)
    {
        var digits = 0;
        while (digits < rest.Length && char.IsAsciiDigit(rest[digits]))
        {
            digits++;
        }

        index = -1;
        isCanonical = true;
        if (digits == 0 || digits == rest.Length || rest[digits] != '.')
        {
            return rest;
        }

        isCanonical = digits <= 9 && (rest[0] != '0' || digits == 1);
        if (!int.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out index))
        {
            index = int.MaxValue;
        }

        return rest[(digits + 1)..];
    }

    private readonly int FirstAtOrAfter(string prefix)
    {
        var low = 0;
        var high = keys.Length;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (string.CompareOrdinal(keys[middle], prefix) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}

/// <summary>A label under one of our prefixes that is not in the table.</summary>
/// <param name="Position">Where it is among the container's labels.</param>
/// <param name="PrefixLength">How long its prefix is.</param>
/// <param name="Index">The rule it seems to be about; -1 for the base.</param>
/// <param name="Suffix">What stands behind prefix and index.</param>
internal sealed record UnknownLabel(int Position, int PrefixLength, int Index, string Suffix)
{
    /// <summary>The name that was probably meant; null when none is near.</summary>
    public string? Nearest { get; } = NearestWord.Labels.Find(Suffix);

    /// <summary>Whether it was probably meant to protect the host.</summary>
    public bool AsksForProtection =>
        Suffix.StartsWith("access", StringComparison.OrdinalIgnoreCase) || Nearest?.StartsWith("access.", StringComparison.Ordinal) == true;
}
