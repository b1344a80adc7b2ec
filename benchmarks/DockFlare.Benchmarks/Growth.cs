using System.Globalization;
using System.Text;

namespace DockFlare.Benchmarks;

/// <summary>How the time of a pass grows with the rules: a table, and a picture with both axes logarithmic, where proportional growth is the dashed line.</summary>
internal static class Growth
{
    private static readonly int[] Sizes = [100, 1_000, 10_000, 30_000, 100_000];

    private sealed record Series(string Name, string Colour, Func<PlanBenchmarks, object> Run);

    private sealed record Point(int Rules, double Microseconds, double KilobytesPerRule, double Collections);

    private static readonly Series[] All =
    [
        new("idle", "#1f77b4", static benchmark => benchmark.Idle()),
        new("cold", "#d62728", static benchmark => benchmark.Cold()),
        new("settle", "#2ca02c", static benchmark => benchmark.Settle()),
    ];

    /// <summary>Measures all and writes <c>NAME.md</c> and <c>NAME.svg</c>; without a name, the table to the console.</summary>
    public static void Run(string? name)
    {
        // Once over, so that the first size is not measured while its code is still being compiled.
        var warm = new PlanBenchmarks { Rules = 1_000 };
        warm.Setup();
        foreach (var series in All)
        {
            RunFor(TimeSpan.FromSeconds(1), 200, warm, series);
        }

        var points = All.ToDictionary(static series => series, static _ => new List<Point>());
        foreach (var rules in Sizes)
        {
            var benchmark = new PlanBenchmarks { Rules = rules };
            benchmark.Setup();
            foreach (var series in All)
            {
                points[series].Add(Measure(benchmark, series, rules));
            }
        }

        var table = Table(points);
        Console.Write(table);
        if (name is not null)
        {
            File.WriteAllText(name + ".md", $"{table}\n![The same as a picture]({Path.GetFileName(name)}.svg)\n");
            File.WriteAllText(name + ".svg", Picture(points));
        }
    }

    // The processor's time of all threads, the collector's too, so that what else runs on the machine counts little; the mean of at least five runs and half a second.
    private static Point Measure(PlanBenchmarks benchmark, Series series, int rules)
    {
        RunFor(TimeSpan.FromMilliseconds(300), 2, benchmark, series);
        GC.Collect();
        var (allocated, collections) = (GC.GetAllocatedBytesForCurrentThread(), GC.CollectionCount(2));
        var (runs, time) = RunFor(TimeSpan.FromMilliseconds(500), 5, benchmark, series);
        var kilobytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / 1024.0 / runs;
        return new(rules, time.TotalMicroseconds / runs, kilobytes / rules, (GC.CollectionCount(2) - collections) / (double)runs);
    }

    private static (int Runs, TimeSpan Time) RunFor(TimeSpan least, int leastRuns, PlanBenchmarks benchmark, Series series)
    {
        var (runs, start) = (0, Environment.CpuUsage.TotalTime);
        while (runs < leastRuns || Environment.CpuUsage.TotalTime - start < least)
        {
            // Small passes are too short for the clock to be asked after each.
            for (var i = 0; i < Math.Max(1, 1_000 / benchmark.Rules); i++, runs++)
            {
                series.Run(benchmark);
            }
        }

        return (runs, Environment.CpuUsage.TotalTime - start);
    }

    private static string Table(Dictionary<Series, List<Point>> points)
    {
        var table = new StringBuilder("| rules |");
        foreach (var series in All)
        {
            table.Append(CultureInfo.InvariantCulture, $" {series.Name} | µs a rule | KB a rule | full collections a run |");
        }

        table.Append("\n|---:|").Insert(table.Length, "---:|", All.Length * 4).Append('\n');
        for (var i = 0; i < Sizes.Length; i++)
        {
            table.Append(CultureInfo.InvariantCulture, $"| {Sizes[i]:N0} |");
            foreach (var series in All)
            {
                var point = points[series][i];
                table.Append(CultureInfo.InvariantCulture, $" {point.Microseconds / 1000:N3} ms | {point.Microseconds / point.Rules:N2} | {point.KilobytesPerRule:N2} | {point.Collections:N2} |");
            }

            table.Append('\n');
        }

        return table.ToString();
    }

    private static string Picture(Dictionary<Series, List<Point>> points)
    {
        const int Left = 60, Top = 20, Size = 110;
        static double X(double rules) => Left + ((Math.Log10(rules) - 2) * Size);
        static double Y(double microseconds) => Top + ((6 - Math.Log10(microseconds)) * Size / 2);
        var svg = new StringBuilder();
        svg.Append("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"480\" height=\"340\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"480\" height=\"340\" fill=\"white\"/>\n");
        for (var power = 2; power <= 5; power++)
        {
            var x = X(Math.Pow(10, power));
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{x:F0} {Top}V{Y(10):F0}\" stroke=\"#ddd\"/><text x=\"{x:F0}\" y=\"{Y(10) + 18:F0}\" text-anchor=\"middle\">{Math.Pow(10, power):N0}</text>\n");
        }

        string[] marks = ["10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s"];
        for (var power = 1; power <= 6; power++)
        {
            var y = Y(Math.Pow(10, power));
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {y:F0}H{X(100_000):F0}\" stroke=\"#ddd\"/><text x=\"{Left - 6}\" y=\"{y + 4:F0}\" text-anchor=\"end\">{marks[power - 1]}</text>\n");
        }

        foreach (var series in All)
        {
            var line = points[series];
            var path = string.Join(" ", line.Select((point, i) => string.Create(CultureInfo.InvariantCulture, $"{(i == 0 ? 'M' : 'L')}{X(point.Rules):F1} {Y(point.Microseconds):F1}")));
            var (first, last) = (line[0], line[^1]);
            var proportional = first.Microseconds / first.Rules * last.Rules;
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{X(first.Rules):F1} {Y(first.Microseconds):F1}L{X(last.Rules):F1} {Y(proportional):F1}\" stroke=\"{series.Colour}\" stroke-dasharray=\"3 4\" opacity=\"0.6\"/>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"{path}\" fill=\"none\" stroke=\"{series.Colour}\" stroke-width=\"2\"/><text x=\"{X(last.Rules) + 6:F0}\" y=\"{Y(last.Microseconds) + 4:F0}\" fill=\"{series.Colour}\">{series.Name}</text>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(3_162):F0}\" y=\"{Y(10) + 36:F0}\" text-anchor=\"middle\">rules (dashed: proportional to 100 rules)</text>\n</svg>\n");
        return svg.ToString();
    }
}
