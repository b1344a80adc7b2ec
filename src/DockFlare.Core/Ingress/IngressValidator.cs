namespace DockFlare.Core.Ingress;

/// <summary>cloudflared's own verdict on a document, in its own words.</summary>
public static class IngressValidator
{
    /// <summary>
    /// The first fault cloudflared finds in the API's JSON (the value of <c>config</c>), such as <c>Validation failed: …</c>; null when it
    /// takes the document. What only the connector's host can know, such as a <c>caPool</c> file that is not there, is not seen.
    /// </summary>
    public static string? FindFaultInJson(ReadOnlySpan<byte> json)
    {
        var document = JsonFacts.Read(json, out var fault);
        return fault ?? RuleValidation.FindFault(document);
    }
}
