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

    /// <summary>The path itself and every path that surely stands for all of its requests: the prefixes of a prefix, and every path.</summary>
    public static IEnumerable<RulePath> AtOrAbove(RulePath path)
    {
        yield return path;
        while (!path.IsAny)
        {
            path = path.IsExpression ? RulePath.Any : RulePath.Prefix(path.Text[..path.Text.LastIndexOf('/')]);
            yield return path;
        }
    }
}
