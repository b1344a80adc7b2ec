using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;
using DockFlare.Tests;

namespace DockFlare.Core.Tests.Ingress;

public sealed class IngressProperties
{
    private static readonly Gen<string> Host = Among(
        "a.com", "b.a.com", "c.b.a.com", "x.org", "b.x.org", "*.com", "*.a.com", "*.b.a.com", "*.org", "*.x.org", "müller.a.com", "xn--mller-kva.a.com");

    private static readonly Gen<RulePath> Path = Gen.OneOf(
        Gen.Const(RulePath.Any), Among("/api", "/api/v1", "/x", "/api/v1/z").Select(RulePath.Prefix), Among("^/api", "v1", "(?i)X$").Select(RulePath.Expression));

    private static readonly Gen<RuleKey> Key = Gen.Select(Host, Path, static (host, path) => new RuleKey(host, path));

    private static readonly Gen<OriginRequest> Origin = Gen.Select(
        Gen.Int[-5, 5], Gen.String[Gen.Char[' ', 'ÿ'], 0, 8], Gen.Int[0, 100_000], static (kind, text, seconds) => kind switch
        {
            1 => new OriginRequest { ConnectTimeout = TimeSpan.FromSeconds(seconds), NoTlsVerify = true },
            2 => new() { HttpHostHeader = text, KeepAliveConnections = seconds },
            3 => new() { Access = new(true, text, [text, "aud"]), ProxyType = text },
            4 => new() { IpRules = [new(text, [seconds, 1], true), new("::/0", [], false)], Http2Origin = false },
            _ => OriginRequest.None,
        });

    private static readonly Gen<IngressRule> OurRule = Gen.Select(
        Key, Origin, Gen.Int[0, 9], static (key, origin, priority) => new IngressRule(key, "http://ours") { Origin = origin, Priority = priority > 7 ? priority : 0 });

    private static readonly Gen<IngressEntry> ForeignEntry = Gen.Select(
        Gen.OneOf(Host, Among("*", "")), Path, Origin, Gen.Bool, static (host, path, origin, isOdd) =>
            new IngressEntry(new(host, HostPattern.IsAny(host) && path.IsAny ? "^/all" : path.ToCloudflared() ?? ""), "http://theirs")
            {
                Origin = origin,
                Unknown = isOdd ? [new("id", "[1.0,{\"b\":null}]")] : [],
                UnknownOrigin = isOdd ? [new("future", "\"é\"")] : [],
            });

    private static readonly Gen<IngressDocument> Document = Gen.Select(
        ForeignEntry.List[0, 8], Gen.Bool, Origin, static (entries, hasCatchAll, origin) => new IngressDocument
        {
            Entries = (hasCatchAll ? [.. entries, new IngressEntry(new("", ""), "http_status:503")] : entries).ToEquatableArray(),
            Origin = origin,
            Unknown = [new("warp-routing", """{"enabled":true}""")],
        });

    private static readonly Gen<List<IngressRule>> OurRules = OurRule.List[0, 8].Select(static rules => rules.DistinctBy(static rule => rule.Key).ToList());

