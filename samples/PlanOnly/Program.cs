// What would DockFlare do for a compose file? DockFlare.Core alone: no host, no network, no DI.
//   dotnet run --project samples/PlanOnly [-- compose.yaml [zone…]]
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Core.Zones;
using PlanOnly;

var file = args is [var path, ..] ? path : Path.Combine(AppContext.BaseDirectory, "compose.yaml");
var zoneNames = args.Length > 1 ? args[1..] : ["example.com"];

var report = new AgentReport(new("nas"), IsComplete: true, TunnelGeneration: 0, ComposeFile.Read(File.ReadAllText(file)));
var tunnel = new TunnelAssignment(TunnelAssignment.Planned("nas"), report.Agent, Generation: 1) { Name = "nas" };
var zones = new ZoneMap(zoneNames.Select(name => new Zone(name, name)));

var desired = DesiredStateBuilder.Build(tunnel, report, zones);

foreach (var outcome in desired.Outcomes)
{
    Console.WriteLine($"{outcome.State,-9} {outcome.Route}{(outcome.Reason is null ? "" : $": {outcome.Reason}")}");
}

Console.WriteLine();
Console.Write(Planner.Compute(desired, ObservedState.Empty));
