namespace DockFlare.Core.Commands;

/// <summary>Names an agent: one Docker host. An opaque string without white space, such as <c>nas</c> or a GUID; compared ordinally.</summary>
public readonly record struct AgentId(string Value) : IComparable<AgentId>
{
    /// <inheritdoc />
    public int CompareTo(AgentId other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc />
    public override string ToString() => Value;
}
