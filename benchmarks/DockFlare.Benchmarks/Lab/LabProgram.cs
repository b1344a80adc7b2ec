using System.Globalization;

namespace DockFlare.Benchmarks.Lab;

/// <summary>Runs measurements by name and prints each as a row of a Markdown table.</summary>
internal static class LabProgram
{
    private static readonly Dictionary<string, Func<Task<IReadOnlyList<string>>>> Labs = new(StringComparer.Ordinal)
    {
        ["straight"] = StraightLine.OwnHostAsync,
        ["agent"] = StraightLine.ThroughAgentAsync,
        ["burst"] = StraightLine.BurstAsync,
        ["cold"] = ColdStart.RunAsync,
        ["crowd"] = Crowd.RunAsync,
        ["heartbeats"] = Crowd.HeartbeatsAsync,
        ["memory"] = Memory.RunAsync,
        ["replace"] = Replace.RunAsync,
        ["idle"] = Idle.RunAsync,
    };

    public static async Task<int> RunAsync(IReadOnlyList<string> names)
    {
        foreach (var name in names.Count == 0 ? [.. Labs.Keys] : names)
        {
            if (!Labs.TryGetValue(name, out var lab))
            {
                await Console.Error.WriteLineAsync($"There is no lab '{name}'. There are: {string.Join(", ", Labs.Keys)}.");
                return 2;
            }

            foreach (var row in await lab())
            {
                Console.WriteLine(row);
            }
        }

        return 0;
    }

    /// <summary>A row with the median and the 99th percentile (the worst of fewer than 100).</summary>
    public static string Row(string what, IReadOnlyCollection<double> milliseconds)
    {
        var sorted = milliseconds.Order().ToList();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {what} | {sorted[sorted.Count / 2]:0.0} ms | {sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * 0.99))]:0.0} ms | {sorted[0]:0.0} ms | {sorted.Count} |");
    }
}
