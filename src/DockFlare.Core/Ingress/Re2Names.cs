using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace DockFlare.Core.Ingress;

/// <summary>The classes RE2 knows by name.</summary>
internal static class Re2Names
{
    private static readonly string[] Categories =
    [
        "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No",
        "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
    ];

    private static readonly Dictionary<string, string> LongNames = new(StringComparer.Ordinal)
    {
        ["other"] = "C",
        ["control"] = "Cc",
        ["cntrl"] = "Cc",
        ["format"] = "Cf",
        ["unassigned"] = "Cn",
        ["privateuse"] = "Co",
        ["surrogate"] = "Cs",
        ["letter"] = "L",
        ["lowercaseletter"] = "Ll",
        ["modifierletter"] = "Lm",
        ["otherletter"] = "Lo",
        ["titlecaseletter"] = "Lt",
        ["uppercaseletter"] = "Lu",
        ["mark"] = "M",
        ["combiningmark"] = "M",
        ["spacingmark"] = "Mc",
        ["enclosingmark"] = "Me",
        ["nonspacingmark"] = "Mn",
        ["number"] = "N",
        ["decimalnumber"] = "Nd",
        ["digit"] = "Nd",
        ["letternumber"] = "Nl",
        ["othernumber"] = "No",
        ["punctuation"] = "P",
        ["punct"] = "P",
        ["connectorpunctuation"] = "Pc",
        ["dashpunctuation"] = "Pd",
        ["closepunctuation"] = "Pe",
        ["finalpunctuation"] = "Pf",
        ["initialpunctuation"] = "Pi",
        ["otherpunctuation"] = "Po",
        ["openpunctuation"] = "Ps",
        ["symbol"] = "S",
        ["currencysymbol"] = "Sc",
        ["modifiersymbol"] = "Sk",
        ["mathsymbol"] = "Sm",
        ["othersymbol"] = "So",
        ["separator"] = "Z",
        ["lineseparator"] = "Zl",
        ["paragraphseparator"] = "Zp",
        ["spaceseparator"] = "Zs",
        ["casedletter"] = "LC",
    };

