using System.Text.Json;

namespace DockFlare.Core.Ingress;

/// <summary>A tunnel's configuration: the rules in order and everything else that stands beside them.</summary>
public sealed class IngressDocument
{
    /// <summary>What a tunnel has before its first configuration.</summary>
    public static IngressDocument Empty { get; } = new();

    /// <summary>The rules in order, the catch-all last.</summary>
    public EquatableArray<IngressEntry> Entries { get; private init; }

    /// <summary>Reads the API's JSON (the value of <c>config</c>).</summary>
    public static IngressDocument ParseJson(ReadOnlySpan<byte> json) => Empty;

    /// <summary>Writes the API's JSON (the value of <c>config</c>).</summary>
    public void WriteTo(Utf8JsonWriter writer) => throw new NotSupportedException();

    /// <summary>Whether both mean the same to cloudflared; what the server adds by itself does not count.</summary>
    public bool SaysTheSameAs(IngressDocument other) => ReferenceEquals(this, other);
}
