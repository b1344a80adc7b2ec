using System.Text;

namespace DockFlare.Hosting.CommandLine;

/// <summary>
/// Fills in variables as Compose does: <c>$NAME</c>, <c>${NAME}</c>, <c>${NAME:-else}</c>, <c>${NAME-else}</c>, <c>${NAME:+then}</c>, <c>${NAME+then}</c>,
/// <c>${NAME:?message}</c> and <c>$$</c> for a dollar.
/// </summary>
internal sealed class ComposeVariables(Func<string, string?> find)
{
    private const int MostNested = 16;

    /// <summary>The environment, and behind it the lines <c>NAME=value</c> of a file <c>.env</c>.</summary>
    public static ComposeVariables Of(string dotEnv, Func<string, string?> environment)
    {
        var file = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in dotEnv.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var text = line.StartsWith("export ", StringComparison.Ordinal) ? line[7..].TrimStart() : line;
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && text[0] != '#')
            {
                file[text[..equals].TrimEnd()] = Unquoted(text[(equals + 1)..].TrimStart());
            }
        }

        return new(name => environment(name) ?? file.GetValueOrDefault(name));
    }

    /// <summary>The text with its variables filled in.</summary>
    /// <param name="text">As it stands in the file.</param>
    /// <param name="unset">The first variable that has neither a value nor a default; null when there is none.</param>
    public string Fill(string text, out string? unset)
    {
        unset = null;
        return text.Contains('$', StringComparison.Ordinal) ? Fill(text, ref unset, MostNested) : text;
    }

    private string Fill(string text, ref string? unset, int depth)
    {
        var filled = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '$' || i + 1 == text.Length)
            {
                filled.Append(text[i]);
                continue;
            }

            var next = text[i + 1];
            if (next == '$')
            {
                filled.Append('$');
                i++;
            }
            else if (next == '{' && EndOfBraces(text, i + 2) is var end and > 0 && depth > 0)
            {
                filled.Append(Expression(text[(i + 2)..end], ref unset, depth - 1));
                i = end;
            }
            else if (NameLength(text.AsSpan(i + 1)) is var length and > 0)
            {
                filled.Append(Value(text.Substring(i + 1, length), ref unset));
                i += length;
            }
            else
            {
                filled.Append('$');
            }
        }

        return filled.ToString();
    }

    private string Expression(string text, ref string? unset, int depth)
    {
        var length = NameLength(text);
        var name = text[..length];
        var rest = text.AsSpan(length);
        var value = find(name);
        var isColon = rest is [':', ..];
        var hasValue = isColon ? value is { Length: > 0 } : value is not null;
        if (isColon)
        {
            rest = rest[1..];
        }

        return rest switch
        {
            ['-', .. var otherwise] => hasValue ? value! : Fill(otherwise.ToString(), ref unset, depth),
            ['+', .. var then] => hasValue ? Fill(then.ToString(), ref unset, depth) : "",
            ['?', ..] when hasValue => value!,
            _ => Value(name, ref unset),
        };
    }

    private string Value(string name, ref string? unset)
    {
        if (find(name) is { } value)
        {
            return value;
        }

        unset ??= name;
        return "";
    }

    private static int EndOfBraces(string text, int from)
    {
        var open = 1;
        for (var i = from; i < text.Length; i++)
        {
            open += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
            if (open == 0)
            {
                return i;
            }
        }

        return -1;
    }

    private static int NameLength(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && (char.IsAsciiLetterOrDigit(text[length]) || text[length] == '_') && !(length == 0 && char.IsAsciiDigit(text[0])))
        {
            length++;
        }

        return length;
    }

    private static string Unquoted(string value)
    {
        if (value is ['"' or '\'', ..] && value.IndexOf(value[0], 1) is var end and > 0)
        {
            return value[1..end];
        }

        var comment = value.IndexOf(" #", StringComparison.Ordinal);
        return (comment < 0 ? value : value[..comment]).TrimEnd();
    }
}
