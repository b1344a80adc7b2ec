namespace DockFlare.Core.Reconciliation;

/// <summary>The names and marks DNS records carry.</summary>
public static class DnsNames
{
    private const string TargetSuffix = ".cfargotunnel.com";
    private const string MarkPrefix = "dockflare:";

    /// <summary>The longest comment every plan takes.</summary>
    public const int MaxComment = 100;

    /// <summary>What a CNAME to a tunnel points to.</summary>
    public static string TunnelTarget(string tunnelId) => tunnelId + TargetSuffix;

    /// <summary>The tunnel a CNAME points to; null when it points elsewhere.</summary>
    public static string? FindTunnelId(string content)
    {
        ArgumentNullException.ThrowIfNull(content);
        return content.EndsWith(TargetSuffix, StringComparison.OrdinalIgnoreCase) ? content[..^TargetSuffix.Length].ToLowerInvariant() : null;
    }

    /// <summary>A record's comment: this installation's mark and, as far as there is room, the operator's words.</summary>
    public static string Comment(string owner, string? words)
    {
        var mark = MarkPrefix + owner;
        if (string.IsNullOrWhiteSpace(words))
        {
            return mark;
        }

        var comment = $"{mark} {words.ReplaceLineEndings(" ").Trim()}";
        if (comment.Length <= MaxComment)
        {
            return comment;
        }

        var end = char.IsHighSurrogate(comment[MaxComment - 1]) ? MaxComment - 1 : MaxComment;
        return comment[..end].TrimEnd();
    }

    /// <summary>Whether a CNAME's content is this tunnel's target.</summary>
    internal static bool IsTunnelTarget(string content, string tunnelId) =>
        content.Length == tunnelId.Length + TargetSuffix.Length
        && content.StartsWith(tunnelId, StringComparison.OrdinalIgnoreCase)
        && content.EndsWith(TargetSuffix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a comment is what <see cref="Comment"/> would write.</summary>
    internal static bool IsComment(string? comment, string owner, string? words) => string.IsNullOrWhiteSpace(words)
        ? comment is not null && comment.Length == MarkPrefix.Length + owner.Length && IsMarked(comment, owner)
        : string.Equals(comment, Comment(owner, words), StringComparison.Ordinal);

    /// <summary>The mark of whichever installation made a record; null when it carries none.</summary>
    public static string? FindOwner(string? comment)
    {
        if (comment is null || !comment.StartsWith(MarkPrefix, StringComparison.Ordinal))
        {
            return null;
        }

        var end = comment.IndexOf(' ', StringComparison.Ordinal);
        var owner = comment[MarkPrefix.Length..(end < 0 ? comment.Length : end)];
        return owner.Length > 0 ? owner : null;
    }

    /// <summary>The operator's words behind this installation's mark; what carries no mark of it stays as it is.</summary>
    public static string WithoutMark(string? comment, string owner) =>
        !IsMarked(comment, owner) ? comment ?? "" : comment![(MarkPrefix.Length + owner.Length)..].TrimStart();

    /// <summary>Whether a comment carries this installation's mark.</summary>
    public static bool IsMarked(string? comment, string owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        var length = MarkPrefix.Length + owner.Length;
        return comment is not null
            && comment.Length >= length
            && comment.StartsWith(MarkPrefix, StringComparison.Ordinal)
            && comment.AsSpan(MarkPrefix.Length, owner.Length).SequenceEqual(owner)
            && (comment.Length == length || comment[length] == ' ');
    }
}
