namespace DockFlare.Core.Ingress;

/// <summary>How Go's encoding/json finds the field for a key: without regard to case, the long s and the Kelvin sign included.</summary>
internal static class GoJsonName
{
    public static bool Matches(string key, string field) =>
        string.Equals(key, field, StringComparison.Ordinal)
        || string.Equals(key.Replace('\u017F', 's').Replace('\u212A', 'k'), field, StringComparison.OrdinalIgnoreCase);

    /// <summary>The field the key stands for, or null.</summary>
    public static string? Find(string key, ReadOnlySpan<string> fields)
    {
        foreach (var field in fields)
        {
            if (Matches(key, field))
            {
                return field;
            }
        }

        return null;
    }
}
