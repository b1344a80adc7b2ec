using System.Globalization;

namespace DockFlare.Hosting.Cloudflared;

/// <summary>Reads the Prometheus text format as far as cloudflared speaks it.</summary>
internal static class PrometheusText
{
    /// <summary>The samples in their order. A line that is none is left out.</summary>
    public static IEnumerable<PrometheusSample> Read(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] != '#' && ReadLine(line) is { } sample)
            {
                yield return sample;
            }
        }
    }

    private static PrometheusSample? ReadLine(string line)
    {
        var nameEnd = line.AsSpan().IndexOfAny("{ \t");
        if (nameEnd <= 0)
        {
            return null;
        }

        Dictionary<string, string> labels = new(StringComparer.Ordinal);
        var rest = nameEnd;
        if (line[nameEnd] == '{')
        {
            rest = ReadLabels(line, nameEnd + 1, labels);
            if (rest < 0)
            {
                return null;
            }
        }

        // What may follow the value is a time stamp.
        var value = line[rest..].Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return ReadValue(value) is { } number ? new(line[..nameEnd], labels, number) : null;
    }

    /// <summary>Reads up to and past the closing brace; -1 when there is none.</summary>
    private static int ReadLabels(string line, int at, Dictionary<string, string> labels)
    {
        while (at < line.Length)
        {
            if (line[at] == '}')
            {
                return at + 1;
            }

            if (line[at] is ',' or ' ')
            {
                at++;
                continue;
            }

            var equals = line.IndexOf("=\"", at, StringComparison.Ordinal);
            if (equals < 0)
            {
                return -1;
            }

            var value = new System.Text.StringBuilder();
            var key = line[at..equals].Trim();
            for (at = equals + 2; at < line.Length && line[at] != '"'; at++)
            {
                if (line[at] == '\\' && at + 1 < line.Length)
                {
                    at++;
                    value.Append(line[at] == 'n' ? '\n' : line[at]);
                }
                else
                {
                    value.Append(line[at]);
                }
            }

            labels[key] = value.ToString();
            at++;
        }

        return -1;
    }

    private static double? ReadValue(string? text) => text switch
    {
        null => null,
        "NaN" => double.NaN,
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null,
    };
}

/// <summary>One sample.</summary>
internal sealed record PrometheusSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);
