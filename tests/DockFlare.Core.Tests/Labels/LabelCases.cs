using DockFlare.Core;
using DockFlare.Core.Labels;
using DockFlare.Core.Protocol;

namespace DockFlare.Tests.Labels;

/// <summary>Golden cases: labels above the line, what they mean below. Lines that begin with '#' set the container and the options.</summary>
public sealed class LabelCases
{
    private static readonly string Folder = Snapshot.PathBeside(["cases"]);

    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Folder, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Labels_mean_what_the_case_says(string name) => Snapshot.MatchCase(Path.Combine(Folder, name + ".txt"), Render);

    [Fact]
    public void There_are_at_least_sixty_cases() => Assert.InRange(Names.Count, 60, int.MaxValue);

    private static string Render(string input)
    {
        var labels = new Dictionary<string, string>();
        var container = new ContainerSnapshot("3f2a", "blog", LabelMap.Empty) { Networks = [new("cloudflare-net", "172.18.0.5")], Ports = [8080] };
        var options = new LabelOptions();
        foreach (var line in input.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = line.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = (line[..at], line[(at + 1)..]);
            (container, options) = key switch
            {
                "#name" => (container with { Name = value }, options),
                "#networks" => (container with { Networks = [.. value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Network)] }, options),
                "#host-network" => (container with { Networks = [], UsesHostNetwork = true }, options),
                "#ports" => (container with { Ports = [.. value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)] }, options),
                "#prefix" => (container, options with { CustomPrefix = value }),
                "#tunnel-network" => (container, options with { TunnelNetwork = value }),
                "#joins-networks" => (container, options with { JoinsNetworks = bool.Parse(value) }),
                "#host-address" => (container, options with { HostAddress = value }),
                "#ca-pools" => (container, options with { CaPools = [.. value.Split(' ')] }),
                "#default-host" => (container, options with { DefaultHost = seen => new(value.Replace("NAME", seen.Name, StringComparison.Ordinal)) }),
                "#default-host-fault" => (container, options with { DefaultHost = _ => new(null, value) }),
                _ => (container, options),
            };
            if (key[0] != '#')
            {
                labels.Add(key, value.Replace("\\n", "\n", StringComparison.Ordinal));
            }
        }

        return ReadingText.Of(ContainerLabels.Read(container with { Labels = labels }, options));
    }

    private static ContainerNetwork Network(string text) => text.Split('@') is [var name, var address] ? new(name, address) : new(text, "");
}
