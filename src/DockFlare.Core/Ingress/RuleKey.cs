namespace DockFlare.Core.Ingress;

/// <summary>Names one public route: a host and a path.</summary>
/// <param name="Host">The host in lower-case ASCII (punycode), with at most a leading <c>*.</c>.</param>
/// <param name="Path">The path.</param>
public readonly record struct RuleKey(string Host, RulePath Path) : IComparable<RuleKey>
{
    /// <summary>Whether the host starts with <c>*.</c>.</summary>
    public bool IsWildcard => Host is ['*', '.', ..];

    /// <summary>
    /// The order cloudflared needs, as its first match wins: exact hosts, then the narrower wildcard, longer paths first, then by bytes.
    /// Total: two keys are equal exactly when this is 0.
    /// </summary>
    public int CompareTo(RuleKey other)
    {
        if (IsWildcard != other.IsWildcard)
        {
            return IsWildcard ? 1 : -1;
        }

        if (IsWildcard && Depth(Host) != Depth(other.Host))
        {
            return Depth(other.Host).CompareTo(Depth(Host));
        }

        var byHost = string.CompareOrdinal(Host, other.Host);
        if (byHost != 0)
        {
            return byHost;
        }

        if (Path.Text.Length != other.Path.Text.Length)
        {
            return other.Path.Text.Length.CompareTo(Path.Text.Length);
        }

        var byPath = string.CompareOrdinal(Path.Text, other.Path.Text);
        return byPath != 0 ? byPath : Path.IsExpression.CompareTo(other.Path.IsExpression);
    }

    /// <summary><c>app.example.com</c>, <c>app.example.com/api</c> or <c>app.example.com~expression</c>.</summary>
    public override string ToString() => Host + Path;

    private static int Depth(string host) => host.AsSpan().Count('.');
}
