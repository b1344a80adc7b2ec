using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;
using DockFlare.Hosting.CommandLine;

namespace DockFlare.Core.Tests.Ingress;

public sealed class MatcherTests
{
    public static TheoryData<string, string> Names => [.. IngressCases.Yaml.Where(static one => one.Url is not null).Select(static one => (one.Name, one.Url!))];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_url_is_answered_by_the_rule_that_cloudflared_takes(string name, string url)
    {
        foreach (var one in IngressCases.Yaml.Where(candidate => candidate.Name == name && candidate.Url == url))
        {
            Assert.Equal(one.Error, IngressValidator.Examine(YamlNodes.Read(one.Text)).Fault);
            if (one.Error is not null)
            {
                continue;
            }

            var answer = new IngressMatcher(Documents.FromYaml(one.Text)).Explain(url, out var fault);

            Assert.Equal((one.MatchedRule, one.UrlError), (answer?.Index, fault));
        }
    }

    [Theory]
    [InlineData("https://app.example.com/%2fapi", 2)]
    [InlineData("https://app.example.com//api", 2)]
    [InlineData("https://app.example.com/%61pi", 0)]
    [InlineData("ftp://app.example.com/api", 0)]
    [InlineData("https://user@app.example.com/api", 0)]
    [InlineData("https://.example.com/", 3)]
    [InlineData("https://deep.example.org", 7)]
    [InlineData("https://", 7)]
    public void The_table_of_matches_holds(string url, int rule)
    {
        var document = Documents.Of(
            ("app.example.com", "^/api"), ("app.example.com", "/img"), ("app.example.com", ""), ("*.example.com", ""),
            ("*.deep.example.org", ""), ("*", "^/star"), ("", "^/nohost"), ("", ""));

        Assert.Equal(rule, new IngressMatcher(document).Explain(url, out _)?.Index);
    }

    [Fact]
    public void Explain_names_the_reason_and_the_rules_that_stay_behind()
    {
        var document = Documents.Of(("app.example.com", "^/api(/|$)"), ("app.example.com", ""), ("*.example.com", "api"), ("other.com", ""), ("", ""));

        var answer = new IngressMatcher(document).Explain("https://app.example.com:8443/api/v1", out _);

        Assert.Equal(
            new IngressAnswer(
                0, document.Entries[0], "Rule #0 is the first that matches: its host is 'app.example.com', and '^/api(/|$)' is found in '/api/v1'.", [1, 2]),
            answer);
    }

    [Fact]
    public void Rules_that_an_earlier_one_covers_are_unreachable()
    {
        var document = Documents.Of(
            ("a.example.com", "^/api(/|$)"), ("a.example.com", "^/api/v1(/|$)"), ("a.example.com", "^/apiary(/|$)"), ("*.example.com", ""),
            ("b.example.com", ""), ("*.deep.example.com", "x"), ("example.com", ""), ("Mixed.example.com", ""), ("", ""));

        Assert.Equal([new(1, 0), new(4, 3), new(5, 3), new(7, 3)], new IngressMatcher(document).FindUnreachable());
    }

    [Fact]
    public void A_wildcard_in_other_letters_leaves_the_punycode_alias_reachable()
    {
        var document = Documents.Of(("*.bücher.test", ""), ("a.bücher.test", ""), ("", ""));

        Assert.Empty(new IngressMatcher(document).FindUnreachable());
        Assert.Equal(1, new IngressMatcher(document).Match("a.xn--bcher-kva.test", "/"));
    }

    [Theory]
    [InlineData("müller.example.com", "xn--mller-kva.example.com")]
    [InlineData("MÜLLER.example.com", "xn--mller-kva.example.com")]
    [InlineData("straße.example.com", "xn--strae-oqa.example.com")]
    [InlineData("bücher.test", "xn--bcher-kva.test")]
    [InlineData("例え.テスト", "xn--r8jz45g.xn--zckzah")]
    [InlineData("Mixed.Example.com.", "mixed.example.com.")]
    [InlineData("under_score.example.com", null)]
    [InlineData("a b.example.com", null)]
    [InlineData("-a.example.com", null)]
    [InlineData("ab--c.example.com", null)]
    public void The_alias_is_the_name_on_the_wire(string hostname, string? alias) => Assert.Equal(alias, HostName.FindAlias(hostname));
}
