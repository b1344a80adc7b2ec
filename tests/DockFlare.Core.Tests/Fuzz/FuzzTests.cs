using System.Text;
using System.Text.Json;
using CsCheck;
using DockFlare.Core;
using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;
using DockFlare.Core.Protocol;
using DockFlare.Core.Tests.Ingress;
using DockFlare.Hosting.CommandLine;
using DockFlare.Tests.House;
using YamlDotNet.Core;

namespace DockFlare.Tests.Fuzz;

/// <summary>
/// Whatever comes from a container, an agent or a file is answered: no exception but the one that says what is wrong, and memory in proportion to
/// what was given. A reader that never ends never ends the test. A sample by default, all with <c>DOCKFLARE_TESTS=long</c>.
/// </summary>
public sealed class FuzzTests
{
    private static readonly int[] Speaks = [3, 2, 1];

    private static readonly string[] Punctuation = ["{", "}", "[", "]", ",", ":", "\"", "\\", "\\ud800", "\0", "\u200d", "(", ")", "*", "+", "?", "|", "{1000}", "(?:", "[^", "\\pL", "$", "^", ".", "..", "/", "%", "%2f", "-", "1e400", "9223372036854775808", "null", "true", "xn--", "&a", "*a", "<<", "\n", "\n- ", "  "];

    [Fact]
    public void Labels_of_any_kind_are_read_within_bounds()
    {
        var values = Repository.Files("tests/DockFlare.Core.Tests/Labels/cases", ".txt").SelectMany(Repository.Lines).Select(static line => line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..]).Where(static value => value.Length is > 0 and < 2_000).Distinct().ToList();
        var mangler = new Mangler(values, [.. Punctuation, ".example.com", "http://", ":80", "30s", "authenticate", "family", "~", "ß", "日本"]);
        string[] suffixes = [.. LabelNames.All.Select(static name => name.Suffix)];
        var options = new LabelOptions { CustomPrefix = "acme", DefaultHost = static seen => new(seen.Name + ".example.com") };

