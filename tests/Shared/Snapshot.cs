using System.Runtime.CompilerServices;
using System.Text;
using DiffPlex.Renderer;

namespace DockFlare.Tests;

/// <summary>
/// Compares text with a committed file. Absent or different fails, writes a <c>.received</c> file and prints the difference;
/// <c>SNAPSHOT_UPDATE=1</c> accepts instead, and is ignored in CI.
/// </summary>
internal static class Snapshot
{
    private static bool Update =>
        Environment.GetEnvironmentVariable("SNAPSHOT_UPDATE") == "1" && Environment.GetEnvironmentVariable("CI") != "true";

    /// <summary>The folder of the calling test's source file joined with <paramref name="parts"/>.</summary>
    public static string PathBeside(string[] parts, [CallerFilePath] string caller = "") =>
        Path.Combine([Path.GetDirectoryName(caller)!, .. parts]);

    /// <summary>Compares with <c>name.verified.extension</c> beside the test.</summary>
    public static void Match(string name, string extension, string actual, [CallerFilePath] string caller = "") =>
        MatchFile(Path.Combine(Path.GetDirectoryName(caller)!, $"{name}.verified.{extension}"), actual);

    /// <summary>Compares with a file.</summary>
    public static void MatchFile(string path, string actual)
    {
        actual = actual.ReplaceLineEndings("\n");
        var expected = File.Exists(path) ? File.ReadAllText(path) : null;
        if (string.Equals(actual, expected, StringComparison.Ordinal))
        {
            return;
        }

        var target = Update ? path : path.Replace(".verified.", ".received.", StringComparison.Ordinal) + (path.Contains(".verified.", StringComparison.Ordinal) ? "" : ".received");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(target, actual, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        if (!Update)
        {
            Assert.Fail(expected is null
                ? $"There is no snapshot {path}. Set SNAPSHOT_UPDATE=1 to accept:\n{actual}"
                : $"{path} differs:\n{UnidiffRenderer.GenerateUnidiff(expected, actual, "expected", "actual")}");
        }
    }

    /// <summary>
    /// A golden case: input above a line of dashes, the expected text below. Renders the input and compares what comes out.
    /// </summary>
    public static void MatchCase(string path, Func<string, string> render)
    {
        const string Line = "\n----------\n";
        var text = File.ReadAllText(path);
        var at = text.IndexOf(Line, StringComparison.Ordinal);
        var input = at < 0 ? text.TrimEnd('\n') : text[..at];
        var actual = input + Line + render(input).TrimEnd('\n') + "\n";
        MatchFile(path, actual);
    }
}
