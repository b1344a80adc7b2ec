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

    /// <summary>What cloudflared says of a configuration file that was read as YAML; null for a file with nothing in it.</summary>
    public static IngressVerdict Examine(IngressNode? file)
    {
        if (file is null)
        {
            return new("No configuration file was found.", []);
        }

        var facts = YamlFacts.Read(file);
        return new(facts.Fault ?? RuleValidation.FindFault(facts.Document) ?? facts.UrlFault, facts.Fault is null ? facts.Warnings.ToEquatableArray() : []);
    }
}
