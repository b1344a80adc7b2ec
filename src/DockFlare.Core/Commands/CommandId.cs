namespace DockFlare.Core.Commands;

/// <summary>Names one command for its whole life, from the plan to the acknowledgement. Unique within its agent.</summary>
public readonly record struct CommandId(string Value)
{
    /// <inheritdoc />
    public override string ToString() => Value;
}
