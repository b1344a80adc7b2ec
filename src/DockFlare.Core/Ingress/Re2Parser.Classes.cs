using System.Buffers;
using System.Globalization;
using System.Text;

namespace DockFlare.Core.Ingress;

/// <summary>Escapes and classes of characters.</summary>
internal sealed partial class Re2Parser
{
    private const string Astral = @"[\uD800-\uDBFF][\uDC00-\uDFFF]";
    private static readonly SearchValues<char> WordChars = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    private bool isUntranslatable;

    private void ReadEscape()
    {
        var next = at + 1 < pattern.Length ? pattern[at + 1] : '\0';
        switch (next)
        {
            case 'A' or 'z' or 'b' or 'B':
                at += 2;
                Push("\\" + next);
                return;
            case 'C':
                throw Fault("invalid escape sequence", @"\C");
            case 'Q':
                ReadQuoted();
                return;
        }

        var set = new CharacterSet();
        if (TryReadClassEscape(set))
        {
            Push(IgnoringCase(set.Text(isNegated: false)));
        }
        else
        {
            PushLiteral(ReadEscapedRune());
        }
    }

    /// <summary><c>\Q…\E</c>, or to the end: every character stands for itself.</summary>
    private void ReadQuoted()
    {
        at += 2;
        var end = pattern.IndexOf(@"\E", at, StringComparison.Ordinal);
        var stop = end < 0 ? pattern.Length : end;
        while (at < stop)
        {
            PushLiteral(ReadRune());
        }

        at = end < 0 ? stop : stop + 2;
    }

    /// <summary><c>\d</c> and its kin, <c>\pL</c>, <c>\p{Greek}</c>.</summary>
    private bool TryReadClassEscape(CharacterSet set)
    {
        if (at + 1 >= pattern.Length || pattern[at] != '\\')
        {
            return false;
        }

        if (pattern[at + 1] is 'p' or 'P')
        {
            ReadUnicodeClass(set);
            return true;
        }

        if (Re2Names.FindPerl(pattern[at + 1]) is not { } body)
        {
            return false;
        }

        at += 2;
        set.Add(body, char.IsAsciiLetterUpper(pattern[at - 1]));
        return true;
    }

    private void ReadUnicodeClass(CharacterSet set)
    {
        var start = at;
        var isNegated = pattern[at + 1] == 'P';
        at += 2;
        if (at >= pattern.Length)
        {
            // Go fails here on the missing letter's encoding.
            throw Fault("invalid UTF-8", "");
        }

        string name;
        if (pattern[at] == '{')
        {
            var end = pattern.IndexOf('}', at);
            if (end < 0)
            {
                throw Fault("invalid character class range", pattern[start..]);
            }

            name = pattern[(at + 1)..end];
            at = end + 1;
        }
        else
        {
            name = ReadRune().ToString();
        }

        if (name is ['^', ..])
        {
            isNegated = !isNegated;
            name = name[1..];
        }

        if (!Re2Names.TryFindUnicode(name, out var body))
        {
            throw Fault("invalid character class range", pattern[start..at]);
        }

        isUntranslatable |= body is null;
        set.AddUnicode(body ?? "", isNegated);
    }

    private string ReadClass()
    {
        var start = at++;
        var set = new CharacterSet();
        var isNegated = at < pattern.Length && pattern[at] == '^';
        at += isNegated ? 1 : 0;
        for (var isFirst = true; isFirst || at >= pattern.Length || pattern[at] != ']'; isFirst = false)
        {
            if (!TryReadNamedClass(set) && !TryReadClassEscape(set))
            {
                ReadRange(set, start);
            }
        }

        at++;
        return IgnoringCase(set.Text(isNegated));
    }

    private void ReadRange(CharacterSet set, int classStart)
    {
        var start = at;
        var low = ReadClassRune(classStart);
        var high = low;
        if (at + 1 < pattern.Length && pattern[at] == '-' && pattern[at + 1] != ']')
        {
            at++;
            high = ReadClassRune(classStart);
        }

        if (high < low)
        {
            throw Fault("invalid character class range", pattern[start..at]);
        }

        set.Add(low.Value, high.Value);
    }

