using System.Buffers;

namespace DockFlare.Core.Labels;

/// <summary>Durations as Go's <c>time.ParseDuration</c> takes them: <c>30s</c>, <c>1h2m3.5s</c>, <c>-5s</c>, <c>0</c>.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    /// <summary>Reads a duration in nanoseconds.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long nanoseconds)
    {
        nanoseconds = 0;
        var isNegative = text is ['-', ..];
        var rest = text is ['-' or '+', ..] ? text[1..] : text;
        if (rest is "0")
        {
            return true;
        }

        if (rest.IsEmpty)
        {
            return false;
        }

        decimal total = 0;
        while (!rest.IsEmpty)
        {
            var number = rest.IndexOfAnyExcept(Digits);
            if (number <= 0 || !TryNumber(rest[..number], out var value))
            {
                return false;
            }

            rest = rest[number..];
            var unit = rest.IndexOfAny(Digits);
            unit = unit < 0 ? rest.Length : unit;
            if (!TryUnit(rest[..unit], out var scale))
            {
                return false;
            }

            total += value * scale;
            if (total > long.MaxValue)
            {
                return false;
            }

            rest = rest[unit..];
        }

        nanoseconds = isNegative ? -(long)total : (long)total;
        return true;
    }

    // At most 15 digits on either side: more is either too long for Go's 64 bits or finer than a nanosecond.
    private static bool TryNumber(ReadOnlySpan<char> digits, out decimal value)
    {
        var point = digits.IndexOf('.');
        var whole = point < 0 ? digits : digits[..point];
        var fraction = point < 0 ? [] : digits[(point + 1)..];
        value = 0;
        if ((whole.IsEmpty && fraction.IsEmpty) || fraction.Contains('.') || whole.TrimStart('0').Length > 19)
        {
            return false;
        }

        foreach (var digit in whole)
        {
            value = (value * 10) + (digit - '0');
        }

        var weight = 1m;
        foreach (var digit in fraction[..Math.Min(fraction.Length, 12)])
        {
            weight /= 10;
            value += weight * (digit - '0');
        }

        return value <= long.MaxValue;
    }

    private static bool TryUnit(ReadOnlySpan<char> unit, out long nanoseconds)
    {
        nanoseconds = unit switch
        {
            "ns" => 1,
            "us" or "\u00b5s" or "\u03bcs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => 0,
        };
        return nanoseconds != 0;
    }
}
