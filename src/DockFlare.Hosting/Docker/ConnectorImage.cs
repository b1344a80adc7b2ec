using System.Buffers;

namespace DockFlare.Hosting.Docker;

/// <summary>The image a connector runs: <c>repo:tag</c> or <c>repo@sha256:…</c>.</summary>
public sealed record ConnectorImage
{
    private const int DigestLength = 64;
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private ConnectorImage(string repository, string reference, bool isDigest) => (Repository, Reference, IsDigest) = (repository, reference, isDigest);

    /// <summary>The release this version was tried with.</summary>
    public static ConnectorImage Default { get; } = new("cloudflare/cloudflared", "2026.8.0", isDigest: false);

    /// <summary>What stands before the tag or digest, such as <c>cloudflare/cloudflared</c>.</summary>
    public string Repository { get; }

    /// <summary>The tag, or <c>sha256:</c> and 64 hex digits.</summary>
    public string Reference { get; }

    /// <summary>Whether it is pinned by its content.</summary>
    public bool IsDigest { get; }

    /// <summary>Reads <c>CLOUDFLARED_IMAGE</c>. White space and anything from <c>#</c> on is dropped; without a tag it is <c>latest</c>.</summary>
    /// <exception cref="FormatException">It is no image or its digest is malformed; the message says what to write.</exception>
    public static ConnectorImage Parse(string value)
    {
        ArgumentNullException.ThrowIfNull(value);

        var text = string.Concat(value.Split('#')[0].Where(c => !char.IsWhiteSpace(c)));
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
        {
            var digest = text[(at + 1)..];
            var isDigest = digest.StartsWith("sha256:", StringComparison.Ordinal) && digest.Length == 7 + DigestLength && digest.AsSpan(7).IndexOfAnyExcept(HexDigits) < 0;
            return isDigest && IsRepository(text[..at])
                ? new(text[..at], digest, isDigest: true)
                : throw new FormatException($"CLOUDFLARED_IMAGE is '{text}': a digest is 'sha256:' and {DigestLength} hex digits, such as 'cloudflare/cloudflared@sha256:…'. Nothing else is run in its place.");
        }

        // A colon before the last slash belongs to a registry's port.
        var colon = text.LastIndexOf(':');
        var (repository, tag) = colon > text.LastIndexOf('/') ? (text[..colon], text[(colon + 1)..]) : (text, "latest");
        return IsRepository(repository) && tag.Length > 0
            ? new(repository, tag, isDigest: false)
            : throw new FormatException($"CLOUDFLARED_IMAGE is '{text}', which is no image: write 'repo:tag', such as '{Default}', or 'repo@sha256:…'.");
    }

    /// <summary>As Docker writes it.</summary>
    public override string ToString() => $"{Repository}{(IsDigest ? '@' : ':')}{Reference}";

    private static bool IsRepository(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/' or ':');
}
