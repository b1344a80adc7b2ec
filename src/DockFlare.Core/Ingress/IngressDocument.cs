using System.Text.Json;

namespace DockFlare.Core.Ingress;

/// <summary>A tunnel's configuration: the rules in order and everything else that stands beside them.</summary>
public sealed class IngressDocument
{
    private Dictionary<RuleIdentity, int>? positions;

    /// <summary>What a tunnel has before its first configuration.</summary>
    public static IngressDocument Empty { get; } = new();

    /// <summary>The rules in order, the catch-all last.</summary>
    public EquatableArray<IngressEntry> Entries { get; init; }

    /// <summary>The top-level <c>originRequest</c>: what holds for every rule that does not say otherwise.</summary>
    public OriginRequest Origin { get; init; } = OriginRequest.None;

    /// <summary>Keys of the top-level <c>originRequest</c> that <see cref="Origin"/> does not hold, ordered by name.</summary>
    public EquatableArray<UnknownKey> UnknownOrigin { get; init; }

    /// <summary>Every other key of the top level, <c>warp-routing</c> too, ordered by name.</summary>
    public EquatableArray<UnknownKey> Unknown { get; init; }

    /// <summary>Where each rule stands; of several with one identity the first, as cloudflared only ever reaches that one.</summary>
    internal Dictionary<RuleIdentity, int> Positions => positions ??= IndexEntries();

    /// <summary>A document of our rules alone, in cloudflared's order and with <c>http_status:404</c> for the rest.</summary>
    public static IngressDocument FromRules(IReadOnlyCollection<IngressRule> rules) => IngressMerge.Merge(Empty, [], rules).Document;

    /// <summary>Reads the API's JSON (the value of <c>config</c>). Keys are matched without regard to case, as Go does.</summary>
    /// <exception cref="JsonException">The text is no JSON, or a rule is not one: the message says where.</exception>
    public static IngressDocument ParseJson(ReadOnlySpan<byte> json) => IngressJsonReader.Read(json);

    /// <summary>Writes the API's JSON (the value of <c>config</c>): durations in whole seconds, a part of a second counts as one.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);

        IngressJsonWriter.Write(writer, this);
    }

    /// <summary>Writes the document as cloudflared's configuration file: durations as Go strings, line feeds only.</summary>
    public string ToYaml() => IngressYamlWriter.Write(this);

    /// <summary>Whether both mean the same to cloudflared; what the server adds by itself does not count.</summary>
    public bool SaysTheSameAs(IngressDocument other)
    {
        ArgumentNullException.ThrowIfNull(other);

        return ReferenceEquals(this, other) || IngressMeaning.AreSame(this, other);
    }

    private Dictionary<RuleIdentity, int> IndexEntries()
    {
        var index = new Dictionary<RuleIdentity, int>(Entries.Count);
        for (var i = 0; i < Entries.Count; i++)
        {
            index.TryAdd(Entries[i].Identity, i);
        }

        return index;
    }
}
