namespace DockFlare.Core.Ingress;

/// <summary>What cloudflared says of a configuration file.</summary>
/// <param name="Fault">The first fault, such as <c>Validation failed: …</c> or <c>line 5: cannot unmarshal …</c>; null when it takes the file.</param>
/// <param name="Warnings">Keys it does not know and goes over, such as <c>line 5: field noTlsVerify not found in type config.OriginRequestConfig</c>.</param>
public sealed record IngressVerdict(string? Fault, EquatableArray<string> Warnings);
