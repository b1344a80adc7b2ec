using System.Runtime.CompilerServices;

namespace DockFlare.Tests.House;

/// <summary>The files of this repository, as they are on disk and without what is built or downloaded.</summary>
internal static class Repository
{
    private static readonly string[] Ignored = [".git", "artifacts", "bin", "obj", "node_modules", "TestResults"];

    public static string Root { get; } = FindRoot();

    /// <summary>Every file with one of these endings under a folder of the repository, by path from the root with forward slashes, in ordinal order.</summary>
    public static IReadOnlyList<string> Files(string folder, params string[] endings) =>
        [.. Walk(Path.Combine(Root, folder))
            .Where(path => endings.Length == 0 || endings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal)))
            .Select(static path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)];

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static string[] Lines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    public static bool Exists(string path) => Path.Exists(Path.Combine(Root, path));

    private static IEnumerable<string> Walk(string folder) =>
        Directory.EnumerateFiles(folder).Concat(Directory.EnumerateDirectories(folder)
            .Where(static child => !Ignored.Contains(Path.GetFileName(child), StringComparer.Ordinal))
            .SelectMany(Walk));

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var folder = Path.GetDirectoryName(here);
        while (folder is not null && !File.Exists(Path.Combine(folder, "DockFlare.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException($"There is no DockFlare.sln above {here}.");
    }
}
