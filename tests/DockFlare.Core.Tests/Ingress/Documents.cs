using System.Text;
using System.Text.Json;
using DockFlare.Core.Ingress;
using DockFlare.Hosting.CommandLine;

namespace DockFlare.Core.Tests.Ingress;

/// <summary>Documents for tests.</summary>
internal static class Documents
{
    public static IngressDocument Of(params ReadOnlySpan<(string Host, string Path)> rules)
    {
        var entries = new List<IngressEntry>();
        foreach (var (host, path) in rules)
        {
            entries.Add(new(new(host, path), "http://localhost:1"));
        }

        return new() { Entries = entries.ToEquatableArray() };
    }

    public static IngressDocument Parse(string json) => IngressDocument.ParseJson(Encoding.UTF8.GetBytes(json));

    public static string ToJson(this IngressDocument document, bool isIndented = false)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new() { Indented = isIndented, NewLine = "\n" }))
        {
            document.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Host, path and service of the rules of a file.</summary>
    public static IngressDocument FromYaml(string yaml)
    {
        var root = (IngressNode.Mapping)YamlNodes.Read(yaml)!;
        var rules = (IngressNode.Sequence)Value(root, "ingress")!;
        return new() { Entries = rules.Items.Select(ToEntry).ToEquatableArray() };
    }

    private static IngressEntry ToEntry(IngressNode node) => new(new(Text(node, "hostname"), Text(node, "path")), Text(node, "service"));

    private static string Text(IngressNode node, string key) => (Value((IngressNode.Mapping)node, key) as IngressNode.Scalar)?.Text ?? "";

    private static IngressNode? Value(IngressNode.Mapping mapping, string key) => mapping.Pairs.Where(pair => pair.Key.Text == key).Select(static pair => pair.Value).FirstOrDefault();
}
