using System.Diagnostics.Metrics;
using DockFlare.Core.Ingress;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Reconciliation;
using Microsoft.Extensions.Hosting;

namespace DockFlare.Hosting.Diagnostics;

/// <summary>
/// Measures how long each route takes from the report that first asks for it until a connector proves that it is live. No tag names a host: what one
/// route took is in its log line and in the API.
/// </summary>
internal sealed class StartToLive : IHostedService, IDisposable
{
    public const string InstrumentName = "dockflare.route.start_to_live";
    private readonly Histogram<double> seconds;
    private readonly AgentRegistry registry;
    private readonly PassBoard board;
    private readonly TimeProvider time;
    private readonly Dictionary<DesiredRoute, DateTimeOffset?> routes = new(SameRoute.Comparer);
    private readonly CancellationTokenSource stopping = new();
    private Task watching = Task.CompletedTask;
    private bool isFirst = true;

    public StartToLive(IMeterFactory meters, AgentRegistry registry, PassBoard board, TimeProvider time)
    {
        (this.registry, this.board, this.time) = (registry, board, time);
        seconds = meters.Create(DockFlareMetrics.MeterName).CreateHistogram(
            InstrumentName, "s", "From the report that first asks for a route until a connector runs a configuration that carries it.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] });
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        watching = WatchAsync(stopping.Token);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => stopping.Dispose();

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        await foreach (var pass in board.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            Take(pass);
        }
    }

    /// <summary>Takes a pass: notes what is asked for, and records what has become live.</summary>
    internal void Take(PassSnapshot pass)
    {
        if (pass.Number == 0 || pass.Trouble is not null)
        {
            return;
        }

        var live = pass.Routes.Where(static outcome => outcome.State == RouteState.Live).Select(static outcome => (outcome.Route, outcome.TunnelId)).ToHashSet();
        var added = pass.Applied.OfType<Change.PutIngress>().SelectMany(static put => put.Added).ToHashSet();
        foreach (var route in pass.Desired.Routes)
        {
            if (!routes.TryGetValue(route, out var asked))
            {
                // What was there before this process is not a start.
                routes[route] = asked = isFirst && !added.Contains(RuleIdentity.Of(route.Key)) ? null : registry.ReportedAt(route.Holder.Agent) ?? pass.At;
            }

            if (asked is { } since && live.Contains((route.Key.ToString(), route.TunnelId)))
            {
                seconds.Record(Math.Max(0, (time.GetUtcNow() - since).TotalSeconds));
                routes[route] = null;
            }
        }

        isFirst = false;
        if (routes.Count > pass.Desired.Routes.Count)
        {
            var there = pass.Desired.Routes.ToHashSet(SameRoute.Comparer);
            foreach (var gone in routes.Keys.Where(route => !there.Contains(route)).ToList())
            {
                routes.Remove(gone);
            }
        }
    }

    /// <summary>A route is the same as long as visitors get the same: its rule in its tunnel.</summary>
    private sealed class SameRoute : IEqualityComparer<DesiredRoute>
    {
        public static SameRoute Comparer { get; } = new();

        public bool Equals(DesiredRoute? x, DesiredRoute? y) =>
            x is null || y is null ? ReferenceEquals(x, y) : x.Rule == y.Rule && string.Equals(x.TunnelId, y.TunnelId, StringComparison.Ordinal);

        public int GetHashCode(DesiredRoute obj) => HashCode.Combine(obj.Rule, obj.TunnelId);
    }
}
