namespace DockFlare.Tests.House;

/// <summary>What must not be in the sources, and golden cases that nobody reads.</summary>
public sealed class SourceTests
{
    // Put together, so that this file does not name them itself.
    private static readonly string[] MachinePaths = ["/" + "work/", "/" + "tmp/wt", "/" + "home/", "/" + "Users/", "C:" + "\\Users"];
    private static readonly string[] Unfinished = ["TO" + "DO", "FIX" + "ME", "HA" + "CK", "XX" + "X", "Not" + "ImplementedException"];

    [Fact]
    public void Nothing_names_a_path_of_the_machine_it_was_written_on()
    {
        var named = Repository.Files("", ".cs", ".csproj", ".props", ".md", ".sh", ".txt", ".json", ".yaml", ".yml", "Dockerfile", ".example")
            .SelectMany(static file => Find(file, MachinePaths));

        Assert.Empty(named);
    }

    [Fact]
    public void Nothing_in_the_sources_is_left_for_later() =>
        Assert.Empty(new[] { "src", "hosts", "samples" }.SelectMany(static folder => Repository.Files(folder, ".cs")).SelectMany(static file => Find(file, Unfinished)));

    [Fact]
    public void Nothing_was_received_and_left_lying() =>
        Assert.DoesNotContain(Repository.Files("tests"), static file => file.Contains(".received", StringComparison.Ordinal));

    /// <summary>A folder of cases belongs to the test beside it, which lists it; a case that nobody lists would pass silently.</summary>
    [Fact]
    public void Every_folder_of_cases_is_listed_by_a_test()
    {
        var sources = Repository.Files("tests", ".cs").ToDictionary(static file => file, Repository.Read, StringComparer.Ordinal);
        var folders = Repository.Files("tests", ".txt")
            .Where(static file => file.Contains("/cases/", StringComparison.Ordinal))
            .Select(static file => file[..file.LastIndexOf('/')])
            .Distinct(StringComparer.Ordinal)
            .ToList();
        var unlisted = folders.Where(folder =>
        {
            var at = folder.IndexOf("/cases", StringComparison.Ordinal);
            var beside = folder[..at];
            var name = folder[(folder.LastIndexOf('/') + 1)..];
            return !sources.Any(source =>
                source.Key[..source.Key.LastIndexOf('/')] == beside
                && source.Value.Contains("Directory.Enumerate", StringComparison.Ordinal)
                && source.Value.Contains($"\"{name}\"", StringComparison.Ordinal));
        });

        Assert.NotEmpty(folders);
        Assert.Empty(unlisted);
    }

    /// <summary>Each is compared by the test that names it, beside it.</summary>
    [Fact]
    public void Every_verified_document_is_compared_by_a_test()
    {
        var orphans = Repository.Files("tests")
            .Where(static file => file.Contains(".verified.", StringComparison.Ordinal))
            .Where(static file =>
            {
                var name = Path.GetFileName(file)[..Path.GetFileName(file).IndexOf(".verified.", StringComparison.Ordinal)];
                return !Repository.Files(Path.GetDirectoryName(file)!, ".cs").Any(source => Repository.Read(source).Contains(name, StringComparison.Ordinal));
            });

        Assert.Empty(orphans);
    }

    private static IEnumerable<string> Find(string file, string[] words) => Repository.Lines(file)
        .Select((line, index) => (Line: line, Number: index + 1))
        .Where(line => words.Any(word => line.Line.Contains(word, StringComparison.Ordinal)))
        .Select(line => $"{file}:{line.Number}: {line.Line.Trim()}");
}
