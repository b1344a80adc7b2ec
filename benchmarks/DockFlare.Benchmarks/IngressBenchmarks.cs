using System.Globalization;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using DockFlare.Core.Ingress;

namespace DockFlare.Benchmarks;

/// <summary>Documents with many rules: merging when nothing changed, reading, writing, and asking which rule answers.</summary>
[MemoryDiagnoser]
public class IngressBenchmarks
{
    private IngressRule[] rules = [];
    private RuleIdentity[] owned = [];
    private IngressDocument document = IngressDocument.Empty;
    private IngressDocument shared = IngressDocument.Empty;
    private byte[] json = [];
    private IngressMatcher matcher = new(IngressDocument.Empty);

    [Params(1_000, 10_000, 100_000)]
    public int Rules { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        rules = [.. Enumerable.Range(0, Rules).Select(static i => new IngressRule(Key(i), "http://app:8080")).OrderBy(static rule => rule.Key)];
        owned = [.. rules.Select(static rule => RuleIdentity.Of(rule.Key))];
        document = IngressDocument.FromRules(rules);
        json = Write();
        matcher = new(document);
        var theirs = Enumerable.Range(0, Rules / 10).Select(static i => new IngressEntry(new(Text($"h{i}.theirs.com"), ""), "http://theirs"));
        IngressEntry[] others = [.. theirs, new(new("*.example.com", ""), "http://theirs"), new(new("", ""), "http_status:404")];
        shared = IngressMerge.Merge(new() { Entries = [.. others] }, [], rules).Document;
    }

    [Benchmark]
    public IngressMergeResult MergeWithNothingToDo() => IngressMerge.Merge(document, owned, rules);

    [Benchmark]
    public IngressMergeResult MergeWithNothingToDoBesideOthers() => IngressMerge.Merge(shared, owned, rules);

    [Benchmark]
    public IngressMergeResult MergeIntoAnEmptyDocument() => IngressMerge.Merge(IngressDocument.Empty, [], rules);

    [Benchmark]
    public IngressDocument Read() => IngressDocument.ParseJson(json);

    [Benchmark]
    public byte[] Write()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            document.WriteTo(writer);
        }

        return stream.ToArray();
    }

    [Benchmark]
    public string? Validate() => IngressValidator.FindFaultInJson(json);

    [Benchmark]
    public int Match() => matcher.Match("h42.example.com", "/api/v1/things");

    [Benchmark]
    public IngressAnswer? Explain() => matcher.Explain("https://h42.example.com/api/v1/things?x=1", out _);

    private static RuleKey Key(int i) => (i % 10) switch
    {
        0 => new(Text($"*.w{i}.example.com"), default),
        1 => new(Text($"h{i}.example.com"), RulePath.Prefix("/api")),
        _ => new(Text($"h{i}.example.com"), default),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
