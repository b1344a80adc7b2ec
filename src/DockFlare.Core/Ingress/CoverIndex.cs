namespace DockFlare.Core.Ingress;

/// <summary>
/// Finds the first rule that takes every request another rule could get: by its host or a broader one, and its path or a prefix of it.
/// A look-up copies nothing: a document may hold a host of ten thousand labels.
/// </summary>
internal sealed class CoverIndex
{
    private readonly Dictionary<string, Paths> byHost = new(StringComparer.Ordinal);

    /// <summary>For <c>*.example.com</c> under <c>.example.com</c>; for every host under nothing.</summary>
    private readonly Dictionary<string, Paths> bySuffix = new(StringComparer.Ordinal);

    /// <summary>Adds a rule; positions rise from call to call.</summary>
    public void Add(string host, RulePath path, int index)
    {
        var suffix = HostPattern.SuffixOf(host);
        var places = suffix is null ? byHost : bySuffix;
        if (!places.TryGetValue(suffix ?? host, out var paths))
        {
            places.Add(suffix ?? host, paths = new());
        }

        paths.Add(path, index);
    }

    public int? Find(string host, RulePath path)
    {
        var suffix = HostPattern.SuffixOf(host);
        var first = suffix is null ? First(byHost, host, path) : int.MaxValue;

        var ending = (suffix ?? host).AsSpan();
        if (suffix is null)
        {
            // The shortest wildcard that holds 'a.example.com' ends in '.example.com'.
            ending = ending[Dot(ending)..];
        }

        while (!ending.IsEmpty)
        {
            first = Math.Min(first, First(bySuffix, ending, path));
            ending = ending[1..];
            ending = ending[Dot(ending)..];
        }

        first = Math.Min(first, First(bySuffix, "", path));
        return first < int.MaxValue ? first : null;
    }

    /// <summary>Where the next label ends; the end of the text when it is the last.</summary>
    private static int Dot(ReadOnlySpan<char> text) => text.IndexOf('.') is var dot && dot < 0 ? text.Length : dot;

    private static int First(Dictionary<string, Paths> places, ReadOnlySpan<char> host, RulePath path) =>
        places.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(host, out var paths) ? paths.First(path) : int.MaxValue;

    /// <summary>The first rule of each path of one host.</summary>
    private sealed class Paths
    {
        private int any = int.MaxValue;
        private Dictionary<string, int>? prefixes;
        private Dictionary<string, int>? expressions;

        public void Add(RulePath path, int index)
        {
            if (path.IsAny)
            {
                any = Math.Min(any, index);
            }
            else if (path.IsExpression)
            {
                (expressions ??= new(StringComparer.Ordinal)).TryAdd(path.Text, index);
            }
            else
            {
                (prefixes ??= new(StringComparer.Ordinal)).TryAdd(path.Text, index);
            }
        }

        /// <summary>Of the path itself and every path that surely stands for all of its requests: the prefixes of a prefix, and every path.</summary>
        public int First(RulePath path)
        {
            if (path.IsExpression)
            {
                return Math.Min(any, expressions?.GetValueOrDefault(path.Text, int.MaxValue) ?? int.MaxValue);
            }

            var first = any;
            if (prefixes is { } known)
            {
                var lookup = known.GetAlternateLookup<ReadOnlySpan<char>>();
                for (var text = path.Text.AsSpan(); !text.IsEmpty; text = text[..text.LastIndexOf('/')])
                {
                    first = lookup.TryGetValue(text, out var at) ? Math.Min(first, at) : first;
                }
            }

            return first;
        }
    }
}
