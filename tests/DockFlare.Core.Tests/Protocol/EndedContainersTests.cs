using DockFlare.Core.Commands;
using DockFlare.Core.Ingress;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;

namespace DockFlare.Core.Tests.Protocol;

/// <summary>What an incomplete report does to routes that are held.</summary>
public sealed class EndedContainersTests
{
    private static readonly AgentId Nas = new("nas");
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static DesiredRoute Route(string workload) => new(
        new(new($"{workload}.example.com", RulePath.Any), "http://origin"), "t1", "z1", new(Nas, workload, RouteSource.Label));

    [Fact]
    public void An_incomplete_report_starts_the_grace_of_what_its_agent_said_has_stopped_and_of_nothing_else()
    {
        var report = new AgentReport(Nas, IsComplete: false, 0, []) { Ended = [new("aaaaaaaaaaaa", "blog", LabelMap.Empty)] };

        var desired = DesiredStateBuilder.Build(new ReconcileInput
        {
            Tunnels = [new("t1", Nas, 1)],
            Reports = [report],
            Zones = new([new("z1", "example.com")]),
            Held = [Route("blog"), Route("wiki")],
            Now = Now,
        });

        Assert.Equal([Route("blog") with { GoneSince = Now }, Route("wiki")], desired.Routes);
    }
}
