namespace DockFlare.Core.Labels;

/// <summary>What a container's labels mean.</summary>
/// <param name="IsLabelled">Whether there is any label under a recognised prefix.</param>
/// <param name="IsEnabled">Whether it opts in; when not, there are neither rules nor errors about them.</param>
/// <param name="Rules">The routes it asks for, by index, the base rule first.</param>
/// <param name="Errors">What cannot be followed; the route it is about is not exposed.</param>
/// <param name="Notes">What is worth knowing and stops nothing: unknown labels, labels that are ignored, expressions passed on as they are.</param>
public sealed record LabelReading(
    bool IsLabelled, bool IsEnabled, EquatableArray<LabelRule> Rules, EquatableArray<LabelError> Errors, EquatableArray<LabelError> Notes)
{
    /// <summary>No label of ours.</summary>
    public static LabelReading Unlabelled { get; } = new(false, false, [], [], []);
}
