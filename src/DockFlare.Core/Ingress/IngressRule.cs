namespace DockFlare.Core.Ingress;

/// <summary>One rule of ours: which requests, and where they go.</summary>
/// <param name="Key">Host and path.</param>
/// <param name="Service">The origin as cloudflared takes it, such as <c>http://blog:8080</c>.</param>
public sealed record IngressRule(RuleKey Key, string Service)
{
    /// <summary>How cloudflared talks to the origin.</summary>
    public OriginRequest Origin { get; init; } = OriginRequest.None;

    /// <summary>Higher comes first, whatever the key's own order says. Default 0.</summary>
    public int Priority { get; init; }
}
