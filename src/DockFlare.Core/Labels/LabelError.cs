namespace DockFlare.Core.Labels;

/// <summary>Something in a label that cannot be followed.</summary>
/// <param name="Label">The label in full, as it stands on the container.</param>
/// <param name="Message">A sentence with the value and what to write instead.</param>
public sealed record LabelError(string Label, string Message)
{
    /// <summary>The host it is about, as far as it could be read.</summary>
    public string? Host { get; init; }

    /// <summary>The label's value; null when the label is missing.</summary>
    public string? Value { get; init; }
}
