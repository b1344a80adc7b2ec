using DockFlare.Core.Access;
using DockFlare.Core.Commands;
using DockFlare.Core.Labels;
using DockFlare.Core.Protocol;
using DockFlare.Core.Zones;

namespace DockFlare.Core.Reconciliation;

/// <summary>All that the desired state is built from.</summary>
public sealed record ReconcileInput
{
    /// <summary>The tunnels and whose they are. An agent without one publishes nothing.</summary>
    public EquatableArray<TunnelAssignment> Tunnels { get; init; }

    /// <summary>The newest report of each agent that may publish. An agent that has none, or is not here, keeps the routes it holds.</summary>
    public EquatableArray<AgentReport> Reports { get; init; }

    /// <summary>What each agent may claim; one that is not here may what <see cref="AgentAuthority.Default"/> says.</summary>
    public IReadOnlyDictionary<AgentId, AgentAuthority> Authorities { get; init; } = new Dictionary<AgentId, AgentAuthority>();

    /// <summary>Hosts whose end an operator asked for, such as those of an agent that is removed: no brake holds them back.</summary>
    public EquatableArray<string> Ended { get; init; }

    /// <summary>What operators wrote.</summary>
    public EquatableArray<ManualRoute> Manual { get; init; }

    /// <summary>The zones of the account.</summary>
    public ZoneMap Zones { get; init; } = ZoneMap.Empty;

    /// <summary>The zone to use when detection finds none and it contains the host.</summary>
    public string? FallbackZoneId { get; init; }

    /// <summary>What the names in <c>access.*</c> labels can mean.</summary>
    public AccessCatalog Access { get; init; } = AccessCatalog.Empty;

    /// <summary>The zones that operators want protected as a whole.</summary>
    public EquatableArray<ZoneDefault> ZoneDefaults { get; init; }

    /// <summary>The routes of the last pass: who holds which key, and since when nobody claims it.</summary>
    public EquatableArray<DesiredRoute> Held { get; init; }

    /// <summary>Now.</summary>
    public DateTimeOffset Now { get; init; }

    /// <summary>How long a route is kept that nobody claims any more. Default 10 minutes.</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How labels are read.</summary>
    public LabelOptions Labels { get; init; } = new();

    /// <summary>Remembers what was read from containers that did not change; may be null.</summary>
    public LabelReadings? Readings { get; init; }
}
