namespace DockFlare.Core.Labels;

/// <summary>Reads a label that takes one of a few words.</summary>
internal static class WordLabel
{
    /// <summary>The word in lower case; null for none, or for another word, which is an error by then.</summary>
    public static string? Read(ref readonly LabelScope scope, LabelId id)
    {
        var position = scope.Find(id);
        if (position < 0 || scope.Value(position) is not { Length: > 0 } value)
        {
            return null;
        }

        if (Find(id, value) is { } word)
        {
            return word;
        }

        scope.Fail(position, $"{scope.Key(position)} is '{value}': {Advice(id, value)}.");
        return null;
    }

    /// <summary>The table's word that is written, in whatever case; null for another.</summary>
    public static string? Find(LabelId id, string value)
    {
        foreach (var word in LabelNames.Get(id).Words)
        {
            if (string.Equals(word, value, StringComparison.OrdinalIgnoreCase))
            {
                return word;
            }
        }

        return null;
    }

    /// <summary>What to write instead.</summary>
    public static string Advice(LabelId id, string value)
    {
        var words = LabelNames.Get(id).Words;
        var nearest = words.Count > 1 ? new NearestWord(words).Find(value) : null;
        var all = words.Count == 1 ? words[0] : $"{string.Join(", ", words.Take(words.Count - 1))} or {words[^1]}";
        return nearest is null ? $"write {all}" : $"did you mean {nearest}? Write {all}";
    }
}
