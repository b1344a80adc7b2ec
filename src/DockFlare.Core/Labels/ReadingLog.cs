namespace DockFlare.Core.Labels;

/// <summary>Gathers what is to be said about a container's labels.</summary>
internal sealed class ReadingLog
{
    private List<LabelError>? errors;
    private List<LabelError>? notes;

    /// <summary>How many errors there are so far.</summary>
    public int ErrorCount => errors?.Count ?? 0;

    public EquatableArray<LabelError> Errors => errors is null ? [] : new([.. errors]);

    public EquatableArray<LabelError> Notes => notes is null ? [] : new([.. notes]);

    public void AddError(LabelError error) => Add(ref errors, error);

    public void AddNote(LabelError note) => Add(ref notes, note);

    /// <summary>Whether there is an error about a label.</summary>
    public bool HasErrorAbout(string label) => errors?.Exists(error => string.Equals(error.Label, label, StringComparison.Ordinal)) == true;

    // The same fault is met more than once where several rules fall back to one base label.
    private static void Add(ref List<LabelError>? list, LabelError entry)
    {
        list ??= [];
        if (!list.Contains(entry))
        {
            list.Add(entry);
        }
    }
}
