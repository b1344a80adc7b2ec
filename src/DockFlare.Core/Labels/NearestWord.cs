namespace DockFlare.Core.Labels;

/// <summary>Finds what was probably meant: <c>enabled</c> is near <c>enable</c>.</summary>
internal static class NearestWord
{
    /// <summary>The label's suffix that is nearest; null when none is near.</summary>
    public static string? Find(string text, ReadOnlySpan<LabelName> names)
    {
        var words = new string[names.Length];
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = names[i].Suffix;
        }

        return Find(text, words);
    }

    /// <summary>The word that is nearest; of equally near ones the first; null when none is near.</summary>
    public static string? Find(string text, ReadOnlySpan<string> words)
    {
        var plain = Plain(text);
        if (plain.Length is 0 or > 64)
        {
            return null;
        }

        string? nearest = null;
        var least = plain.Length switch { <= 3 => 2, <= 7 => 3, _ => 4 };
        foreach (var word in words)
        {
            var candidate = Plain(word);
            var distance = Math.Min(Distance(plain, candidate), IsTail(plain, word) ? 1 : IsStart(plain, candidate) ? 2 : int.MaxValue);
            if (distance < least)
            {
                (nearest, least) = (word, distance);
            }
        }

        return nearest;
    }

    // Writers differ in case and in '_', '-' and '.' before they differ in letters.
    private static string Plain(string text) => string.Concat(text.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();

    private static bool IsStart(string plain, string candidate) => plain.Length >= 4 && candidate.StartsWith(plain, StringComparison.Ordinal);

    private static bool IsTail(string plain, string word)
    {
        var dot = word.LastIndexOf('.');
        return dot >= 0 && string.Equals(Plain(word[(dot + 1)..]), plain, StringComparison.Ordinal);
    }

    // Letters to insert, delete, replace or swap with their neighbour.
    private static int Distance(string left, string right)
    {
        if (Math.Abs(left.Length - right.Length) > 3)
        {
            return int.MaxValue;
        }

        var rows = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++)
        {
            rows[i, 0] = i;
        }

        for (var j = 0; j <= right.Length; j++)
        {
            rows[0, j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = left[i - 1] == right[j - 1] ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[left.Length, right.Length];
    }
}
