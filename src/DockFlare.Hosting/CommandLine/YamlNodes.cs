using DockFlare.Core;
using DockFlare.Core.Ingress;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DockFlare.Hosting.CommandLine;

/// <summary>Hands a YAML file to Core as values, keys given twice included.</summary>
internal sealed class YamlNodes
{
    // Nobody nests that deep by hand; it keeps a hostile file from the end of the stack.
    private const int MostNested = 200;
    private readonly Parser parser;
    private readonly Dictionary<AnchorName, IngressNode> anchors = [];

    private YamlNodes(string yaml) => parser = new(new StringReader(yaml));

    /// <summary>The document, or null for a file with nothing in it.</summary>
    /// <exception cref="YamlException">It is no YAML.</exception>
    public static IngressNode? Read(string yaml)
    {
        var reading = new YamlNodes(yaml);
        try
        {
            reading.parser.Consume<StreamStart>();
            return reading.parser.TryConsume<DocumentStart>(out _) ? reading.ReadNode(0) : null;
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // What the library's scanner throws on some broken files.
            var at = reading.parser.Current?.End ?? Mark.Empty;
            throw new YamlException(at, at, "It cannot be read as YAML from here on.", exception);
        }
    }

    private IngressNode ReadNode(int depth)
    {
        if (depth > MostNested)
        {
            var at = parser.Current?.Start ?? Mark.Empty;
            throw new YamlException(at, at, "It is nested more than 200 deep.");
        }

        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            return anchors.TryGetValue(alias.Value, out var node) ? node : throw new YamlException(alias.Start, alias.End, $"There is no anchor '{alias.Value}' before this alias.");
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return Anchored(scalar, ToNode(scalar));
        }

        if (parser.TryConsume<SequenceStart>(out var sequence))
        {
            var items = new List<IngressNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(ReadNode(depth + 1));
            }

            return Anchored(sequence, new IngressNode.Sequence(items.ToEquatableArray(), (int)sequence.Start.Line));
        }

        var mapping = parser.Consume<MappingStart>();
        var pairs = new List<KeyValuePair<IngressNode.Scalar, IngressNode>>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            pairs.Add(new(ToNode(parser.Consume<Scalar>()), ReadNode(depth + 1)));
        }

        return Anchored(mapping, new IngressNode.Mapping(pairs.ToEquatableArray(), (int)mapping.Start.Line));
    }

    private static IngressNode.Scalar ToNode(Scalar scalar) => new(scalar.Value, scalar is { Style: ScalarStyle.Plain, Tag.IsEmpty: true }, (int)scalar.Start.Line);

    private IngressNode Anchored(NodeEvent read, IngressNode node)
    {
        if (!read.Anchor.IsEmpty)
        {
            anchors[read.Anchor] = node;
        }

        return node;
    }
}
