namespace DockFlare.Core.Access;

/// <summary>
/// Which application answers for a host, by Cloudflare's rules: the most specific one, nothing is inherited, and a <c>*</c> stands for
/// exactly one label or a part of one, so <c>*.example.com</c> covers neither <c>example.com</c> nor <c>a.b.example.com</c>.
/// </summary>
public static class AccessCoverage
{
    /// <summary>A destination in one form: <c>host</c> for a whole host, else <c>host/path</c>.</summary>
    public static string Normalize(string destination)
    {
        ArgumentNullException.ThrowIfNull(destination);

        var slash = destination.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? destination.ToLowerInvariant()
            : destination[slash..] is "/" or "/*" ? destination[..slash].ToLowerInvariant() : destination[..slash].ToLowerInvariant() + destination[slash..].TrimEnd('/');
    }

    /// <summary>The application that answers for the whole of a host, the most specific one; null when none does.</summary>
    /// <param name="host">In lower-case ASCII, at most with a leading <c>*.</c>.</param>
    /// <param name="apps">All applications.</param>
    /// <param name="domain">The destination by which it does.</param>
    public static ObservedApp? FindForHost(string host, EquatableArray<ObservedApp> apps, out string? domain)
    {
        ArgumentNullException.ThrowIfNull(host);

        ObservedApp? best = null;
        domain = null;
        foreach (var app in apps)
        {
            foreach (var destination in app.Destinations)
            {
                var candidate = Normalize(destination);
                if (!candidate.Contains('/', StringComparison.Ordinal) && Covers(candidate, host) && (domain is null || IsNarrower(candidate, domain)))
                {
                    (best, domain) = (app, candidate);
                }
            }
        }

        return best;
    }

    // An exact name before a pattern, then the one with more letters of its own; by bytes where both say as much.
    private static bool IsNarrower(string left, string right)
    {
        var (leftIsExact, rightIsExact) = (!left.Contains('*', StringComparison.Ordinal), !right.Contains('*', StringComparison.Ordinal));
        return leftIsExact != rightIsExact
            ? leftIsExact
            : left.Length != right.Length ? left.Length > right.Length : string.CompareOrdinal(left, right) < 0;
    }

    private static bool Covers(string pattern, string host)
    {
        if (string.Equals(pattern, host, StringComparison.Ordinal))
        {
            return true;
        }

        var (patternLabels, hostLabels) = (pattern.Split('.'), host.Split('.'));
        return patternLabels.Length == hostLabels.Length && patternLabels.Zip(hostLabels).All(static pair => CoversLabel(pair.First, pair.Second));
    }

    private static bool CoversLabel(string pattern, string label)
    {
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        return star < 0
            ? string.Equals(pattern, label, StringComparison.Ordinal)
            : label.Length >= pattern.Length - 1 && label.StartsWith(pattern[..star], StringComparison.Ordinal) && label.EndsWith(pattern[(star + 1)..], StringComparison.Ordinal);
    }
}
