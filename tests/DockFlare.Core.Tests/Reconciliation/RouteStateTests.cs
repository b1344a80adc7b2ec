using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Core.Zones;

namespace DockFlare.Tests.Reconciliation;

/// <summary>Where a route stands, by what there is to show for it.</summary>
public sealed class RouteStateTests
{
    private static readonly TunnelAssignment Tunnel = new("id-nas", new("nas"), 1) { Name = "nas" };
    private static readonly DesiredState Desired = DesiredStateBuilder.Build(Tunnel, new(new("nas"), true, 1, [Container()]), new ZoneMap([new("z", "example.com")]));

    private static readonly RouteEvidence Proven = new()
    {
        RulesSince = new Dictionary<string, IReadOnlyDictionary<RuleIdentity, long>> { ["id-nas"] = new Dictionary<RuleIdentity, long> { [new("app.example.com", "")] = 7 } },
        PublishedHosts = new HashSet<string> { "app.example.com" },
        Connectors = new Dictionary<string, ConnectorStatus> { ["id-nas"] = new("id-nas", "2026.8.0", 4, 7) },
    };

    [Fact]
    public void Live_is_what_a_connector_proves() => AssertState(Proven, RouteState.Live, null);

    [Fact]
    public void A_connector_of_an_older_version_proves_nothing() => AssertState(
        Proven with { Connectors = new Dictionary<string, ConnectorStatus> { ["id-nas"] = new("id-nas", null, 4, 6) } },
        RouteState.Pending, "The connector of tunnel 'nas' still runs configuration version 6; version 7 carries the rule.");

    [Fact]
    public void A_connector_without_a_connection_serves_nothing() => AssertState(
        Proven with { Connectors = new Dictionary<string, ConnectorStatus> { ["id-nas"] = new("id-nas", null, 0, 7) } },
        RouteState.Pending, "The connector of tunnel 'nas' has no connection to Cloudflare.");

    [Fact]
    public void Where_connectors_never_tell_a_route_is_unproven() => AssertState(
        Proven with { Connectors = new Dictionary<string, ConnectorStatus>(), SilentTunnels = new HashSet<string> { "id-nas" } },
        RouteState.Unproven, "Routed and published; the connector of tunnel 'nas' does not tell which configuration it runs.");

    [Fact]
    public void A_connector_that_has_not_spoken_yet_is_waited_for() => AssertState(
        Proven with { Connectors = new Dictionary<string, ConnectorStatus>() },
        RouteState.Pending, "Routed and published; the connector of tunnel 'nas' has not said yet which configuration it runs.");

    [Fact]
    public void A_fault_of_the_host_is_shown() => AssertState(
        Proven with { PublishedHosts = new HashSet<string>(), Faults = new Dictionary<string, string> { ["app.example.com"] = "81057: it exists." } },
        RouteState.Blocked, "81057: it exists.");

    [Fact]
    public void A_record_on_its_way_is_said() => AssertState(
        Proven with { PublishedHosts = new HashSet<string>() }, RouteState.Pending, "The rule is written; the DNS record is on its way.");

    private static void AssertState(RouteEvidence evidence, RouteState state, string? reason)
    {
        var outcome = Assert.Single(RouteStates.Settle(Desired, Plan.Empty, evidence));
        Assert.Equal((state, reason), (outcome.State, outcome.Reason));
        Assert.Equal(Desired.Outcomes[0] with { State = state, Reason = reason }, outcome);
    }

    private static ContainerSnapshot Container() => new("1", "app", new Dictionary<string, string>
    {
        ["dockflare.enable"] = "true", ["dockflare.hostname"] = "app.example.com", ["dockflare.service"] = "http://app:80",
    });
}
