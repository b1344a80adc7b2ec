using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace DockFlare.Core.Labels;

/// <summary>
/// Public host names as they are written everywhere here: lower-case ASCII (punycode where needed), at most 253 characters,
/// labels of 1 to 63, at most a leading <c>*.</c>. Letters beyond ASCII are converted as cloudflared does it (non-transitional UTS 46).
/// </summary>
public static class HostName
{
    private const int MaxLength = 253;
    private static readonly SearchValues<char> AliasCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
    private static readonly SearchValues<char> Gaps = SearchValues.Create(", ;\t\r\n");

    /// <summary>Reads a host name that a person wrote.</summary>
    /// <param name="text">What was written; white space around it does not count.</param>
    /// <param name="host">The host in its one form.</param>
    /// <param name="fault">Why it is not a host name and what to write instead, as a sentence.</param>
    /// <param name="pathName">What the field for the path is called, for the advice.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out string? host, [NotNullWhen(false)] out string? fault, string pathName = "path")
    {
        var trimmed = (text ?? "").Trim();
        fault = null;
        host = trimmed;
        if (IsCanonical(trimmed))
        {
            return true;
        }

        host = null;
        fault = FindShapeFault(trimmed, pathName);
        if (fault is not null)
        {
            return false;
        }

        var folded = Fold(trimmed);
        var ascii = ToAscii(folded, out fault);
        fault ??= FindLabelFault(trimmed, ascii!);
        host = fault is null ? ascii : null;
        return host is not null;
    }

    /// <summary>
    /// The second name cloudflared matches a rule's host by, as <c>idna.Lookup.ToASCII</c> gives it: lower-case ASCII. Null when it has none,
    /// such as one with <c>_</c> or <c>*</c>. A dot at the end stays.
    /// </summary>
    internal static string? FindAlias(string hostname)
    {
        if (ToAscii(Fold(hostname), out _) is not { } ascii)
        {
            return null;
        }

        foreach (var range in ascii.AsSpan().Split('.'))
        {
            var label = ascii.AsSpan(range);
            var isRoot = label.IsEmpty && range.Start.Value > 0 && range.End.Value == ascii.Length;
            if (!isRoot && (label is [] or ['-', ..] or [.., '-'] || label.ContainsAnyExcept(AliasCharacters) || (label is [_, _, '-', '-', ..] && !label.StartsWith("xn--"))))
            {
                return null;
            }
        }

        return ascii;
    }

    // The one form, recognised in one look: nearly every label is in it already.
    private static bool IsCanonical(string text)
    {
        var rest = text.AsSpan();
        if (rest.StartsWith("*."))
        {
            rest = rest[2..];
        }

        var label = 0;
        var dots = 0;
        var lastIsNumber = true;
        for (var i = 0; i < rest.Length; i++)
        {
            var c = rest[i];
            if (c == '.')
            {
                if (label is 0 or > 63 || rest[i - 1] == '-')
                {
                    return false;
                }

                label = 0;
                dots++;
                lastIsNumber = true;
                continue;
            }

            if (!(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_' || (c == '-' && label > 0)))
            {
                return false;
            }

            lastIsNumber &= char.IsAsciiDigit(c);
            label++;
        }

        return label is > 0 and <= 63 && rest[^1] != '-' && dots > 0 && !lastIsNumber && text.Length <= MaxLength;
    }

    private static string? FindShapeFault(string text, string pathName)
    {
        if (text.Length == 0)
        {
            return "The hostname is empty: write a name such as app.example.com.";
        }

        if (text.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme)
        {
            return $"'{text}' starts with a scheme: leave out '{text[..(scheme + 3)]}' and write the host alone{AfterHost(text.AsSpan(scheme + 3), pathName)}.";
        }

        if (text.AsSpan().IndexOfAny(Gaps) is >= 0 and var gap)
        {
            return text.AsSpan(gap).Trim(", ;\t\r\n").IsEmpty
                ? $"'{text}' ends with '{text[gap]}': leave it out."
                : $"'{text}' is more than one name: write one in each hostname label, such as 0.hostname and 1.hostname.";
        }

        if (text.AsSpan().IndexOfAny("/?#") is >= 0 and var path)
        {
            return text[path] == '/' && text.Length > path + 1
                ? $"'{text}' has a path: write {text[..path]} here and put {text[path..]} in {pathName}."
                : $"'{text}' has a '{text[path]}' behind the name: leave it out and write {text[..path]}.";
        }

        if (text[0] == '[' || text.AsSpan().Count(':') > 1)
        {
            return IsAddress(text);
        }

        if (text.Contains(':', StringComparison.Ordinal))
        {
            return $"'{text}' has a port: visitors always come to 443, so write {text[..text.IndexOf(':', StringComparison.Ordinal)]}; the origin's port belongs in the service.";
        }

        return FindWildcardFault(text);
    }

    private static string AfterHost(ReadOnlySpan<char> rest, string pathName)
    {
        var path = rest.IndexOf('/');
        return path >= 0 && rest.Length > path + 1 ? $"; put {rest[path..]} in {pathName}" : "";
    }

    private static string? FindWildcardFault(string text) => text.LastIndexOf('*') switch
    {
        < 0 => null,
        0 when text.StartsWith("*.", StringComparison.Ordinal) && text.Length > 2 => null,
        0 when text.Length > 1 && text[1] != '.' => $"'{text}' has a '*' that is not a whole label: write *.{text[1..]}.",
        0 => $"'{text}' would take every host: write a domain behind it, such as *.example.com.",
        _ => $"'{text}' has a '*' elsewhere than in front: only a leading '*.' is allowed, such as *.example.com.",
    };

    // Lower case, composed, with the dots that other scripts type. Capital sharp s is left: its mapping changed between versions of Unicode.
    private static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            var lower = c switch
            {
                '\u3002' or '\uff0e' or '\uff61' => '.',
                '\u1e9e' => c,
                _ => char.ToLowerInvariant(c),
            };
            var composed = folded.Length > 0 && lower >= '\u0300' ? InternationalLetters.Compose(folded[^1], lower) : '\0';
            if (composed != '\0')
            {
                folded[^1] = composed;
            }
            else
            {
                folded.Append(lower);
            }
        }

        return folded.ToString();
    }

