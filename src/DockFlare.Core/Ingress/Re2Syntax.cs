using System.Text;

namespace DockFlare.Core.Ingress;

/// <summary>The syntax of RE2, the engine cloudflared matches paths with.</summary>
public static class Re2Syntax
{
    /// <summary>What Go's regexp says of an expression, such as <c>error parsing regexp: missing closing ]: `[a`</c>; null when it takes it.</summary>
    public static string? FindFault(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);

        return Re2Parser.FindFault(pattern, out _);
    }

    /// <summary>Escapes a text so that RE2 matches it literally, as Go's <c>regexp.QuoteMeta</c> does.</summary>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        var escaped = new StringBuilder(text.Length + 4);
        foreach (var c in text)
        {
            if (@"\.+*?()|[]{}^$".Contains(c, StringComparison.Ordinal))
            {
                escaped.Append('\\');
            }

            escaped.Append(c);
        }

        return escaped.ToString();
    }
}
