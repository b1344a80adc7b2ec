using System.Globalization;
using System.Text;

namespace DockFlare.Core.Ingress;

/// <summary>
/// The name a host has on the wire, as cloudflared's <c>idna.Lookup.ToASCII</c> gives it: lower case and punycode. .NET's own mapping
/// answers differently with and without ICU, so it cannot be used.
/// </summary>
internal static class Idna
{
    /// <summary>The lower-case ASCII name; null when the name has none, such as one with <c>_</c> or <c>*</c>.</summary>
    public static string? FindAscii(string hostname)
    {
        var labels = hostname.Split('.');
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i].Length == 0)
            {
                // Only the root, at the end, has no name.
                if (i == 0 || i != labels.Length - 1)
                {
                    return null;
                }

                continue;
            }

            if (FindAsciiLabel(labels[i]) is not { } label)
            {
                return null;
            }

            labels[i] = label;
        }

        return string.Join('.', labels);
    }

    private static string? FindAsciiLabel(string label)
    {
        var lower = label.ToLowerInvariant().Normalize(NormalizationForm.FormC);
        if (lower is ['-', ..] or [.., '-'])
        {
            return null;
        }

        var isAscii = Ascii.IsValid(lower);
        if (lower.Length >= 4 && lower[2] == '-' && lower[3] == '-' && !(isAscii && lower.StartsWith("xn--", StringComparison.Ordinal)))
        {
            return null;
        }

        var isFirst = true;
        foreach (var rune in lower.EnumerateRunes())
        {
            if (!IsAllowed(rune, isFirst))
            {
                return null;
            }

            isFirst = false;
        }

        return isAscii ? lower : "xn--" + Punycode(lower);
    }

    private static bool IsAllowed(Rune rune, bool isFirst)
    {
        if (rune.IsAscii)
        {
            return rune.Value is '-' or (>= '0' and <= '9') or (>= 'a' and <= 'z');
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.DecimalDigitNumber => rune != Rune.ReplacementChar,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark => !isFirst,
            _ => false,
        };
    }

    /// <summary>RFC 3492.</summary>
    private static string Punycode(string label)
    {
        var runes = label.EnumerateRunes().Select(static rune => rune.Value).ToArray();
        var output = new StringBuilder(string.Concat(label.Where(char.IsAscii)));
        var basic = output.Length;
        var handled = basic;
        if (basic > 0)
        {
            output.Append('-');
        }

        long delta = 0;
        var n = 0x80;
        var bias = 72;
        while (handled < runes.Length)
        {
            var next = runes.Where(rune => rune >= n).Min();
            delta += (long)(next - n) * (handled + 1);
            n = next;
            foreach (var rune in runes)
            {
                delta += rune < n ? 1 : 0;
                if (rune == n)
                {
                    AppendNumber(output, delta, bias);
                    bias = Adapt(delta, handled + 1, handled == basic);
                    delta = 0;
                    handled++;
                }
            }

            delta++;
            n++;
        }

        return output.ToString();
    }

    private static void AppendNumber(StringBuilder output, long number, int bias)
    {
        for (var k = 36; ; k += 36)
        {
            var threshold = Math.Clamp(k - bias, 1, 26);
            if (number < threshold)
            {
                output.Append(Digit(number));
                return;
            }

            output.Append(Digit(threshold + ((number - threshold) % (36 - threshold))));
            number = (number - threshold) / (36 - threshold);
        }
    }

    private static char Digit(long value) => (char)(value < 26 ? 'a' + value : '0' + value - 26);

    private static int Adapt(long delta, int count, bool isFirst)
    {
        delta /= isFirst ? 700 : 2;
        delta += delta / count;
        var k = 0;
        while (delta > 455)
        {
            delta /= 35;
            k += 36;
        }

        return k + (int)(36 * delta / (delta + 38));
    }
}
