using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace DockFlare.Hosting.Diagnostics;

/// <summary>
/// Writes the meters <c>DockFlare</c> and <c>System.Runtime</c> in the Prometheus text format, version 0.0.4: names with underscores, the unit in the name,
/// <c>_total</c> behind counters, seconds and bytes.
/// </summary>
internal sealed class PrometheusExporter : IDisposable
{
    private static readonly double[] DefaultBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private readonly Lock gate = new();
    private readonly MeterListener listener = new();
    private readonly SortedDictionary<string, Family> families = new(StringComparer.Ordinal);

    public PrometheusExporter(IMeterFactory factory)
    {
        listener.InstrumentPublished = (instrument, listening) =>
        {
            // Of several hosts in one process each shows its own.
            if (instrument.Meter is { Name: "System.Runtime" } || (instrument.Meter.Name == DockFlareMetrics.MeterName && ReferenceEquals(instrument.Meter.Scope, factory)))
            {
                listening.EnableMeasurementEvents(instrument, FamilyOf(instrument));
            }
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, state) => Record(state, value, tags));
        listener.SetMeasurementEventCallback<long>((_, value, tags, state) => Record(state, value, tags));
        listener.SetMeasurementEventCallback<double>((_, value, tags, state) => Record(state, value, tags));
        listener.Start();
    }

    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Everything as it is now.</summary>
    public string Write()
    {
        lock (gate)
        {
            foreach (var family in families.Values.Where(static family => family.IsObserved))
            {
                family.Series.Clear();
            }

            listener.RecordObservableInstruments();
            var text = new StringBuilder();
            foreach (var (name, family) in families)
            {
                family.WriteTo(text, name);
            }

            return text.ToString();
        }
    }

    public void Dispose() => listener.Dispose();

    private Family FamilyOf(Instrument instrument)
    {
        var isCounter = IsA(instrument, typeof(Counter<>)) || IsA(instrument, typeof(ObservableCounter<>));
        var isHistogram = IsA(instrument, typeof(Histogram<>));
        var name = instrument.Name.Replace('.', '_') + instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" } + (isCounter ? "_total" : "");
        lock (gate)
        {
            return families.TryGetValue(name, out var family) ? family : families[name] = new()
            {
                Type = isCounter ? "counter" : isHistogram ? "histogram" : "gauge",
                Help = instrument.Description ?? "",
                IsObserved = instrument.IsObservable,
                Bounds = !isHistogram ? [] : (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries?.ToArray() ?? DefaultBounds,
            };
        }
    }

    private static bool IsA(Instrument instrument, Type type) => instrument.GetType() is { IsGenericType: true } own && own.GetGenericTypeDefinition() == type;

    private void Record(object? state, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var family = (Family)state!;
        var labels = LabelsOf(tags);
        lock (gate)
        {
            var series = family.Series.TryGetValue(labels, out var known) ? known : family.Series[labels] = new(family.Bounds.Length);
            series.Count++;
            series.Value = family.IsObserved ? value : series.Value + value;
            for (var i = 0; i < family.Bounds.Length; i++)
            {
                series.Buckets[i] += value <= family.Bounds[i] ? 1 : 0;
            }
        }
    }

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in tags)
        {
            var escaped = Convert.ToString(value, CultureInfo.InvariantCulture)?.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            text.Append(text.Length == 0 ? "" : ",").Append(name.Replace('.', '_')).Append("=\"").Append(escaped).Append('"');
        }

        return text.ToString();
    }

    /// <summary>All series of one name.</summary>
    private sealed class Family
    {
        public required string Type { get; init; }

        public required string Help { get; init; }

        /// <summary>Whether its values are asked for at each look, and are whole rather than added up.</summary>
        public bool IsObserved { get; init; }

        public double[] Bounds { get; init; } = [];

        public SortedDictionary<string, Series> Series { get; } = new(StringComparer.Ordinal);

        public void WriteTo(StringBuilder text, string name)
        {
            if (Series.Count == 0)
            {
                return;
            }

            text.Append("# HELP ").Append(name).Append(' ').Append(Help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
            text.Append("# TYPE ").Append(name).Append(' ').Append(Type).Append('\n');
            foreach (var (labels, series) in Series)
            {
                if (Type != "histogram")
                {
                    Line(text, name, labels, series.Value);
                    continue;
                }

                var before = labels.Length == 0 ? "" : labels + ",";
                for (var i = 0; i < Bounds.Length; i++)
                {
                    Line(text, name + "_bucket", $"{before}le=\"{Number(Bounds[i])}\"", series.Buckets[i]);
                }

                Line(text, name + "_bucket", before + "le=\"+Inf\"", series.Count);
                Line(text, name + "_sum", labels, series.Value);
                Line(text, name + "_count", labels, series.Count);
            }
        }

        private static void Line(StringBuilder text, string name, string labels, double value)
        {
            text.Append(name);
            if (labels.Length > 0)
            {
                text.Append('{').Append(labels).Append('}');
            }

            text.Append(' ').Append(Number(value)).Append('\n');
        }

        private static string Number(double value) =>
            double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);
    }

    /// <summary>One line, or one histogram.</summary>
    private sealed class Series(int buckets)
    {
        public double Value { get; set; }

        public long Count { get; set; }

        public long[] Buckets { get; } = new long[buckets];
    }
}
