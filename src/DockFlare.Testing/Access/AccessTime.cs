using System.Buffers;
using System.Globalization;

namespace DockFlare.Testing.Access;

/// <summary>Times as Access writes them.</summary>
internal static class AccessTime
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    public static string Of(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A Go duration of the units ns, us, ms, s, m and h; null when it is not one.</summary>
    public static TimeSpan? FindDuration(string text)
    {
        var total = TimeSpan.Zero;
        var rest = text.AsSpan();
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExcept(Digits);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            rest = rest[digits..];
            var unit = rest.IndexOfAny(Digits) is var end and >= 0 ? rest[..end] : rest;
            double? seconds = unit switch
            {
                "h" => 3600,
                "m" => 60,
                "s" => 1,
                "ms" => 1e-3,
                "us" or "µs" => 1e-6,
                "ns" => 1e-9,
                _ => null,
            };
            if (seconds is not { } known)
            {
                return null;
            }

            total += TimeSpan.FromSeconds(number * known);
            rest = rest[unit.Length..];
        }

        return text.Length > 0 ? total : null;
    }
}
