namespace DockFlare.Core.Ingress;

/// <summary>Which rule answers a URL.</summary>
/// <param name="Index">Its position in the document, from 0 as <c>cloudflared tunnel ingress rule</c> counts.</param>
/// <param name="Entry">The rule.</param>
/// <param name="Why">Why it is this one, as a sentence.</param>
/// <param name="Shadowed">The later rules that would have taken this URL too, the catch-all left out.</param>
public sealed record IngressAnswer(int Index, IngressEntry Entry, string Why, EquatableArray<int> Shadowed);