    [Fact]
    public void Reading_what_was_written_gives_the_same_document() => Document.Sample(static document =>
    {
        var read = Documents.Parse(document.ToJson());
        return read.Entries == document.Entries && read.Origin == document.Origin && read.Unknown == document.Unknown && read.SaysTheSameAs(document) && read.ToJson() == document.ToJson();
    }, iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void Yaml_that_was_written_reads_as_the_same_texts() => Gen.Select(Gen.String, Gen.String).Sample(static (host, service) =>
    {
        string Clean(string text) => string.Concat(text.EnumerateRunes().Select(static rune => rune.ToString()));
        (host, service) = (Clean(host), Clean(service));
        var document = new IngressDocument { Entries = [new(new(host, ""), service)] };
        return Documents.FromYaml(document.ToYaml()).Entries == document.Entries;
    }, iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void The_order_of_rules_is_total() => Gen.Select(OurRule, OurRule, OurRule).Sample(static (a, b, c) =>
        Math.Sign(IngressOrder.Compare(a, b)) == -Math.Sign(IngressOrder.Compare(b, a))
        && (IngressOrder.Compare(a, b) == 0) == (a.Key == b.Key && a.Priority == b.Priority)
        && !(IngressOrder.Compare(a, b) <= 0 && IngressOrder.Compare(b, c) <= 0 && IngressOrder.Compare(a, c) > 0), iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void Merging_again_changes_nothing_and_keeps_what_is_foreign() => Gen.Select(Document, OurRules, OurRules).Sample(static (there, before, wanted) =>
    {
        var first = IngressMerge.Merge(there, [], before);
        var owned = before.Where(rule => !first.Taken.Contains(rule.Key)).Select(static rule => RuleIdentity.Of(rule.Key)).ToList();
        var second = IngressMerge.Merge(first.Document, owned, wanted);
        var ownedNow = wanted.Where(rule => !second.Taken.Contains(rule.Key)).Select(static rule => RuleIdentity.Of(rule.Key)).ToHashSet();
        var again = IngressMerge.Merge(second.Document, ownedNow, wanted);

        Assert.Same(second.Document, again.Document);
        Assert.Equal(second.Taken, again.Taken);
        var foreign = there.Entries.Where(static entry => !entry.IsCatchAll).ToList();
        Assert.Equal(foreign, second.Document.Entries.Where(entry => !entry.IsCatchAll && !ownedNow.Contains(entry.Identity)));
        Assert.Equal(ownedNow.Count + foreign.Count + 1, second.Document.Entries.Count);
        Assert.Equal([second.Document.Entries.Count - 1], Positions(second.Document, static entry => entry.IsCatchAll));
        Assert.Equal(second.Taken, wanted.Select(static rule => rule.Key).Where(key => foreign.Exists(entry => entry.Identity == RuleIdentity.Of(key))).Order().ToEquatableArray());
        Assert.Equal((there.Origin, there.Unknown), (second.Document.Origin, second.Document.Unknown));
    }, iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void Our_hosts_are_reached_and_narrower_foreign_hosts_are_not_shadowed() => Gen.Select(Document, OurRules).Sample(static (there, rules) =>
    {
        // Priorities are the operator's own order and may shadow a rule of ours.
        var wanted = rules.ConvertAll(static rule => rule with { Priority = 0 });
        var merged = IngressMerge.Merge(there, [], wanted);
        var dead = new IngressMatcher(merged.Document).FindUnreachable().ToDictionary(static rule => rule.Index, static rule => rule.CoveredBy);
        var deadBefore = new IngressMatcher(there).FindUnreachable().Select(static rule => rule.Index).ToHashSet();
        var entries = merged.Document.Entries;
        for (var i = 0; i < entries.Count; i++)
        {
            var isOurs = entries[i].Service == "http://ours";
            var coveredByOther = dead.TryGetValue(i, out var by) && (entries[by].Service == "http://ours") != isOurs;
            var wasDead = !isOurs && deadBefore.Any(position => ReferenceEquals(there.Entries[position], entries[i]));

            // The alias of a name in other letters is the one host that two rules can share without being written alike.
            Assert.True(!coveredByOther || wasDead || HostName.FindAlias(entries[i].Identity.Hostname) != entries[i].Identity.Hostname || IsAliasOf(entries, by), merged.Document.ToJson());
        }
    }, iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void The_matcher_agrees_with_a_naive_reading_of_the_rules() =>
        Gen.Select(Document, Gen.OneOf(Host, Among(".a.com", "d.c.b.a.com", "com", "", "a.com:80", "A.com")), Among("", "/", "/api", "/apix", "/api/v1/z", "/X", "/y/x", "/all"))
            .Sample(static (document, host, path) => new IngressMatcher(document).Match(host, path) == NaiveMatch(document, host, path), iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void An_unreachable_rule_never_answers() => Gen.Select(Document, Host, Among("", "/", "/api", "/api/v1", "/x", "/all")).Sample(static (document, host, path) =>
    {
        var matcher = new IngressMatcher(document);
        var answer = matcher.Match(host, path);

        // Where nothing matches, the last rule is taken whatever it says.
        return answer == document.Entries.Count - 1 || matcher.FindUnreachable().All(rule => rule.Index != answer);
    }, iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void Any_text_gets_a_verdict() => Gen.String.Sample(static text =>
    {
        _ = IngressService.FindFault(text);
        _ = Re2Syntax.FindFault(text);
        _ = GoDuration.TryParse(text, out _);
        _ = HostName.FindAlias(text);
        _ = IngressValidator.FindFaultInJson(Encoding.UTF8.GetBytes(text));
        _ = IngressValidator.FindFaultInJson(JsonSerializer.SerializeToUtf8Bytes(text, TextJson.Default.String));
    }, iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void An_expression_that_go_takes_can_be_asked() => Gen.String[Gen.OneOf(Among([.. @"()[]{}*+?|\^$.-:,PpQEdDwWsSbBAzxUim<>0123a/é"]), Gen.Char), 0, 24].Sample(static pattern =>
    {
        if (Re2Syntax.FindFault(pattern) is null)
        {
            _ = new IngressMatcher(Documents.Of(("a.com", pattern), ("", ""))).Match("a.com", "/api/é😀");
        }
    }, iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void Any_json_gets_a_verdict_and_what_passes_can_be_read() =>
        Among([.. "{}[]:,\" 0.e-1"]).Array[0, 30].Select(static chars => new string(chars)).Sample(static noise =>
        {
            var json = Encoding.UTF8.GetBytes($$"""{"ingress":[{"service":"http_status:404","x":{{noise}}}]}""");
            if (IngressValidator.FindFaultInJson(json) is null)
            {
                _ = IngressDocument.ParseJson(json);
            }
        }, iter: Samples.Of(1_000, 50_000));

    private static Gen<T> Among<T>(params T[] items) => Gen.Int[0, items.Length - 1].Select(i => items[i]);

    private static IEnumerable<int> Positions(IngressDocument document, Func<IngressEntry, bool> which) =>
        Enumerable.Range(0, document.Entries.Count).Where(i => which(document.Entries[i]));

    private static bool IsAliasOf(EquatableArray<IngressEntry> entries, int position) =>
        HostName.FindAlias(entries[position].Identity.Hostname) is { } alias && alias != entries[position].Identity.Hostname;

    private static int NaiveMatch(IngressDocument document, string host, string path)
    {
        host = host.Split(':')[0];
        for (var i = 0; i < document.Entries.Count; i++)
        {
            var (ruleHost, rulePath) = document.Entries[i].Identity;
            var isHost = ruleHost is "" or "*"
                || (ruleHost.StartsWith("*.", StringComparison.Ordinal) && host.EndsWith(ruleHost[1..], StringComparison.Ordinal))
                || ruleHost == host
                || (ruleHost == "müller.a.com" && host == "xn--mller-kva.a.com");
            if (isHost && Regex.IsMatch(path, rulePath.Replace("$", "\\z", StringComparison.Ordinal)))
            {
                return i;
            }
        }

        return document.Entries.Count - 1;
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class TextJson : System.Text.Json.Serialization.JsonSerializerContext;
