namespace DockFlare.Core.Labels;

/// <summary>Finds what was probably meant: <c>enabled</c> is near <c>enable</c>.</summary>
internal sealed class NearestWord
{
    // Names of other labels and longer values are not misspellings of ours.
    private const int MaxLength = 64;

    private readonly (string Word, string Plain, string PlainTail)[] words;

    /// <summary>Takes the words that are right; of equally near ones the first is answered.</summary>
    public NearestWord(IEnumerable<string> words) =>
        this.words = [.. words.Select(static word => (word, Plain(word), Plain(word[(word.LastIndexOf('.') + 1)..])))];

    /// <summary>The suffixes of our labels.</summary>
    public static NearestWord Labels { get; } = new(LabelNames.All.Select(static name => name.Suffix));

    /// <summary>The word that is nearest; null when none is near.</summary>
    public string? Find(string text)
    {
        if (text.Length > MaxLength || Plain(text) is not { Length: > 0 } plain)
        {
            return null;
        }

        string? nearest = null;
        var least = plain.Length switch { <= 3 => 2, <= 7 => 3, _ => 4 };
        foreach (var (word, candidate, tail) in words)
        {
            var distance = string.Equals(tail, plain, StringComparison.Ordinal) ? tail.Length == candidate.Length ? 0 : 1
                : plain.Length >= 4 && candidate.StartsWith(plain, StringComparison.Ordinal) ? 2
                : int.MaxValue;
            if (distance > 1 && Math.Abs(plain.Length - candidate.Length) < least)
            {
                distance = Math.Min(distance, Distance(plain, candidate));
            }

            if (distance < least)
            {
                (nearest, least) = (word, distance);
            }
        }

        return nearest;
    }

    // Writers differ in case and in '_', '-' and '.' before they differ in letters.
    private static string Plain(string text) => string.Concat(text.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();

    // Letters to insert, delete, replace or swap with their neighbour.
    private static int Distance(string left, string right)
    {
        var width = right.Length + 1;
        Span<int> before = stackalloc int[MaxLength + 1];
        Span<int> above = stackalloc int[MaxLength + 1];
        Span<int> row = stackalloc int[MaxLength + 1];
        for (var j = 0; j < width; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            var oldest = before;
            before = above;
            above = row;
            row = oldest;
            row[0] = i;
            for (var j = 1; j < width; j++)
            {
                var cost = left[i - 1] == right[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(above[j] + 1, row[j - 1] + 1), above[j - 1] + cost);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }
        }

        return row[right.Length];
    }
}
