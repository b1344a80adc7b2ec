using DockFlare.Core.Protocol;

namespace DockFlare.Hosting.Docker;

/// <summary>
/// Which containers are looked at: terms separated by commas, of which all must hold. A term is <c>label=key</c>, <c>label=key=value</c>
/// or <c>name=pattern</c>, where <c>*</c> in a value or pattern stands for any text.
/// </summary>
public sealed class ContainerFilter
{
    private readonly List<Term> terms;

    private ContainerFilter(List<Term> terms) => this.terms = terms;

    /// <summary>Every container.</summary>
    public static ContainerFilter All { get; } = new([]);

    /// <summary>Reads <c>DOCKFLARE_CONTAINER_FILTER</c>; nothing or white space is every container.</summary>
    /// <exception cref="FormatException">A term is malformed; the message names it and says what to write.</exception>
    public static ContainerFilter Parse(string? value)
    {
        List<Term> terms = [];
        foreach (var part in (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            terms.Add(ParseTerm(part));
        }

        return terms.Count == 0 ? All : new(terms);
    }

    /// <summary>Whether the container is looked at.</summary>
    public bool Matches(ContainerSnapshot container)
    {
        ArgumentNullException.ThrowIfNull(container);

        foreach (var term in terms)
        {
            if (!term.Matches(container))
            {
                return false;
            }
        }

        return true;
    }

    private static Term ParseTerm(string part)
    {
        var (kind, rest) = Cut(part);
        if (rest is { Length: > 0 })
        {
            switch (kind)
            {
                case "name":
                    return new(null, rest);
                case "label" when Cut(rest) is { Name.Length: > 0 } label:
                    return new(label.Name, label.Value ?? "*");
                default:
                    break;
            }
        }

        throw new FormatException(
            $"DOCKFLARE_CONTAINER_FILTER has the term '{part}': write 'label=key', 'label=key=value' or 'name=pattern', such as 'label=team=web' or 'name=blog-*'.");
    }

    private static (string Name, string? Value) Cut(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at < 0 ? (text.Trim(), null) : (text[..at].Trim(), text[(at + 1)..].Trim());
    }

    private sealed record Term(string? Label, string Pattern)
    {
        public bool Matches(ContainerSnapshot container)
        {
            if (Label is null)
            {
                return Fits(container.Name);
            }

            return container.Labels.TryGetValue(Label, out var value) && Fits(value);
        }

        /// <summary>Whether the parts between the stars come in this order, the first at the start and the last at the end.</summary>
        private bool Fits(string text)
        {
            var parts = Pattern.Split('*');
            if (parts.Length == 1)
            {
                return string.Equals(text, Pattern, StringComparison.Ordinal);
            }

            if (!text.StartsWith(parts[0], StringComparison.Ordinal))
            {
                return false;
            }

            var at = parts[0].Length;
            foreach (var part in parts.AsSpan(1, parts.Length - 2))
            {
                var found = text.IndexOf(part, at, StringComparison.Ordinal);
                if (found < 0)
                {
                    return false;
                }

                at = found + part.Length;
            }

            return text.Length - at >= parts[^1].Length && text.EndsWith(parts[^1], StringComparison.Ordinal);
        }
    }
}
