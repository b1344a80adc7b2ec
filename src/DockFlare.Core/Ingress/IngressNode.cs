namespace DockFlare.Core.Ingress;

/// <summary>A value of a configuration file, as whoever reads YAML hands it over: aliases are resolved, types are not.</summary>
/// <param name="Line">The line it starts on, from 1.</param>
public abstract record IngressNode(int Line)
{
    /// <summary>A mapping; keys in the order of the file, doubles included.</summary>
    /// <param name="Pairs">Key and value of each entry.</param>
    /// <param name="Line">The line it starts on, from 1.</param>
    public sealed record Mapping(EquatableArray<KeyValuePair<Scalar, IngressNode>> Pairs, int Line) : IngressNode(Line);

    /// <summary>A sequence.</summary>
    /// <param name="Items">Its elements in order.</param>
    /// <param name="Line">The line it starts on, from 1.</param>
    public sealed record Sequence(EquatableArray<IngressNode> Items, int Line) : IngressNode(Line);

    /// <summary>A scalar.</summary>
    /// <param name="Text">Its text without quotes.</param>
    /// <param name="IsPlain">Whether it stands without quotes and tag, so that its text decides its type.</param>
    /// <param name="Line">The line it starts on, from 1.</param>
    public sealed record Scalar(string Text, bool IsPlain, int Line) : IngressNode(Line);
}
