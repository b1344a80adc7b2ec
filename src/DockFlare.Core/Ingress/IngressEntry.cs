namespace DockFlare.Core.Ingress;

/// <summary>One rule as it stands in a document, ours or somebody else's; keys we do not know are kept.</summary>
/// <param name="Identity">Host and path as they stand in the document.</param>
/// <param name="Service">The origin as it stands in the document.</param>
public sealed record IngressEntry(RuleIdentity Identity, string Service)
{
    /// <summary>How cloudflared talks to the origin.</summary>
    public OriginRequest Origin { get; init; } = OriginRequest.None;

    /// <summary>Keys beside <c>hostname</c>, <c>path</c>, <c>service</c> and <c>originRequest</c>, ordered by name.</summary>
    public EquatableArray<UnknownKey> Unknown { get; init; }

    /// <summary>Keys of <c>originRequest</c> that <see cref="Origin"/> does not hold, ordered by name.</summary>
    public EquatableArray<UnknownKey> UnknownOrigin { get; init; }

    /// <summary>Whether every request is meant: the rule a document has to end with.</summary>
    public bool IsCatchAll => Identity is { Path: "", Hostname: "" or "*" };

    /// <summary>A rule of ours as it is written.</summary>
    public static IngressEntry Of(IngressRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);

        return Of(rule, RuleIdentity.Of(rule.Key));
    }

    internal static IngressEntry Of(IngressRule rule, RuleIdentity identity) => new(identity, rule.Service) { Origin = rule.Origin };
}
