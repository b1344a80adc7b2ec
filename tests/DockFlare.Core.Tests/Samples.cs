namespace DockFlare.Tests;

/// <summary>
/// How many random inputs a property is asked with: a sample by default, all of them with <c>DOCKFLARE_TESTS=long</c>, and a few with
/// <c>DOCKFLARE_TESTS=brief</c>, as mutation testing runs the same tests for each mutant.
/// </summary>
internal static class Samples
{
    private static readonly string? Mode = Environment.GetEnvironmentVariable("DOCKFLARE_TESTS");

    public static bool AreAll => Mode == "long";

    public static long Of(long sample, long all) => Mode switch { "long" => all, "brief" => Math.Clamp(sample / 20, 10, 100), _ => sample };
}
