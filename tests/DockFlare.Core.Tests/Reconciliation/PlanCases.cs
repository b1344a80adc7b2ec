namespace DockFlare.Tests.Reconciliation;

/// <summary>Golden cases: a world above the line, its plan and what became of every wish below.</summary>
public sealed class PlanCases
{
    private static readonly string Folder = Snapshot.PathBeside(["cases"]);

    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Folder, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_plan_is_what_the_case_says(string name) => Snapshot.MatchCase(Path.Combine(Folder, name + ".txt"), CaseWorld.Render);

    [Fact]
    public void There_are_at_least_forty_cases() => Assert.InRange(Names.Count, 40, int.MaxValue);
}
