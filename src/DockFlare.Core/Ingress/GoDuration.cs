using System.Globalization;
using System.Text;

namespace DockFlare.Core.Ingress;

/// <summary>Durations as Go writes and reads them: <c>1h2m3.5s</c>, <c>250ms</c>, <c>0s</c>.</summary>
public static class GoDuration
{
    private static readonly (string Unit, long Nanoseconds)[] Units =
    [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000),
        ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ];

    /// <summary>Writes a duration as Go's <c>Duration.String</c> would, without the parts that are zero: <c>90s</c> is <c>1m30s</c>, an hour is <c>1h</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        var ticks = duration.Ticks;
        if (ticks == 0)
        {
            return "0s";
        }

        var text = new StringBuilder(16);
        if (ticks < 0)
        {
            text.Append('-');
        }

        // Unsigned, so that the smallest value has an absolute value too.
        var left = ticks < 0 ? (ulong)-(ticks + 1) + 1 : (ulong)ticks;
        left = Part(text, left, TimeSpan.TicksPerHour, 'h');
        left = Part(text, left, TimeSpan.TicksPerMinute, 'm');
        if (left > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{left / TimeSpan.TicksPerSecond}");
            var fraction = left % TimeSpan.TicksPerSecond;
            if (fraction > 0)
            {
                text.Append('.').Append(fraction.ToString("D7", CultureInfo.InvariantCulture).TrimEnd('0'));
            }

            text.Append('s');
        }

        return text.ToString();
    }

    /// <summary>Reads what Go's <c>time.ParseDuration</c> reads; parts below 100 ns are cut off. False for anything else.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(text);

        duration = default;
        var rest = text.AsSpan();
        var isNegative = rest is ['-', ..];
        if (rest is ['-' or '+', ..])
        {
            rest = rest[1..];
        }

        if (rest is "0")
        {
            return true;
        }

        if (rest.IsEmpty)
        {
            return false;
        }

        decimal nanoseconds = 0;
        while (!rest.IsEmpty)
        {
            if (!TryReadPart(ref rest, ref nanoseconds))
            {
                return false;
            }
        }

        if (nanoseconds > (isNegative ? Longest : long.MaxValue))
        {
            return false;
        }

        duration = new TimeSpan((long)(nanoseconds / 100) * (isNegative ? -1 : 1));
        return true;
    }

    private static ulong Part(StringBuilder text, ulong left, ulong size, char unit)
    {
        if (left >= size)
        {
            text.Append(CultureInfo.InvariantCulture, $"{left / size}").Append(unit);
        }

        return left % size;
    }

    private static bool TryReadPart(ref ReadOnlySpan<char> rest, ref decimal nanoseconds)
    {
        var whole = Digits(rest);
        var number = rest[..whole];
        rest = rest[whole..];
        ReadOnlySpan<char> fraction = [];
        if (rest is ['.', ..])
        {
            fraction = rest[1..][..Digits(rest[1..])];
            rest = rest[(1 + fraction.Length)..];
        }

        if (number.IsEmpty && fraction.IsEmpty)
        {
            return false;
        }

        var end = rest.IndexOfAnyExcept(UnitChars);
        var name = end < 0 ? rest : rest[..end];
        rest = rest[name.Length..];
        foreach (var (unit, size) in Units)
        {
            if (name.SequenceEqual(unit))
            {
                return TryAdd(number.TrimStart('0'), fraction, size, ref nanoseconds);
            }
        }

        return false;
    }

    // In nanoseconds: 1<<63, which Go takes only with a minus in front.
    private const decimal Longest = 9223372036854775808m;

    private static readonly System.Buffers.SearchValues<char> UnitChars = System.Buffers.SearchValues.Create("nuµμmsh");

    private static bool TryAdd(ReadOnlySpan<char> number, ReadOnlySpan<char> fraction, long size, ref decimal nanoseconds)
    {
        if (number.Length > 19)
        {
            return false;
        }

        var whole = number.IsEmpty ? 0 : decimal.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture);
        if (whole > Longest / size)
        {
            return false;
        }

        var digits = fraction[..Math.Min(fraction.Length, 15)];
        var part = digits.IsEmpty ? 0 : decimal.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture) * size / Power(digits.Length);
        nanoseconds += (whole * size) + decimal.Truncate(part);
        return nanoseconds <= Longest;
    }

    private static decimal Power(int digits)
    {
        decimal power = 1;
        for (var i = 0; i < digits; i++)
        {
            power *= 10;
        }

        return power;
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }
}