    private static string? ToAscii(string folded, out string? fault)
    {
        fault = null;
        var ascii = new StringBuilder(folded.Length + 16);
        foreach (var range in folded.AsSpan().Split('.'))
        {
            var label = folded.AsSpan(range);
            if (ascii.Length > 0 || range.Start.Value > 0)
            {
                ascii.Append('.');
            }

            // Longer ones are refused anyway, and their encoding must not run out of numbers.
            if (Ascii.IsValid(label) || label.Length > 63)
            {
                ascii.Append(label);
                continue;
            }

            foreach (var c in label)
            {
                if (!char.IsAscii(c) && !InternationalLetters.Contains(c))
                {
                    fault = $"'{folded}' has {Describe(c)}, which is not converted here: write the name in its xn-- form.";
                    return null;
                }
            }

            if (label is [_, _, '-', '-', ..])
            {
                fault = $"'{label}' in '{folded}' has '--' where only xn-- names have it: write another name.";
                return null;
            }

            if (!Punycode.IsEncodable(label))
            {
                fault = $"'{label}' in '{folded}' cannot be converted: use letters and digits, with '-' between them.";
                return null;
            }

            Punycode.Append(ascii, label);
        }

        return ascii.ToString();
    }

    private static string? FindLabelFault(string text, string ascii)
    {
        if (ascii.Length > MaxLength)
        {
            return $"'{Shorten(text)}' has {ascii.Length} characters, and a host name has at most {MaxLength}: shorten it.";
        }

        var names = ascii.StartsWith("*.", StringComparison.Ordinal) ? ascii.AsSpan(2) : ascii;
        foreach (var range in names.Split('.'))
        {
            if (FindLabelFault(text, names[range]) is { } fault)
            {
                return fault;
            }
        }

        if (!names.Contains('.'))
        {
            return $"'{text}' has no domain: write the whole name, such as {text}.example.com.";
        }

        var last = names[(names.LastIndexOf('.') + 1)..];
        return last.ContainsAnyExceptInRange('0', '9') ? null : IsAddress(text);
    }

    private static string IsAddress(string text) => $"'{text}' is an address: write a name in one of your zones, such as app.example.com.";

    private static string? FindLabelFault(string text, ReadOnlySpan<char> label)
    {
        if (label.IsEmpty)
        {
            return text[^1] is '.' or '\u3002' or '\uff0e' or '\uff61'
                ? $"'{Shorten(text)}' ends with a dot: leave it out."
                : $"'{Shorten(text)}' has nothing between two dots or before the first: write names of 1 to 63 characters, such as app.example.com.";
        }

        if (label.Length > 63)
        {
            return $"'{Shorten(text)}' has a part of {label.Length} characters, and each part between dots has at most 63: shorten it.";
        }

        foreach (var c in label)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('-' or '_'))
            {
                return $"'{text}' has {Describe(c)}: use letters, digits, '-' and '_'.";
            }
        }

        return label[0] == '-' || label[^1] == '-' ? $"'{label}' in '{text}' begins or ends with '-': leave it out there." : null;
    }

    private static string Describe(char c) =>
        char.IsAscii(c) && !char.IsControl(c) ? $"a '{c}'" : char.IsLetter(c) ? $"the letter '{c}'" : $"the character U+{(int)c:X4}";

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..77] + "...";
}
