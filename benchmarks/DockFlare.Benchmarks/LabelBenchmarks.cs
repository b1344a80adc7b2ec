using BenchmarkDotNet.Attributes;
using DockFlare.Core;
using DockFlare.Core.Labels;
using DockFlare.Core.Protocol;

namespace DockFlare.Benchmarks;

/// <summary>Reading one container's labels. Bars: one rule 2 µs and 1.5 KB, twenty indexed rules 30 µs.</summary>
[MemoryDiagnoser]
public class LabelBenchmarks
{
    private readonly LabelOptions options = new();

    private readonly ContainerSnapshot one = Container(new()
    {
        ["com.docker.compose.project"] = "blog",
        ["com.docker.compose.service"] = "web",
        ["dockflare.enable"] = "true",
        ["dockflare.hostname"] = "blog.example.com",
        ["dockflare.service"] = "http://blog:8080",
        ["dockflare.path"] = "/api",
        ["dockflare.no_tls_verify"] = "true",
        ["dockflare.access.group"] = "family",
    });

    private readonly ContainerSnapshot twenty = Indexed(20);

    private readonly ContainerSnapshot foreign = Container(new()
    {
        ["com.docker.compose.project"] = "blog",
        ["com.docker.compose.service"] = "web",
        ["maintainer"] = "somebody",
        ["org.opencontainers.image.title"] = "blog",
    });

    [Benchmark(Baseline = true)]
    public LabelReading OneRule() => ContainerLabels.Read(one, options);

    [Benchmark]
    public LabelReading TwentyIndexedRules() => ContainerLabels.Read(twenty, options);

    [Benchmark]
    public LabelReading NoLabelOfOurs() => ContainerLabels.Read(foreign, options);

    private static ContainerSnapshot Indexed(int count)
    {
        var labels = new Dictionary<string, string> { ["dockflare.enable"] = "true", ["dockflare.service"] = "http://blog:8080" };
        for (var i = 0; i < count; i++)
        {
            labels[$"dockflare.{i}.hostname"] = $"app{i}.example.com";
            labels[$"dockflare.{i}.path"] = "/api";
            labels[$"dockflare.{i}.no_tls_verify"] = "true";
            labels[$"dockflare.{i}.access.group"] = "family";
        }

        return Container(labels);
    }

    private static ContainerSnapshot Container(Dictionary<string, string> labels) => new("3f2a", "blog", new LabelMap(labels));
}
