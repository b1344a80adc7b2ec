using DockFlare.Core.Labels;

namespace DockFlare.Tests.Labels;

/// <summary>The reference page and the editors' schema are made from the table that the parser reads by.</summary>
public sealed class LabelReferenceTests
{
    [Fact]
    public void The_reference_page_is_what_the_table_says() => Snapshot.MatchFile(Docs("labels.md"), LabelReferencePage.Write());

    [Fact]
    public void The_schema_is_what_the_table_says() => Snapshot.MatchFile(Docs("labels.schema.json"), LabelSchema.Write());

    [Fact]
    public void The_rows_of_the_table_are_in_the_order_of_their_ids()
    {
        var ids = Enum.GetNames<LabelId>().Select(name => name.ToLowerInvariant());
        var suffixes = LabelNames.All.Select(name => string.Concat(name.Suffix.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant());

        Assert.Equal(ids, suffixes);
    }

    [Fact]
    public void Every_example_of_the_table_is_taken_as_it_stands()
    {
        foreach (var name in LabelNames.All)
        {
            var labels = new Dictionary<string, string>
            {
                ["dockflare.enable"] = "true",
                ["dockflare.hostname"] = "app.example.com",
                ["dockflare.service"] = "http://app:8080",
                ["dockflare." + name.Suffix] = name.Example,
            };
            if (name.Suffix.StartsWith("access.", StringComparison.Ordinal) || name.Suffix == "origin.access")
            {
                labels.TryAdd("dockflare.access.policy", "authenticate");
            }

            if (name.Suffix is "port" or "scheme")
            {
                labels.Remove("dockflare.service");
                labels.TryAdd("dockflare.port", "8080");
            }

            var container = new Core.Protocol.ContainerSnapshot("3f2a", "app", labels) { Networks = [new("cloudflare-net", "172.18.0.5")] };
            var reading = ContainerLabels.Read(container, new LabelOptions { CaPools = ["/etc/ssl/own-ca.pem"] });

            Assert.True(reading.Errors.IsEmpty, $"{name.Suffix}: {string.Join(" ", reading.Errors.Select(error => error.Message))}");
            Assert.Single(reading.Rules);
        }
    }

    private static string Docs(string file) => Snapshot.PathBeside(["..", "..", "..", "docs", file]);
}
