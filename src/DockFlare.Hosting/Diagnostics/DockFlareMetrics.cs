using System.Diagnostics.Metrics;
using DockFlare.Core.Reconciliation;

namespace DockFlare.Hosting.Diagnostics;

/// <summary>What the master measures, as the meter <c>DockFlare</c>. Nothing carries a host: a name in a metric is a name in somebody else's database.</summary>
internal sealed class DockFlareMetrics
{
    public const string MeterName = "DockFlare";

    private static readonly InstrumentAdvice<double> Seconds = new() { HistogramBucketBoundaries = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] };
    private static readonly InstrumentAdvice<double> Ratios = new() { HistogramBucketBoundaries = [0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 10] };

    private readonly Counter<long> calls;
    private readonly Histogram<double> callSeconds;
    private readonly Histogram<double> waitSeconds;
    private readonly Counter<long> changes;
    private readonly Histogram<double> callsPerChange;
    private readonly Counter<long> passes;
    private readonly Histogram<double> passSeconds;
    private IReadOnlyDictionary<RouteState, int> routes = new Dictionary<RouteState, int>();
    private Func<int>? callsLeft;
    private long callsMade;

    public DockFlareMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(MeterName);
        calls = meter.CreateCounter<long>("dockflare.cloudflare.calls", null, "Calls to Cloudflare by area and outcome; 'held' ones were not made.");
        callSeconds = meter.CreateHistogram("dockflare.cloudflare.call.duration", "s", "How long calls to Cloudflare took.", tags: null, Seconds);
        waitSeconds = meter.CreateHistogram("dockflare.cloudflare.wait", "s", "How long calls waited for the budget.", tags: null, Seconds);
        meter.CreateObservableGauge("dockflare.cloudflare.calls.left", () => callsLeft?.Invoke() ?? 0, null, "Calls that may be made now.");
        changes = meter.CreateCounter<long>("dockflare.changes", null, "Changes that were applied.");
        callsPerChange = meter.CreateHistogram("dockflare.pass.calls.per.change", null, "Calls of a pass that changed something, for each of its changes.", tags: null, Ratios);
        passes = meter.CreateCounter<long>("dockflare.passes", null, "Passes by outcome.");
        passSeconds = meter.CreateHistogram("dockflare.pass.duration", "s", "How long passes took.", tags: null, Seconds);
        meter.CreateObservableGauge("dockflare.routes", () => routes.Select(static pair => new Measurement<int>(pair.Value, Tag("state", Word(pair.Key)))), null, "Routes by state.");
    }

    /// <summary>How many calls were made since the start.</summary>
    public long CallsMade => Interlocked.Read(ref callsMade);

    /// <summary>Sets what tells how many calls are left.</summary>
    public void WatchCallsLeft(Func<int> left) => callsLeft = left;

    /// <summary>A call that was made or held.</summary>
    /// <param name="area">dns, access, tunnels or account.</param>
    /// <param name="outcome">ok, refused, limited, failed, timeout or held.</param>
    /// <param name="took">How long it took; null for one that was held.</param>
    public void Called(string area, string outcome, TimeSpan? took)
    {
        calls.Add(1, Tag("area", area), Tag("outcome", outcome));
        if (took is { } span)
        {
            Interlocked.Increment(ref callsMade);
            callSeconds.Record(span.TotalSeconds, Tag("area", area));
        }
    }

    /// <summary>A call waited for the budget.</summary>
    public void Waited(TimeSpan span) => waitSeconds.Record(span.TotalSeconds);

    /// <summary>A pass has ended.</summary>
    /// <param name="outcome">converged, unfinished or failed.</param>
    /// <param name="took">How long it took.</param>
    /// <param name="changed">How many changes it applied.</param>
    /// <param name="made">How many calls it made.</param>
    /// <param name="outcomes">What became of the routes.</param>
    public void Passed(string outcome, TimeSpan took, int changed, long made, IReadOnlyCollection<RouteOutcome> outcomes)
    {
        passes.Add(1, Tag("outcome", outcome));
        passSeconds.Record(took.TotalSeconds);
        if (changed > 0)
        {
            changes.Add(changed);
            callsPerChange.Record((double)made / changed);
        }

        routes = Enum.GetValues<RouteState>().ToDictionary(static state => state, state => outcomes.Count(route => route.State == state));
    }

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    private static string Word(RouteState state) => state.ToString().ToLowerInvariant();
}
