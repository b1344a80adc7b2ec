namespace DockFlare.Core.Ingress;

/// <summary>One rule as it stands in a document, ours or somebody else's; keys we do not know are kept.</summary>
public sealed record IngressEntry(RuleIdentity Identity, string Service);
