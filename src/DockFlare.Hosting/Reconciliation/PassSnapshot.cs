using DockFlare.Core;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Core.Zones;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>What a pass found and did.</summary>
internal sealed record PassSnapshot
{
    /// <summary>Before the first pass.</summary>
    public static PassSnapshot None { get; } = new();

    /// <summary>Which pass this was, from 1.</summary>
    public long Number { get; init; }

    public DateTimeOffset At { get; init; }

    public TimeSpan Duration { get; init; }

    /// <summary>Whether nothing is applied, because there is no token or by the operator's wish; says which.</summary>
    public string? WhyNotApplied { get; init; }

    /// <summary>What keeps the whole pass from going on; null when nothing does.</summary>
    public string? Trouble { get; init; }

    /// <summary>Whether what failed may go better at another try.</summary>
    public bool MayPass { get; init; }

    /// <summary>How long Cloudflare asks to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>How long looking at everything anew has to wait for room in the budget; null when it was not put off.</summary>
    public TimeSpan? ResyncIn { get; init; }

    public DesiredState Desired { get; init; } = new();

    /// <summary>What was applied in this pass.</summary>
    public EquatableArray<Change> Applied { get; init; }

    /// <summary>What is left to do after it: empty when converged.</summary>
    public Plan Remaining { get; init; } = Plan.Empty;

    public EquatableArray<RouteOutcome> Routes { get; init; }

    /// <summary>What could not be applied or read, by host, tunnel or zone.</summary>
    public IReadOnlyDictionary<string, string> Faults { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, ConnectorStatus> Connectors { get; init; } = new Dictionary<string, ConnectorStatus>();

    /// <summary>The configuration version that each tunnel's connector has to run for every rule of ours to be in force, by tunnel id.</summary>
    public IReadOnlyDictionary<string, long> NeededVersions { get; init; } = new Dictionary<string, long>();

    public IReadOnlyList<Zone> Zones { get; init; } = [];

    public bool IsConverged => Number > 0 && Trouble is null && Faults.Count == 0 && Remaining.IsEmpty && WhyNotApplied is null;
}
