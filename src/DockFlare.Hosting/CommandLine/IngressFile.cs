using System.Text;
using System.Text.Json;
using DockFlare.Core;
using DockFlare.Core.Ingress;
using YamlDotNet.Core;

namespace DockFlare.Hosting.CommandLine;

/// <summary>A tunnel's configuration in a file: cloudflared's YAML or the API's JSON.</summary>
/// <param name="Fault">cloudflared's verdict, in its own words; null when it takes the file.</param>
/// <param name="Warnings">Keys that cloudflared goes over.</param>
/// <param name="Document">Host, path and service of its rules; null when there is a fault.</param>
internal sealed record IngressFile(string? Fault, EquatableArray<string> Warnings, IngressDocument? Document)
{
    /// <summary>Reads a file's text. A name that ends in <c>.json</c>, or a text that begins with a brace and has no YAML name, is the API's JSON.</summary>
    public static IngressFile Read(string name, string text) => IsJson(name, text) ? ReadJson(text) : ReadYaml(text);

    private static bool IsJson(string name, string text) => Path.GetExtension(name).ToLowerInvariant() switch
    {
        ".json" => true,
        ".yml" or ".yaml" => false,
        _ => text.AsSpan().TrimStart() is ['{', ..],
    };

    private static IngressFile ReadJson(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (IngressValidator.FindFaultInJson(bytes) is { } fault)
        {
            return new(fault, [], null);
        }

        try
        {
            return new(null, [], IngressDocument.ParseJson(bytes));
        }
        catch (JsonException exception)
        {
            return new(exception.Message, [], null);
        }
    }

    private static IngressFile ReadYaml(string text)
    {
        IngressNode? node;
        try
        {
            node = YamlNodes.Read(text);
        }
        catch (YamlException exception)
        {
            return new($"yaml: line {exception.Start.Line}: {exception.Message}", [], null);
        }

        var verdict = IngressValidator.Examine(node);
        return verdict.Fault is not null || node is null
            ? new(verdict.Fault, verdict.Warnings, null)
            : new(null, verdict.Warnings, new()
            {
                Entries = YamlFacts.Read(node).Document.Rules.Select(static rule => new IngressEntry(new(rule.Hostname, rule.Path), rule.Service)).ToEquatableArray(),
            });
    }
}
