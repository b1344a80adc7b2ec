using DockFlare.Core.Ingress;

namespace DockFlare.Core.Tests.Ingress;

public sealed class MergeTests
{
    private static readonly IngressEntry NotFound = new(new("", ""), "http_status:404");

    private static IngressRule Rule(string host, string path = "", int priority = 0) =>
        new(new(host, RulePath.Prefix(path)), "http://ours") { Priority = priority };

    private static IngressEntry Foreign(string host, string path = "") => new(new(host, path), "http://theirs");

    private static IngressDocument Document(params IngressEntry[] entries) => new() { Entries = entries.ToEquatableArray() };

    private static string[] Order(IngressDocument document) =>
        [.. document.Entries.Select(static entry => $"{entry.Identity}{(entry.Service == "http://theirs" ? " (theirs)" : "")}".Trim())];

    [Fact]
    public void Rules_stand_by_priority_and_key_before_one_catch_all()
    {
        var document = IngressDocument.FromRules([Rule("*.example.com"), Rule("b.example.com"), Rule("b.example.com", "/api"), Rule("*.a.example.com"), Rule("z.example.com", priority: 1)]);

        Assert.Equal(["z.example.com", "b.example.com ^/api(/|$)", "b.example.com", "*.a.example.com", "*.example.com", ""], Order(document));
        Assert.Equal(NotFound, document.Entries[^1]);
    }

    [Fact]
    public void An_empty_document_gets_the_catch_all() =>
        Assert.Equal([NotFound], IngressMerge.Merge(IngressDocument.Empty, [], []).Document.Entries);

    [Fact]
    public void The_catch_all_of_somebody_else_is_kept()
    {
        var there = Document(Foreign("a.example.com"), Foreign("*"));

        Assert.Equal(["a.example.com (theirs)", "b.example.com", "* (theirs)"], Order(IngressMerge.Merge(there, [], [Rule("b.example.com")]).Document));
    }

    [Fact]
    public void A_wildcard_of_somebody_else_does_not_shadow_our_host_and_ours_not_their_host()
    {
        var there = Document(Foreign("*.example.com"), Foreign("n.other.com"), NotFound);

        var merged = IngressMerge.Merge(there, [], [Rule("app.example.com"), Rule("*.other.com")]).Document;

        Assert.Equal(["app.example.com", "*.example.com (theirs)", "n.other.com (theirs)", "*.other.com", ""], Order(merged));
    }

    [Fact]
    public void Paths_of_one_host_are_ordered_across_owners()
    {
        var there = Document(Foreign("a.com", "^/api/v1(/|$)"), Foreign("a.com"), NotFound);

        var merged = IngressMerge.Merge(there, [], [Rule("a.com", "/api")]).Document;

        Assert.Equal(["a.com ^/api/v1(/|$) (theirs)", "a.com ^/api(/|$)", "a.com (theirs)", ""], Order(merged));
    }

    [Fact]
    public void A_foreign_host_is_not_shadowed_even_when_their_list_is_out_of_order()
    {
        var there = Document(Foreign("*.z.com"), Foreign("n.a.com"), NotFound);

        Assert.Equal(["*.z.com (theirs)", "n.a.com (theirs)", "*.a.com", ""], Order(IngressMerge.Merge(there, [], [Rule("*.a.com")]).Document));
    }

    [Fact]
    public void A_wildcard_of_theirs_that_has_a_path_comes_after_our_host_too()
    {
        var there = Document(Foreign("*.a.com", "^/x"), Foreign("", "^/health"), NotFound);

        Assert.Equal(["b.a.com", "*.a.com ^/x (theirs)", "^/health (theirs)", ""], Order(IngressMerge.Merge(there, [], [Rule("b.a.com")]).Document));
    }

    [Fact]
    public void A_wildcard_of_ours_that_has_a_path_comes_after_their_host_too()
    {
        var there = Document(Foreign("*.z.com"), Foreign("b.a.com"), NotFound);

        Assert.Equal(["*.z.com (theirs)", "b.a.com (theirs)", "*.a.com ^/x(/|$)", ""], Order(IngressMerge.Merge(there, [], [Rule("*.a.com", "/x")]).Document));
    }

    [Fact]
    public void Ten_thousand_rules_with_nothing_to_do_are_answered_with_the_document_itself()
    {
        IngressRule[] rules = [.. Enumerable.Range(0, 10_000).Select(static i => Rule($"h{i}.example.com", i % 10 == 0 ? "/api" : ""))];
        var document = IngressDocument.FromRules(rules);

        Assert.Same(document, IngressMerge.Merge(document, [.. rules.Select(static rule => RuleIdentity.Of(rule.Key))], rules).Document);
    }

    [Fact]
    public void A_rule_behind_one_that_takes_all_of_ours_does_not_hold_ours_back()
    {
        var there = Document(Foreign("", "^/api/v1(/|$)"), Foreign("c.a.com", "^/api/v1/z(/|$)"), Foreign("c.a.com"), NotFound);

        Assert.Equal(
            ["c.a.com ^/api/v1(/|$)", "*.a.com ^/api/v1/x(/|$)", "^/api/v1(/|$) (theirs)", "c.a.com ^/api/v1/z(/|$) (theirs)", "c.a.com (theirs)", ""],
            Order(IngressMerge.Merge(there, [], [Rule("c.a.com", "/api/v1"), Rule("*.a.com", "/api/v1/x")]).Document));
    }

    [Fact]
    public void A_priority_holds_among_ours_and_shadows_nothing_foreign()
    {
        var there = Document(Foreign("n.z.com"), NotFound);

        Assert.Equal(["n.z.com (theirs)", "*.z.com", "a.com", ""], Order(IngressMerge.Merge(there, [], [Rule("a.com"), Rule("*.z.com", priority: 5)]).Document));
    }

    [Fact]
    public void A_key_that_is_there_and_not_ours_is_taken_and_left_alone()
    {
        var there = Document(Foreign("a.com", "^/api(/|$)"), NotFound);

        var result = IngressMerge.Merge(there, [], [Rule("a.com", "/api"), Rule("b.com")]);

        Assert.Equal([new RuleKey("a.com", RulePath.Prefix("/api"))], result.Taken);
        Assert.Equal(["a.com ^/api(/|$) (theirs)", "b.com", ""], Order(result.Document));
    }

    [Fact]
    public void Owned_rules_are_updated_or_removed_and_keys_that_others_added_to_them_stay()
    {
        var there = Documents.Parse("""
            {"ingress":[
              {"hostname":"a.com","service":"http://old","id":"7","originRequest":{"connectTimeout":5,"future":1}},
              {"hostname":"b.com","service":"http://gone"},
              {"service":"http_status:404"}]}
            """);

        var merged = IngressMerge.Merge(there, [new("a.com", ""), new("b.com", "")], [Rule("a.com")]).Document;

        Assert.Equal("""{"ingress":[{"hostname":"a.com","service":"http://ours","originRequest":{"future":1},"id":"7"},{"service":"http_status:404"}]}""", merged.ToJson());
    }

    [Fact]
    public void A_document_that_says_it_all_is_answered_itself()
    {
        var there = Documents.Parse("""
            {"ingress":[{"hostname":"a.com","service":"http://ours","originRequest":{}},{"service":"http_status:404"}],"warp-routing":{"enabled":false}}
            """);

        Assert.Same(there, IngressMerge.Merge(there, [new("a.com", "")], [Rule("a.com")]).Document);
    }

    [Fact]
    public void Half_a_second_is_the_second_that_the_api_holds()
    {
        var rule = Rule("a.com") with { Origin = new() { ConnectTimeout = TimeSpan.FromMilliseconds(500) } };
        var written = Documents.Parse(IngressDocument.FromRules([rule]).ToJson());

        Assert.Equal(TimeSpan.FromSeconds(1), written.Entries[0].Origin.ConnectTimeout);
        Assert.Same(written, IngressMerge.Merge(written, [new("a.com", "")], [rule]).Document);
    }

    [Fact]
    public void Two_installations_on_one_tunnel_agree_on_the_order()
    {
        IngressRule[] mine = [Rule("a.com"), Rule("c.com"), Rule("*.a.com")];
        IngressRule[] theirs = [Rule("b.com"), Rule("*.b.c.com"), Rule("d.com", "/x")];
        RuleIdentity[] Of(IngressRule[] rules) => [.. rules.Select(static rule => RuleIdentity.Of(rule.Key))];

        var first = IngressMerge.Merge(IngressDocument.Empty, [], mine).Document;
        var second = IngressMerge.Merge(first, [], theirs).Document;

        Assert.Same(second, IngressMerge.Merge(second, Of(mine), mine).Document);
        Assert.Same(second, IngressMerge.Merge(second, Of(theirs), theirs).Document);
    }
}