    private Rune ReadClassRune(int classStart)
    {
        if (at >= pattern.Length)
        {
            throw Fault("missing closing ]", pattern[classStart..]);
        }

        return pattern[at] == '\\' ? ReadEscapedRune() : ReadRune();
    }

    /// <summary><c>[:alpha:]</c> inside a class.</summary>
    private bool TryReadNamedClass(CharacterSet set)
    {
        var end = at + 2 < pattern.Length && pattern[at] == '[' && pattern[at + 1] == ':' ? pattern.IndexOf(":]", at + 2, StringComparison.Ordinal) : -1;
        if (end < 0)
        {
            return false;
        }

        var name = pattern[(at + 2)..end];
        var isNegated = name is ['^', ..];
        if (Re2Names.FindPosix(isNegated ? name[1..] : name) is not { } body)
        {
            throw Fault("invalid character class range", pattern[at..(end + 2)]);
        }

        at = end + 2;
        set.Add(body, isNegated);
        return true;
    }

    private Rune ReadEscapedRune()
    {
        var start = at++;
        if (at >= pattern.Length)
        {
            throw Fault("trailing backslash at end of expression", "");
        }

        var c = ReadRune();
        var isOctal = c.Value == '0' || (c.Value is >= '1' and <= '7' && at < pattern.Length && pattern[at] is >= '0' and <= '7');
        if (isOctal)
        {
            return ReadOctal(c.Value - '0');
        }

        if (c.Value == 'x' && TryReadHex(out var hex))
        {
            return hex;
        }

        if (c.IsAscii && !char.IsAsciiLetterOrDigit((char)c.Value))
        {
            return c;
        }

        return c.Value switch
        {
            'a' => new('\a'),
            'f' => new('\f'),
            'n' => new('\n'),
            'r' => new('\r'),
            't' => new('\t'),
            'v' => new('\v'),
            _ => throw Fault("invalid escape sequence", pattern[start..at]),
        };
    }

    private Rune ReadOctal(int value)
    {
        for (var i = 1; i < 3 && at < pattern.Length && pattern[at] is >= '0' and <= '7'; i++)
        {
            value = (value * 8) + pattern[at++] - '0';
        }

        return new(value);
    }

    /// <summary>Two digits, or any number of them in braces.</summary>
    private bool TryReadHex(out Rune rune)
    {
        rune = default;
        if (at >= pattern.Length)
        {
            return false;
        }

        var first = ReadRune().Value;
        if (first != '{')
        {
            if (at >= pattern.Length)
            {
                throw Fault("invalid UTF-8", "");
            }

            var second = ReadRune().Value;
            var isHex = first < 0x80 && second < 0x80 && char.IsAsciiHexDigit((char)first) && char.IsAsciiHexDigit((char)second);
            rune = isHex ? new(Convert.ToInt32($"{(char)first}{(char)second}", 16)) : default;
            return isHex;
        }

        var value = 0;
        var start = at;
        while (at < pattern.Length)
        {
            var c = ReadRune().Value;
            if (c == '}')
            {
                var isSurrogate = value is >= 0xD800 and <= 0xDFFF;
                rune = isSurrogate ? Rune.ReplacementChar : new(value);
                return at - 1 > start;
            }

            if (c > 0x7F || !char.IsAsciiHexDigit((char)c))
            {
                return false;
            }

            value = (value * 16) + Convert.ToInt32(((char)c).ToString(), 16);
            if (value > 0x10FFFF)
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>One character, also where .NET needs two code units for it.</summary>
    private static string Any(bool isWithLineFeed) => isWithLineFeed ? @"(?:[^\uD800-\uDFFF]|" + Astral + ")" : @"(?:[^\n\uD800-\uDFFF]|" + Astral + ")";

    private static string Literal(Rune rune)
    {
        var text = new StringBuilder();
        foreach (var c in rune.ToString())
        {
            _ = char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '_' ? text.Append(c) : text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
        }

        return text.Length == 12 ? $"(?:{text})" : text.ToString();
    }
}
