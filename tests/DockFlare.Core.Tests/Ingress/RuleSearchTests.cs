using CsCheck;
using DockFlare.Core.Ingress;

namespace DockFlare.Tests.Ingress;

/// <summary>Which rules of a refused document are at fault.</summary>
public sealed class RuleSearchTests
{
    [Fact]
    public void It_finds_exactly_the_rules_at_fault_within_a_bounded_number_of_questions() =>
        Gen.Select(Gen.Int[1, 300], Gen.Int[0, 299].HashSet[1, 4], Gen.Bool).Sample(
            (count, positions, isNamed) =>
            {
                var rules = Enumerable.Range(0, count).Select(i => new IngressRule(new($"h{i}.example.com", RulePath.Any), "http://x:1")).ToArray();
                var bad = positions.Select(at => rules[at % count]).ToHashSet();
                var search = new RuleSearch(rules, isNamed ? bad.First() : null);
                var asked = 0;
                while (search.Next is { } next)
                {
                    asked++;
                    Assert.NotEmpty(next);
                    search.Answer(!next.Concat(search.Accepted).Any(bad.Contains));
                }

                Assert.Equal(bad, search.Refused.ToHashSet());
                Assert.Equal(rules.ToHashSet(), search.Accepted.Concat(search.Refused).ToHashSet());
                Assert.Equal(count, search.Accepted.Count + search.Refused.Count);
                var depth = (int)Math.Ceiling(Math.Log2(Math.Max(count, 2)));
                Assert.InRange(asked, 0, bad.Count == 1 && isNamed && count > 2 ? 1 : (bad.Count * (depth + 1)) + (isNamed ? 1 : 0));
            },
            iter: 2_000, threads: 1);

    [Fact]
    public void A_refusal_names_a_rule_by_its_number()
    {
        var document = IngressDocument.FromRules([new(new("a.example.com", RulePath.Any), "http://a:1"), new(new("b.example.com", RulePath.Any), "http://b:1")]);

        Assert.Equal("b.example.com", RuleSearch.FindNamed("Bad Configuration: Validation failed: Rule #2 has an invalid regex: no.\n", document)?.Hostname);
        Assert.Null(RuleSearch.FindNamed("Rule #9 is odd", document));
        Assert.Null(RuleSearch.FindNamed("parse \"x\": invalid port", document));
    }
}
