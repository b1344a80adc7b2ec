namespace DockFlare.Tests.Fuzz;

/// <summary>Makes texts of good ones: cut, repeated, joined, nested and damaged. The same number gives the same text.</summary>
/// <param name="corpus">The good texts.</param>
/// <param name="words">What readers of these texts have a meaning for.</param>
internal sealed class Mangler(IReadOnlyList<string> corpus, IReadOnlyList<string> words)
{
    private const int Longest = 64 * 1024;

    public string Make(Random random)
    {
        var text = corpus[random.Next(corpus.Count)];
        for (var edits = random.Next(8); edits >= 0; edits--)
        {
            text = Edit(text, random);
        }

        return text.Length > Longest ? text[..Longest] : text;
    }

    private string Edit(string text, Random random)
    {
        var (start, length) = Span(text, random);
        var piece = text.Substring(start, length);
        return random.Next(8) switch
        {
            0 => text.Remove(start, length),
            1 => text.Insert(start, words[random.Next(words.Count)]),
            2 => text.Remove(start, length).Insert(start, words[random.Next(words.Count)]),
            3 => text.Insert(start, string.Concat(Enumerable.Repeat(piece, 1 << random.Next(1, 10))) is var much && much.Length > Longest ? piece : much),
            4 => text.Insert(start, ((char)random.Next(random.Next(2) == 0 ? 0x80 : 0x10000)).ToString()),
            5 => text.Insert(start, string.Concat(Enumerable.Repeat(words[random.Next(words.Count)], 1 << random.Next(1, 10)))),
            6 => text.Insert(start, Part(corpus[random.Next(corpus.Count)], random)),
            _ => text.Remove(start, length) + piece,
        };
    }

    private static string Part(string text, Random random)
    {
        var (start, length) = Span(text, random);
        return text.Substring(start, length);
    }

    private static (int Start, int Length) Span(string text, Random random)
    {
        var start = random.Next(text.Length + 1);
        return (start, Math.Min(random.Next(1, 1 << random.Next(1, 8)), text.Length - start));
    }
}
