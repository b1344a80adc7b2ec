using DockFlare.Core.Ingress;
using DockFlare.Core.Protocol;

namespace DockFlare.Core.Reconciliation;

/// <summary>What shows where the routes stand after a pass.</summary>
public sealed record RouteEvidence
{
    /// <summary>Nothing is known.</summary>
    public static RouteEvidence None { get; } = new();

    /// <summary>For each tunnel the configuration version that brought each rule of ours as it is; rules that are not written yet are not in it.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<RuleIdentity, long>> RulesSince { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<RuleIdentity, long>>();

    /// <summary>The hosts that have a record of ours which points to the tunnel that carries them.</summary>
    public IReadOnlySet<string> PublishedHosts { get; init; } = new HashSet<string>();

    /// <summary>What the connectors of each tunnel say of themselves. A tunnel of which nothing is known is not in it.</summary>
    public IReadOnlyDictionary<string, ConnectorStatus> Connectors { get; init; } = new Dictionary<string, ConnectorStatus>();

    /// <summary>The tunnels whose connectors never tell which configuration they run.</summary>
    public IReadOnlySet<string> SilentTunnels { get; init; } = new HashSet<string>();

    /// <summary>What could not be applied, by host or by tunnel name.</summary>
    public IReadOnlyDictionary<string, string> Faults { get; init; } = new Dictionary<string, string>();
}
