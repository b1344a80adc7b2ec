using System.Globalization;
using System.Text;

namespace DockFlare.Core.Ingress;

/// <summary>
/// A class of characters for .NET, whose classes hold single UTF-16 code units: what lies beyond them is written as pairs.
/// Unicode categories cover the first plane only, as they do in .NET.
/// </summary>
internal sealed class CharacterSet
{
    private const int FirstAstral = 0x10000;
    private const int LastAstral = 0x10FFFF;
    private readonly StringBuilder body = new();
    private readonly List<(int Low, int High)> astral = [];

    /// <summary>Adds a range of code points.</summary>
    public void Add(int low, int high)
    {
        if (low < FirstAstral)
        {
            body.Append(Range(low, Math.Min(high, 0xFFFF)));
        }

        if (high >= FirstAstral)
        {
            astral.Add((Math.Max(low, FirstAstral), high));
        }
    }

    /// <summary>Adds ASCII ranges, given as pairs of characters, or everything else.</summary>
    public void Add(string pairs, bool isNegated)
    {
        var next = 0;
        for (var i = 0; i < pairs.Length; i += 2)
        {
            if (!isNegated)
            {
                Add(pairs[i], pairs[i + 1]);
            }
            else if (pairs[i] > next)
            {
                Add(next, pairs[i] - 1);
            }

            next = pairs[i + 1] + 1;
        }

        if (isNegated)
        {
            Add(next, LastAstral);
        }
    }

    /// <summary>Adds what .NET knows by name: a run of category names, or ranges that begin with a backslash and u.</summary>
    public void AddUnicode(string names, bool isNegated)
    {
        if (!isNegated)
        {
            body.Append(names);
            return;
        }

        // Only a single category can be turned around inside a class; of several, what is in none of them is listed.
        if (names.StartsWith(@"\p{", StringComparison.Ordinal) && names.IndexOf('}', StringComparison.Ordinal) == names.Length - 1)
        {
            body.Append(@"\P").Append(names.AsSpan(2));
        }
        else
        {
            body.Append(Re2Names.Without(names));
        }

        astral.Add((FirstAstral, LastAstral));
    }

    /// <summary>The expression for one character of the set, or of everything else.</summary>
    public string Text(bool isNegated)
    {
        var pairs = isNegated ? Complement() : astral;
        var alternatives = new List<string>(pairs.Count + 1);
        if (isNegated)
        {
            alternatives.Add($@"[^{body}\uD800-\uDFFF]");
        }
        else if (body.Length > 0)
        {
            alternatives.Add($"[{body}]");
        }

        foreach (var (low, high) in pairs)
        {
            AddPairs(alternatives, low, high);
        }

        return alternatives.Count switch
        {
            // A class with nothing in it matches nothing.
            0 => @"[^\u0000-\uFFFF]",
            1 => alternatives[0],
            _ => $"(?:{string.Join('|', alternatives)})",
        };
    }

    private List<(int Low, int High)> Complement()
    {
        var gaps = new List<(int, int)>();
        var next = FirstAstral;
        foreach (var (low, high) in astral.OrderBy(static range => range.Low))
        {
            if (low > next)
            {
                gaps.Add((next, low - 1));
            }

            next = Math.Max(next, high + 1);
        }

        if (next <= LastAstral)
        {
            gaps.Add((next, LastAstral));
        }

        return gaps;
    }

    private static void AddPairs(List<string> alternatives, int low, int high)
    {
        while (low <= high)
        {
            var lead = LeadOf(low);
            var isWhole = (low & 0x3FF) == 0;

            // As many leads at once as are covered whole, else what one lead has of the range.
            var lastWhole = (high & 0x3FF) == 0x3FF ? LeadOf(high) : LeadOf(high) - 1;
            if (isWhole && lastWhole >= lead)
            {
                alternatives.Add($@"[{Range(lead, lastWhole)}][\uDC00-\uDFFF]");
                low = FirstAstral + ((lastWhole - 0xD800 + 1) << 10);
                continue;
            }

            var end = Math.Min(high, low | 0x3FF);
            alternatives.Add($"{Unit(lead)}[{Range(0xDC00 + (low & 0x3FF), 0xDC00 + (end & 0x3FF))}]");
            low = end + 1;
        }
    }

    private static int LeadOf(int codePoint) => 0xD800 + ((codePoint - FirstAstral) >> 10);

    private static string Range(int low, int high) => low == high ? Unit(low) : $"{Unit(low)}-{Unit(high)}";

    private static string Unit(int value) => string.Create(CultureInfo.InvariantCulture, $"\\u{value:X4}");
}
