using BenchmarkDotNet.Attributes;
using DockFlare.Core;
using DockFlare.Core.Commands;
using DockFlare.Core.Ingress;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Core.Zones;

namespace DockFlare.Benchmarks;

/// <summary>A pass with nothing to do, from reports to an empty plan and settled routes: one labelled container for each rule, ten zones.</summary>
[MemoryDiagnoser]
public class PlanBenchmarks
{
    private ReconcileInput input = new();
    private ObservedState observed = ObservedState.Empty;
    private DesiredState desired = new();
    private Plan plan = Plan.Empty;
    private RouteEvidence evidence = RouteEvidence.None;

    [Params(100, 1_000, 10_000, 100_000)]
    public int Rules { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var tunnel = new TunnelAssignment("6ff42ae2-765d-4adf-8112-31c55c1551ef", new("nas"), 1) { Name = "nas" };
        input = new()
        {
            Tunnels = [tunnel],
            Reports = [new AgentReport(new("nas"), IsComplete: true, TunnelGeneration: 1, Enumerable.Range(0, Rules).Select(Container).ToEquatableArray())],
            Zones = new ZoneMap(Enumerable.Range(0, 10).Select(static zone => new Zone($"z{zone}", $"example{zone}.com"))),
            Readings = new LabelReadings(),
            Now = DateTimeOffset.UnixEpoch,
        };
        desired = DesiredStateBuilder.Build(input);
        input = input with { Held = desired.Routes };

        var owned = desired.Routes.Select(static route => RuleIdentity.Of(route.Key)).ToEquatableArray();
        observed = new()
        {
            Tunnels = [new ObservedTunnel(tunnel.TunnelId, IngressDocument.FromRules([.. desired.Routes.Select(static route => route.Rule)]), 1) { Owned = owned }],
            Dns = desired.Dns.Select(static record => new ObservedRecord($"r-{record.Name}", record.ZoneId, record.Name, "CNAME", record.Content) { Proxied = true, Comment = "dockflare:me", IsOwned = true }).ToEquatableArray(),
            Agents = [new ObservedAgent(new("nas"), 1, tunnel.TunnelId)],
        };
        evidence = new()
        {
            RulesSince = new Dictionary<string, IReadOnlyDictionary<RuleIdentity, long>> { [tunnel.TunnelId] = owned.ToDictionary(static rule => rule, static _ => 1L) },
            PublishedHosts = desired.Dns.Select(static record => record.Name).ToHashSet(),
            Connectors = new Dictionary<string, ConnectorStatus> { [tunnel.TunnelId] = new(tunnel.TunnelId, "2026.8.0", 4, 1) },
        };
        plan = Planner.Compute(DesiredStateBuilder.Build(input), observed, owner: "me");
        if (!plan.IsEmpty)
        {
            throw new InvalidOperationException($"There is something to do:\n{plan}");
        }
    }

    /// <summary>The claims of unchanged containers are parsed already.</summary>
    [Benchmark(Baseline = true)]
    public Plan Idle() => Planner.Compute(DesiredStateBuilder.Build(input), observed, owner: "me");

    /// <summary>Every label is parsed, as after a start.</summary>
    [Benchmark]
    public Plan Cold() => Planner.Compute(DesiredStateBuilder.Build(input with { Readings = null }), observed, owner: "me");

    /// <summary>Where each route stands, which every pass says too.</summary>
    [Benchmark]
    public EquatableArray<RouteOutcome> Settle() => RouteStates.Settle(desired, plan, evidence);

    private static ContainerSnapshot Container(int number) => new($"{number:x12}", $"app{number}", new Dictionary<string, string>
    {
        ["com.docker.compose.project"] = $"project{number}",
        ["com.docker.compose.service"] = "web",
        ["dockflare.enable"] = "true",
        ["dockflare.hostname"] = $"app{number}.example{number % 10}.com",
        ["dockflare.service"] = $"http://app{number}:8080",
    });
}
