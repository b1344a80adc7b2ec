using System.Globalization;
using System.Text.RegularExpressions;

namespace DockFlare.Core.Ingress;

/// <summary>
/// Finds the rules for which a document is refused as a whole, by asking about parts of what is new in it. What is accepted on the way is in the
/// document for good. For each bad rule it asks at most <c>log2</c> of the suspects and once more.
/// </summary>
public sealed partial class RuleSearch
{
    private IReadOnlyList<IngressRule>? first;
    private IReadOnlyList<IngressRule> second = [];
    private List<IngressRule> rest = [];
    private readonly List<IngressRule> accepted = [];
    private readonly List<IngressRule> refused = [];
    private IReadOnlyList<IngressRule>? guess;

    /// <summary>The suspects together are refused.</summary>
    /// <param name="suspects">The rules that are new in the document.</param>
    /// <param name="named">The one that the refusal names; null when it names none.</param>
    public RuleSearch(IReadOnlyList<IngressRule> suspects, IngressRule? named = null)
    {
        ArgumentNullException.ThrowIfNull(suspects);

        Split(suspects);
        if (named is not null && suspects.Count > 2 && suspects.Contains(named))
        {
            guess = [.. suspects.Where(rule => rule != named)];
            Named = named;
        }
    }

    /// <summary>Rules that were accepted.</summary>
    public IReadOnlyList<IngressRule> Accepted => accepted;

    /// <summary>Rules that are at fault.</summary>
    public IReadOnlyList<IngressRule> Refused => refused;

    /// <summary>What to ask about next, together with <see cref="Accepted"/>; null when all is known.</summary>
    public IReadOnlyList<IngressRule>? Next => guess ?? first ?? (rest.Count > 0 ? rest : null);

    private IngressRule? Named { get; }

    /// <summary>The answer about <see cref="Next"/>.</summary>
    public void Answer(bool isAccepted)
    {
        if (guess is not null)
        {
            if (isAccepted)
            {
                accepted.AddRange(guess);
                refused.Add(Named!);
                first = null;
            }

            guess = null;
        }
        else if (first is null)
        {
            var asked = rest;
            rest = [];
            if (isAccepted)
            {
                accepted.AddRange(asked);
            }
            else
            {
                Split(asked);
            }
        }
        else if (isAccepted)
        {
            // The two halves together were refused, so it is the other one.
            accepted.AddRange(first);
            Split(second);
        }
        else
        {
            rest.AddRange(second);
            Split(first);
        }
    }

    /// <summary>The rule that a refusal of a document names, by cloudflared's <c>Rule #3</c>; null when it names none.</summary>
    public static RuleIdentity? FindNamed(string refusal, IngressDocument document)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        ArgumentNullException.ThrowIfNull(document);

        return Number().Match(refusal) is { Success: true } match
            && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= document.Entries.Count
                ? document.Entries[number - 1].Identity : null;
    }

    // Of rules that are refused together.
    private void Split(IReadOnlyList<IngressRule> rules)
    {
        first = null;
        if (rules.Count == 1)
        {
            refused.Add(rules[0]);
        }
        else if (rules.Count > 1)
        {
            (first, second) = ([.. rules.Take(rules.Count / 2)], [.. rules.Skip(rules.Count / 2)]);
        }
    }

    [GeneratedRegex(@"Rule #([0-9]{1,6})\b", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