        Fuzz(4_000, 200_000, random =>
        {
            var labels = new Dictionary<string, string> { ["dockflare.enable"] = "true" };
            for (var count = random.Next(1, random.Next(10) == 0 ? 200 : 12); count > 0; count--)
            {
                var suffix = suffixes[random.Next(suffixes.Length)];
                var key = random.Next(12) == 0 ? mangler.Make(random) : (random.Next(3) == 0 ? "acme." : "dockflare.") + (random.Next(2) == 0 ? "" : random.Next(40) + ".") + suffix;
                labels[key] = mangler.Make(random);
            }

            var size = labels.Sum(static label => (long)label.Key.Length + label.Value.Length);
            return (size, () => ContainerLabels.Read(new ContainerSnapshot("3f2a", "blog", new LabelMap(labels)) { Ports = [80], Networks = [new("n", "10.0.0.1")] }, options));
        });
    }

    [Fact]
    public void Messages_of_any_kind_are_read_or_refused_within_bounds()
    {
        var bodies = Repository.Read("docs/protocol.md").Split('\n').Where(static line => line.StartsWith('{')).Distinct().ToList();
        var mangler = new Mangler(bodies, [.. Punctuation, "\"type\":", "\"containers\":[", "\"container\":{", "\"labels\":{", "\"a\":\"b\",", "[[[[", "{\"a\":", "-1", "0.5"]);
        Assert.True(bodies.Count >= 10, "The examples of the protocol are where they were.");

        Fuzz(4_000, 200_000, random =>
        {
            var body = Encoding.UTF8.GetBytes(mangler.Make(random));
            for (var damage = random.Next(3); damage > 0 && body.Length > 0; damage--)
            {
                body[random.Next(body.Length)] = (byte)random.Next(256);
            }

            return (body.Length, () =>
            {
                Refused(() => AgentMessageReader.ReadEvent(body));
                Refused(() => AgentMessageReader.ReadRegistration(body, Speaks));
                ReadOnly<WireRegistration>(body);
                ReadOnly<WireCommands>(body);
            }
            );
        });
    }

    [Fact]
    public void Documents_of_any_kind_get_a_verdict_within_bounds()
    {
        var json = new Mangler([.. IngressCases.Json.Select(static given => given.Text)], [.. Punctuation, "\"ingress\":[", "\"path\":\"", "\"hostname\":\"*.", "\"originRequest\":{", "\"connectTimeout\":", "{\"service\":\"http_status:404\"}"]);
        Fuzz(4_000, 200_000, random =>
        {
            var document = Encoding.UTF8.GetBytes(json.Make(random));
            var url = "https://" + json.Make(random);
            return (document.Length + url.Length, () =>
            {
                var fault = IngressValidator.FindFaultInJson(document);
                try
                {
                    var matcher = new IngressMatcher(IngressDocument.ParseJson(document));
                    _ = matcher.FindUnreachable();
                    _ = matcher.Explain(url, out _);
                }
                catch (JsonException exception)
                {
                    // Half a surrogate pair is a question mark to Go, and to us a text that could not be written back.
                    Assert.True(fault is not null || exception.InnerException is InvalidOperationException, $"{exception.Message} But cloudflared takes it: {Encoding.UTF8.GetString(document)}");
                }
            }
            );
        });
    }

    [Fact]
    public void Files_of_any_kind_get_a_verdict_within_bounds()
    {
        var files = IngressCases.Yaml.Select(static given => Parsed(given.Text)).OfType<IngressNode.Mapping>().ToList();
        var scalars = new Mangler([.. files.SelectMany(Scalars).Select(static scalar => scalar.Text).Distinct()], [.. Punctuation, "http_status:404", "1s", "*.example.com", "unix:"]);

        Fuzz(4_000, 200_000, random =>
        {
            var file = Mangled(files[random.Next(files.Count)], files, scalars, random);
            return (Scalars(file).Sum(static scalar => 64L + scalar.Text.Length), () => IngressValidator.Examine(file));
        });
    }

    [Fact]
    public void Expressions_of_any_kind_get_a_verdict_within_bounds()
    {
        string[] expressions = ["^/api(/|$)", @"\.(jpg|png|css|js)$", "(?i)^/(a|b)+/[[:alpha:]]{2,5}", @"^/\p{Greek}\d+$", "(a{0,10}){0,10}", "(?P<name>x)*?", @"[^\x00-\x{10FFFF}]"];
        var mangler = new Mangler(expressions, [.. Punctuation, "(a|b)", "{0,1000}", "[a-z]", @"\Q", @"\E", "(?s-im:", @"\p{L}", @"\x{10FFFF}", "(?P<n>"]);

        Fuzz(4_000, 200_000, random =>
        {
            var expression = mangler.Make(random);
            return (expression.Length, () => Re2Syntax.FindFault(expression));
        });
    }

    /// <summary>Prepares an input and reads it; the reading alone is measured.</summary>
    private static void Fuzz(long sample, long all, Func<Random, (long Size, Action Read)> prepare) => Gen.Int.Sample(
        seed =>
        {
            var (size, read) = prepare(new Random(seed));
            var before = GC.GetAllocatedBytesForCurrentThread();
            read();
            // Over 350,000 expressions and as many documents took at most 350 bytes a character and 130 bytes a byte, beyond the 256 KB.
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (256 * 1024) + (1_000 * size));
        },
        iter: Samples.Of(sample, all), threads: 1);

    // Values, keys and whole branches come from elsewhere, are given twice, or are missing.
    private static IngressNode Mangled(IngressNode node, List<IngressNode.Mapping> files, Mangler scalars, Random random)
    {
        if (random.Next(12) == 0)
        {
            return files[random.Next(files.Count)].Pairs[0].Value;
        }

        switch (node)
        {
            case IngressNode.Mapping mapping:
                var pairs = mapping.Pairs
                    .SelectMany(pair => Enumerable.Repeat(pair, random.Next(8) switch { 0 => 0, 1 => 2, _ => 1 }))
                    .Select(pair => KeyValuePair.Create(random.Next(12) == 0 ? Scalar(pair.Key) : pair.Key, Mangled(pair.Value, files, scalars, random)));
                return mapping with { Pairs = pairs.ToEquatableArray() };
            case IngressNode.Sequence sequence:
                var items = sequence.Items.SelectMany(item => Enumerable.Range(0, random.Next(8) switch { 0 => 0, 1 => 30, _ => 1 }).Select(_ => Mangled(item, files, scalars, random)));
                return sequence with { Items = items.ToEquatableArray() };
            default:
                return random.Next(3) == 0 ? Scalar((IngressNode.Scalar)node) : node;
        }

        IngressNode.Scalar Scalar(IngressNode.Scalar scalar) => scalar with { Text = scalars.Make(random), IsPlain = random.Next(2) == 0 };
    }

    private static IEnumerable<IngressNode.Scalar> Scalars(IngressNode node) => node switch
    {
        IngressNode.Mapping mapping => mapping.Pairs.SelectMany(static pair => Scalars(pair.Value).Prepend(pair.Key)),
        IngressNode.Sequence sequence => sequence.Items.SelectMany(Scalars),
        _ => [(IngressNode.Scalar)node],
    };

    private static IngressNode? Parsed(string yaml)
    {
        try
        {
            return YamlNodes.Read(yaml);
        }
        catch (YamlException)
        {
            return null;
        }
    }

    private static void Refused(Action read)
    {
        try
        {
            read();
        }
        catch (ProtocolException exception)
        {
            Assert.InRange(exception.Status, 400, 499);
        }
    }

    private static void ReadOnly<T>(byte[] body)
    {
        try
        {
            _ = JsonSerializer.Deserialize(body, typeof(T), ProtocolJsonContext.Default);
        }
        catch (JsonException)
        {
            // What an agent makes of an answer that is none.
        }
    }
}
