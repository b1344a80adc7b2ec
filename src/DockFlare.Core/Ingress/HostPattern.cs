namespace DockFlare.Core.Ingress;

/// <summary>Which hosts a rule's hostname stands for: nothing and <c>*</c> for all, <c>*.x</c> for all that end in <c>.x</c>, else one.</summary>
internal static class HostPattern
{
    public static bool IsAny(string hostname) => hostname is "" or "*";

    /// <summary>What the hosts of a wildcard end in: <c>.example.com</c>, and an empty string when every host is meant; null for one host.</summary>
    public static string? SuffixOf(string hostname) =>
        IsAny(hostname) ? "" : hostname.StartsWith("*.", StringComparison.Ordinal) ? hostname[1..] : null;

    /// <summary>The endings under which a hostname is found, for each wildcard strictly broader than it, from long to short.</summary>
    public static IEnumerable<string> Above(string hostname)
    {
        if (IsAny(hostname))
        {
            yield break;
        }

        // '*.x' is below '.y' only for a shorter ending than its own.
        for (var at = hostname.IndexOf('.', hostname.StartsWith("*.", StringComparison.Ordinal) ? 2 : 0); at >= 0; at = hostname.IndexOf('.', at + 1))
        {
            yield return hostname[at..];
        }

        yield return "";
    }

    /// <summary>Every hostname that stands for all hosts of this one and for more.</summary>
    public static IEnumerable<string> Covering(string hostname)
    {
        foreach (var suffix in Above(hostname))
        {
            if (suffix.Length > 0)
            {
                yield return "*" + suffix;
            }
        }

        if (!IsAny(hostname))
        {
            yield return "";
            yield return "*";
        }
    }

    /// <summary>Whether every path of <paramref name="narrow"/> is surely one of <paramref name="broad"/>, and not the other way round.</summary>
    public static bool PathCovers(RulePath broad, RulePath narrow)
    {
        if (broad == narrow)
        {
            return false;
        }

        return broad.IsAny
            || (!broad.IsExpression && !narrow.IsExpression
                && narrow.Text.Length > broad.Text.Length
                && narrow.Text[broad.Text.Length] == '/'
                && narrow.Text.StartsWith(broad.Text, StringComparison.Ordinal));
    }
}
