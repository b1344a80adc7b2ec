using System.Text.RegularExpressions;

namespace DockFlare.Tests.House;

/// <summary>The documents say what is there.</summary>
public sealed partial class DocumentTests
{
    public static TheoryData<string> Documents => [.. Repository.Files("", ".md")];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_relative_link_leads_somewhere(string document)
    {
        var folder = Path.GetDirectoryName(document)!;
        var dead = Link().Matches(Fence().Replace(Repository.Read(document), ""))
            .Select(static match => match.Groups["target"].Value)
            .Where(static target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('#') && !target.StartsWith("mailto:", StringComparison.Ordinal))
            .Where(target => !Repository.Exists(Path.Combine(folder, Uri.UnescapeDataString(target.Split('#')[0]))))
            .Select(target => $"{document}: {target}");

        Assert.Empty(dead);
    }

    [Fact]
    public void Every_decision_is_linked_from_the_architecture()
    {
        var architecture = Repository.Read("docs/architecture.md");
        var decisions = Repository.Files("docs/adr", ".md").Select(static path => path["docs/".Length..]).ToList();

        Assert.NotEmpty(decisions);
        Assert.All(decisions, path => Assert.Contains($"({path})", architecture, StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_readme_tells_to_run_is_there()
    {
        var commands = Command().Matches(Repository.Read("README.md")).Select(static match => match.Value).ToList();
        var missing = commands
            .Select(static command => Project().Match(command) is { Success: true } match ? match.Groups["path"].Value : command.Split(' ')[0])
            .Where(static path => !Repository.Exists(path));

        Assert.Contains("dotnet run --project hosts/DockFlare.Master -- --sandbox", commands);
        Assert.Contains("./test.sh", commands);
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_path_that_a_document_names_in_code_is_there()
    {
        var missing = Repository.Files("", ".md")
            .SelectMany(static document => PathInCode().Matches(Repository.Read(document)).Select(match => (Document: document, Path: match.Groups["path"].Value.TrimEnd('/'))))
            .Where(static named => !named.Path.Contains('*', StringComparison.Ordinal) && !Repository.Exists(named.Path))
            .Select(static named => $"{named.Document} names {named.Path}");

        Assert.Empty(missing);
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.CultureInvariant)]
    private static partial Regex Link();

    [GeneratedRegex("^```.*?^```", RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^(dotnet run .*|\./test\.sh.*)$", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex(@"--project (?<path>\S+)", RegexOptions.CultureInvariant)]
    private static partial Regex Project();

    [GeneratedRegex("`(?<path>(src|hosts|tests|samples|deploy|docs|benchmarks)/[^`\\s<>…]*)`", RegexOptions.CultureInvariant)]
    private static partial Regex PathInCode();
}