    /// <summary>The scripts that paths are written in; of the others only the name is known, which is enough to tell a name from a slip.</summary>
    private static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal)
    {
        ["latin"] = @"A-Za-z\u00AA\u00BA\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02B8\u02E0-\u02E4\u1D00-\u1D25\u1E00-\u1EFF\u2C60-\u2C7F\uA722-\uA787\uFF21-\uFF3A\uFF41-\uFF5A",
        ["greek"] = @"\u0370-\u0373\u0375-\u0377\u037A-\u037D\u037F\u0384\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03E1\u03F0-\u03FF\u1F00-\u1FFE",
        ["cyrillic"] = @"\u0400-\u0484\u0487-\u052F\u1C80-\u1C88\u1D2B\u1D78\u2DE0-\u2DFF\uA640-\uA69F",
        ["hebrew"] = @"\u0591-\u05C7\u05D0-\u05EA\u05EF-\u05F4\uFB1D-\uFB4F",
        ["arabic"] = @"\u0600-\u0604\u0606-\u060B\u060D-\u061A\u061C-\u061E\u0620-\u063F\u0641-\u064A\u0656-\u066F\u0671-\u06DC\u06DE-\u06FF\u0750-\u077F",
        ["thai"] = @"\u0E01-\u0E3A\u0E40-\u0E5B",
        ["devanagari"] = @"\u0900-\u0950\u0955-\u0963\u0966-\u097F\uA8E0-\uA8FF",
        ["hiragana"] = @"\u3041-\u3096\u309D-\u309F",
        ["katakana"] = @"\u30A1-\u30FA\u30FD-\u30FF\u31F0-\u31FF\u32D0-\u32FE\u3300-\u3357\uFF66-\uFF6F\uFF71-\uFF9D",
        ["hangul"] = @"\u1100-\u11FF\u302E-\u302F\u3131-\u318E\u3200-\u321E\u3260-\u327E\uA960-\uA97C\uAC00-\uD7A3\uD7B0-\uD7FB",
        ["han"] = @"\u2E80-\u2E99\u2E9B-\u2EF3\u2F00-\u2FD5\u3005\u3007\u3021-\u3029\u3038-\u303B\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFA6D\uFA70-\uFAD9",
    };

    /// <summary>What is in none of several categories or ranges; there are only as many as there are names above.</summary>
    private static readonly ConcurrentDictionary<string, string> Rests = new(StringComparer.Ordinal);

    private static readonly HashSet<string> OtherScripts =
    [
        .. ("adlam ahom anatolianhieroglyphs armenian avestan balinese bamum bassavah batak bengali bhaiksuki bopomofo brahmi braille buginese buhid "
        + "canadianaboriginal carian caucasianalbanian chakma cham cherokee chorasmian common coptic cuneiform cypriot cyprominoan deseret divesakuru "
        + "dogra duployan egyptianhieroglyphs elbasan elymaic ethiopic garay georgian glagolitic gothic grantha gujarati gunjalagondi gurmukhi "
        + "gurungkhema hanifirohingya hanunoo hatran imperialaramaic inherited inscriptionalpahlavi inscriptionalparthian javanese kaithi kannada kawi "
        + "kayahli kharoshthi khitansmallscript khmer khojki khudawadi kiratrai lao lepcha limbu lineara linearb lisu lycian lydian mahajani makasar "
        + "malayalam mandaic manichaean marchen masaramgondi medefaidrin meeteimayek mendekikakui meroiticcursive meroitichieroglyphs miao modi mongolian "
        + "mro multani myanmar nabataean nagmundari nandinagari newa newtailue nko nushu nyiakengpuachuehmong ogham olchiki oldhungarian olditalic "
        + "oldnortharabian oldpermic oldpersian oldsogdian oldsoutharabian oldturkic olduyghur olonal oriya osage osmanya pahawhhmong palmyrene paucinhau "
        + "phagspa phoenician psalterpahlavi rejang runic samaritan saurashtra sharada shavian siddham signwriting sinhala sogdian sorasompeng soyombo "
        + "sundanese sunuwar sylotinagri syriac tagalog tagbanwa taile taitham taiviet takri tamil tangsa tangut telugu thaana tibetan tifinagh tirhuta "
        + "todhri toto tulutigalari ugaritic vai vithkuqi wancho warangciti yezidi yi zanabazarsquare").Split(' '),
    ];

    /// <summary><c>\d</c>, <c>\s</c>, <c>\w</c> as pairs of first and last character; the upper-case letter stands for all others.</summary>
    public static string? FindPerl(char letter) => letter switch
    {
        'd' or 'D' => "09",
        's' or 'S' => "\t\n\f\r  ",
        'w' or 'W' => "09AZ__az",
        _ => null,
    };

    /// <summary><c>[:name:]</c> as pairs of first and last character.</summary>
    public static string? FindPosix(string name) => name switch
    {
        "alnum" => "09AZaz",
        "alpha" => "AZaz",
        "ascii" => "\0\x7F",
        "blank" => "\t\t  ",
        "cntrl" => "\0\x1F\x7F\x7F",
        "digit" => "09",
        "graph" => "!~",
        "lower" => "az",
        "print" => " ~",
        "punct" => "!/:@[`{~",
        "space" => "\t\r  ",
        "upper" => "AZ",
        "word" => "09AZ__az",
        "xdigit" => "09AFaf",
        _ => null,
    };

    /// <summary>The body of a .NET class for <c>\p{name}</c>; null for a script that .NET cannot be told.</summary>
    public static bool TryFindUnicode(string name, out string? body)
    {
        var plain = name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();
        var category = LongNames.GetValueOrDefault(plain) ?? Array.Find(Categories, known => string.Equals(known, plain, StringComparison.OrdinalIgnoreCase));
        body = plain switch
        {
            "any" => @"\u0000-\uFFFF",
            "assigned" => @"\P{Cn}",
            "ascii" => @"\u0000-\u007F",
            "lc" => @"\p{Ll}\p{Lt}\p{Lu}",
            _ when category is "LC" => @"\p{Ll}\p{Lt}\p{Lu}",
            _ when category is not null => $@"\p{{{category}}}",
            _ => Scripts.GetValueOrDefault(plain),
        };
        return body is not null || OtherScripts.Contains(plain);
    }

    /// <summary>The body of a class that holds every code unit which <paramref name="body"/> does not.</summary>
    public static string Without(string body) => Rests.GetOrAdd(body, static body => FindRest(body));

    private static string FindRest(string body)
    {
        var inside = new Regex($"^[{body}]$", RegexOptions.CultureInvariant);
        var rest = new StringBuilder();
        var start = -1;
        for (var c = 0; c <= 0x10000; c++)
        {
            var isOutside = c <= 0xFFFF && c is not (>= 0xD800 and <= 0xDFFF) && !inside.IsMatch([(char)c]);
            if (isOutside && start < 0)
            {
                start = c;
            }
            else if (!isOutside && start >= 0)
            {
                rest.Append(CultureInfo.InvariantCulture, $"\\u{start:X4}-\\u{c - 1:X4}");
                start = -1;
            }
        }

        return rest.ToString();
    }
}
