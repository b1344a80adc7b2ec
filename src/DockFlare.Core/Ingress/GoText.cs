using System.Globalization;
using System.Text;

namespace DockFlare.Core.Ingress;

/// <summary>Text in Go's messages.</summary>
internal static class GoText
{
    /// <summary>As Go's <c>%q</c> writes it.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\a' => quoted.Append("\\a"),
                '\b' => quoted.Append("\\b"),
                '\f' => quoted.Append("\\f"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                '\v' => quoted.Append("\\v"),
                ' ' => quoted.Append(' '),
                _ when IsPrintable(rune) => quoted.Append(rune.ToString()),
                < ' ' or 0x7F => quoted.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}"),
                > 0xFFFF => quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"),
                _ => quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
            };
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>What Go's <c>strconv.ParseInt</c> or <c>Atoi</c> says of a text in base 10; null when it is a 64-bit number.</summary>
    public static string? FindIntegerFault(string function, string text, out long number)
    {
        number = 0;
        var digits = text is ['+' or '-', ..] ? text.AsSpan(1) : text;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
        {
            return $"strconv.{function}: parsing {Quote(text)}: invalid syntax";
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)
            ? null
            : $"strconv.{function}: parsing {Quote(text)}: value out of range";
    }

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
