namespace DockFlare.Core.Labels;

/// <summary>How labels are read.</summary>
public sealed record LabelOptions
{
    /// <summary>An extra prefix that is looked at first, such as <c>acme.</c>; null for none.</summary>
    public string? CustomPrefix { get; init; }
}
