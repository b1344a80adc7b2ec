using CsCheck;
using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Core.Labels;
using DockFlare.Core.Protocol;

namespace DockFlare.Tests.Labels;

/// <summary>What holds for the parser whatever the labels are.</summary>
public sealed class ContainerLabelsProperties
{
    private static readonly LabelOptions Options = new() { CustomPrefix = "acme", CaPools = ["/own.pem"], DefaultHost = static seen => new(seen.Name + ".example.com") };

    private static readonly string[] Values =
    [
        "", " ", "true", "no", "maybe", "app.example.com", "*.example.com", "MÜLLER.example.com", "a.example.com:80", "http://app:8080", "http://app/x", "8080", "-1", "/api", "/api/.*",
        "~^/x", "(", "30s", "1d", "bypass", "authenticate", "default_tld", "nobody", "family,staff", ",", "[]", "[{]", """[{"decision":"allow","include":[{"everyone":{}}]}]""",
        """[{"\ud800":1}]""", "9999999999999999h", """[{"prefix":"10.0.0.0/8"}]""", "socks", "healthy", "/own.pem", "\ud800", "a\u0000b", "a\nb", "e\u0301.example.com",
    ];

    private static readonly Gen<string> Prefix = Gen.OneOf("acme.", "dockflare.", "cloudflare.tunnel.", "");
    private static readonly Gen<string> Index = Gen.OneOf("", "", "0.", "1.", "2.", "01.", "99999999999.");
    private static readonly Gen<string> Suffix = Gen.Frequency((9, Gen.OneOf(LabelNames.All.Select(name => name.Suffix).ToArray())), (1, Gen.String));
    private static readonly Gen<string> Value = Gen.Frequency((4, Gen.OneOf(Values)), (1, Gen.String));

    private static readonly Gen<string> Key = Gen.Select(Prefix, Index, Suffix, static (prefix, index, suffix) => prefix + index + suffix);

    private static readonly Gen<Dictionary<string, string>> Labels =
        Gen.Select(Key, Value).Array[0, 40].Select(static pairs =>
        {
            var labels = new Dictionary<string, string> { ["dockflare.enable"] = "true" };
            foreach (var (key, value) in pairs)
            {
                labels[key] = value;
            }

            return labels;
        });

    [Fact]
    public void Reading_never_throws_and_speaks_in_sentences() => Gen.OneOf(Labels, Gen.Dictionary(Gen.String, Gen.String)).Sample(
        labels =>
        {
            var reading = ContainerLabels.Read(Container(labels), Options);
            foreach (var entry in reading.Errors.Concat(reading.Notes))
            {
                Assert.NotEqual("", entry.Label);
                Assert.Matches("[.?]$", entry.Message);
            }
        },
        iter: Samples.Of(5_000, 200_000));

    [Fact]
    public void Equal_labels_in_any_order_give_equal_readings() => Labels.Sample(
        labels =>
        {
            var first = ContainerLabels.Read(Container(labels), Options);
            var second = ContainerLabels.Read(Container(labels.Reverse().ToDictionary()), Options);

            Assert.Equal(first, second);
        },
        iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void A_fault_in_one_index_changes_no_other_rule() => Gen.Select(Labels, Gen.OneOf(LabelNames.All.Select(name => name.Suffix).ToArray()), Value).Sample(
        (labels, suffix, value) =>
        {
            var before = ContainerLabels.Read(Container(labels), Options);

            // Index 7 is a rule of its own, on a host that nothing else here has.
            labels["dockflare.7.hostname"] = "seven.example.org";
            labels["dockflare.7." + suffix] = suffix == "hostname" ? "seven.example.org:80" : value;
            var after = ContainerLabels.Read(Container(labels), Options);

            // A default host steps back once there is any hostname label.
            var expected = before.Rules.Where(rule => rule.Key.Host != "blog.example.com");
            Assert.Equal(expected, after.Rules.Where(rule => rule.Key.Host is not ("seven.example.org" or "blog.example.com")));
        },
        iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void A_rule_is_never_public_when_an_access_label_of_its_own_says_something() => Labels.Sample(
        labels =>
        {
            labels.Remove("dockflare.access.group");
            labels["acme.0.hostname"] = "guarded.example.org";
            labels["acme.0.access.policy"] = labels.GetValueOrDefault("acme.access.policy") is { Length: > 0 } word ? word.Trim() + "x" : "authenticate";
            var reading = ContainerLabels.Read(Container(labels), Options);

            Assert.All(reading.Rules.Where(rule => rule.Key.Host == "guarded.example.org"), rule => Assert.NotNull(rule.Access));
        },
        iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void Rules_have_canonical_hosts_and_one_rule_a_key() => Labels.Sample(
        labels =>
        {
            var reading = ContainerLabels.Read(Container(labels), Options);

            Assert.Equal(reading.Rules.Count, reading.Rules.Select(rule => rule.Key).Distinct().Count());
            Assert.All(reading.Rules, rule =>
            {
                Assert.True(HostName.TryParse(rule.Key.Host, out var host, out _));
                Assert.Equal(rule.Key.Host, host);
                Assert.NotEqual("", rule.Service);
                Assert.True(rule.Access is null || rule.Access != new AccessWish());
            });
        },
        iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void A_container_that_is_not_enabled_has_no_rules() => Labels.Sample(
        labels =>
        {
            foreach (var prefix in (string[])["acme.", "dockflare.", "cloudflare.tunnel."])
            {
                labels[prefix + "enable"] = "no";
            }

            var reading = ContainerLabels.Read(Container(labels), Options);

            Assert.Equal((true, false, 0, 0), (reading.IsLabelled, reading.IsEnabled, reading.Rules.Count, reading.Errors.Count));
        },
        iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void A_label_whose_value_is_missing_counts_as_empty()
    {
        var reading = ContainerLabels.Read(
            Container(new() { ["dockflare.enable"] = "true", ["dockflare.hostname"] = "a.example.com", ["dockflare.service"] = "http://a:1", ["dockflare.path"] = null!, ["dockflare.x"] = null! }),
            new LabelOptions());

        Assert.Equal("a.example.com", Assert.Single(reading.Rules).Key.ToString());
    }

    private static ContainerSnapshot Container(Dictionary<string, string> labels) =>
        new("3f2a", "blog", new LabelMap(labels)) { Networks = [new("cloudflare-net", "172.18.0.5")] };
}
