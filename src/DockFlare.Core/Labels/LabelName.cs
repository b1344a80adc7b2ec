namespace DockFlare.Core.Labels;

/// <summary>One label that is understood: a row of the table that the parser, the reference page and the editors' schema are made from.</summary>
/// <param name="Suffix">What stands after the prefix, such as <c>access.group</c>.</param>
/// <param name="Kind">What its value has to be.</param>
/// <param name="Meaning">What it does, as a phrase.</param>
public sealed record LabelName(string Suffix, LabelKind Kind, string Meaning)
{
    /// <summary>What holds when the label is not there; null for nothing.</summary>
    public string? Default { get; init; }

    /// <summary>A value to copy.</summary>
    public required string Example { get; init; }

    /// <summary>Whether there is an indexed form, such as <c>0.hostname</c>.</summary>
    public bool IsIndexed { get; init; } = true;

    /// <summary>Whether the indexed form that is not there falls back to the base label.</summary>
    public bool FallsBack { get; init; } = true;

    /// <summary>The smallest number taken.</summary>
    public int Least { get; init; }

    /// <summary>The largest number taken.</summary>
    public int Most { get; init; } = int.MaxValue;

    /// <summary>The words taken.</summary>
    public EquatableArray<string> Words { get; init; }
}
