using CsCheck;
using DockFlare.Core;
using DockFlare.Core.Ingress;
using DockFlare.Core.Reconciliation;

namespace DockFlare.Tests.Reconciliation;

/// <summary>What holds for every plan, whatever the world it is made in.</summary>
public sealed class PlanProperties
{
    [Fact]
    public void Equal_inputs_in_any_order_give_equal_plans() =>
        Gen.Select(Worlds.Agreed, Gen.Int).Sample(
            (world, seed) =>
            {
                var other = Worlds.Shuffled(world, seed);
                Assert.Equal(world.Desired(), other.Desired());
                Assert.Equal(world.Plan(), other.Plan());
            },
            iter: Samples.Of(2_000, 50_000), threads: 1);

    [Fact]
    public void Remembering_readings_changes_nothing() =>
        Worlds.Any.Sample(
            world =>
            {
                var readings = new LabelReadings();
                var remembering = world with { Input = world.Input with { Readings = readings } };
                Assert.Equal(world.Desired(), remembering.Desired());
                Assert.Equal(world.Desired(), remembering.Desired());
                var later = remembering.Pass();
                Assert.Equal((later with { Input = later.Input with { Readings = null } }).Desired(), later.Desired());
            },
            iter: Samples.Of(2_000, 50_000), threads: 1);

    [Fact]
    public void An_applied_plan_leaves_nothing_to_plan() =>
        Worlds.Agreed.Sample(
            world =>
            {
                var plan = world.Plan();
                for (var round = 0; round < 5 && !plan.IsEmpty; round++)
                {
                    world = Model.Apply(world, plan);
                    plan = world.Plan();
                }

                Assert.True(plan.IsEmpty, plan.ToString());
            },
            iter: Samples.Of(2_000, 50_000), threads: 1);

    [Fact]
    public void What_is_not_ours_is_the_same_before_and_after() =>
        Worlds.Any.Sample(world => Assert.Equal(Foreign(world), Foreign(Model.Apply(world, world.Plan()))), iter: Samples.Of(2_000, 50_000), threads: 1);

    [Fact]
    public void Only_what_an_operator_agreed_to_becomes_ours() =>
        Worlds.Agreed.Sample(
            world =>
            {
                var plan = world.Plan();
                var adopted = plan.Changes.Select(change => change switch
                {
                    Change.AdoptDns adopt => adopt.Observed.ToString(),
                    Change.AdoptRule adopt => $"{adopt.Tunnel.TunnelId} {adopt.Observed}",
                    _ => null,
                }).ToHashSet();
                var after = Foreign(Model.Apply(world, plan)).Split('\n');
                Assert.All(Foreign(world).Split('\n').Where(thing => !adopted.Contains(thing)), thing => Assert.Contains(thing, after));
                Assert.All(plan.Changes.Where(change => change.AdoptionId is not null), change => Assert.Contains(change.AdoptionId, world.Policy.Adopted));
            },
            iter: Samples.Of(2_000, 50_000), threads: 1);

    [Fact]
    public void No_step_of_a_plan_opens_a_route_that_asks_for_protection() =>
        Worlds.Agreed.Sample(
            world =>
            {
                world = Worlds.Readable(world);
                var open = Open(world);
                for (var plan = world.Plan(); !plan.IsEmpty; plan = world.Plan())
                {
                    foreach (var change in Model.Stage(plan))
                    {
                        world = Model.Apply(world, change);
                        var now = Open(world);
                        Assert.True(now.IsSubsetOf(open), $"{change.Describe()} opens {string.Join(", ", now.Except(open))}:\n{plan}");
                        open = now;
                    }
                }

                Assert.Empty(open);
            },
            iter: Samples.Of(2_000, 50_000), threads: 1);

    [Fact]
    public void Phases_come_in_order() =>
        Worlds.Agreed.Sample(
            world =>
            {
                var phases = world.Plan().Changes.Select(change => change.Phase).ToList();
                Assert.Equal(phases.Order(), phases);
            },
            iter: Samples.Of(2_000, 50_000), threads: 1);

    [Fact]
    public void A_record_never_points_to_a_tunnel_that_does_not_route_it_while_a_plan_is_applied() =>
        Worlds.Agreed.Sample(
            world =>
            {
                world = Worlds.Readable(world);
                var unrouted = Unrouted(world);
                foreach (var change in Steps(world.Plan()))
                {
                    world = Model.Apply(world, change);
                    var now = Unrouted(world);
                    Assert.True(now.IsSubsetOf(unrouted), $"{string.Join(", ", now)} after {change.Describe()}");
                    unrouted = now;
                }
            },
            iter: Samples.Of(2_000, 50_000), threads: 1);

    [Fact]
    public void A_host_that_is_served_before_and_after_is_served_at_every_step_between() =>
        Worlds.Agreed.Sample(
            world =>
            {
                world = Worlds.Readable(world);
                var plan = world.Plan();
                var always = Served(world);
                always.IntersectWith(Served(Steps(plan).Aggregate(world, Model.Apply)));
                foreach (var change in Steps(plan))
                {
                    world = Model.Apply(world, change);
                    Assert.True(always.IsSubsetOf(Served(world)), $"not served after {change.Describe()}: {string.Join(", ", always.Except(Served(world)))}");
                }
            },
            iter: Samples.Of(2_000, 50_000), threads: 1);

    [Fact]
    public void A_walk_through_time_keeps_every_promise() =>
        Step.Array[Samples.AreAll ? 2_000 : 25].Sample(Walk, iter: Samples.Of(150, 20), threads: 1);

    private static Gen<(int Kind, Core.Protocol.AgentReport Report, Func<World, World> Edit)> Step =>
        Gen.Select(Gen.Int[0, 9], Worlds.Report, Worlds.Edit);

    private static void Walk((int Kind, Core.Protocol.AgentReport Report, Func<World, World> Edit)[] steps)
    {
        var world = Worlds.Empty.Pass() with { Policy = PlanPolicy.Default with { DeletionsConfirmed = true } };
        world = world with { Input = world.Input with { Readings = new LabelReadings() } };
        foreach (var (kind, report, edit) in steps)
        {
            world = Worlds.Readable(world);
            var before = world.Desired().Routes;
            world = kind switch
            {
                0 or 1 => edit(world),
                2 => world with { Input = world.Input with { Reports = [.. world.Input.Reports.Where(other => other.Agent != report.Agent)] } },
                3 => world with { Input = world.Input with { Now = world.Input.Now.AddMinutes(4) } },
                _ => Worlds.Told(world, report),
            };
            AssertKept(before, world, kind, report);

            var foreign = Foreign(world);
            world = world.Pass();
            Assert.Equal(foreign, Foreign(world));
            Assert.Equal(world.Input.Held, world.Desired().Routes);
            Assert.True(world.Plan().IsEmpty, world.Plan().ToString());
            var plain = world with { Input = world.Input with { Readings = null } };
            Assert.Equal(plain.Desired(), world.Desired());
        }
    }

    // Silence and incomplete reports end nothing that is not closed for safety, or that its own holder does not ask for through another tunnel.
    private static void AssertKept(EquatableArray<DesiredRoute> before, World world, int kind, Core.Protocol.AgentReport report)
    {
        if (kind != 2 && (kind < 4 || report.IsComplete))
        {
            return;
        }

        var desired = world.Desired();
        var keys = desired.Routes.Select(route => route.Key).ToHashSet();
        var closed = desired.Outcomes.Where(outcome => outcome.State == RouteState.Blocked).Select(outcome => outcome.Host).ToHashSet();
        foreach (var route in before.Where(route => route.Holder.Agent == report.Agent && !closed.Contains(route.Key.Host)))
        {
            Assert.True(keys.Contains(route.Key) || desired.Outcomes.Any(outcome => IsRefusedMove(outcome, route)), $"{route.Key} of {route.Holder} ended");
        }
    }

    private static bool IsRefusedMove(RouteOutcome outcome, DesiredRoute route) =>
        outcome is { State: RouteState.Conflict, Source: RouteSource.Label } && outcome.Route == route.Key.ToString() && outcome.Agent == route.Holder.Agent && outcome.TunnelId != route.TunnelId;

    private static IEnumerable<Change> Steps(Plan plan) =>
        plan.Changes.Any(change => change is Change.CreateTunnel) ? plan.Changes.Where(change => change is Change.CreateTunnel) : plan.Changes;

    private static HashSet<string> Served(World world) =>
        [.. world.Observed.Dns.Where(record => record.IsOwned && Routes(world, record)).Select(record => record.Name)];

    private static HashSet<string> Unrouted(World world) =>
        [.. world.Observed.Dns.Where(record => record.IsOwned && !Routes(world, record)).Select(record => record.Name)];

    private static bool Routes(World world, ObservedRecord record) =>
        world.Observed.Tunnels.Any(tunnel => DnsNames.TunnelTarget(tunnel.TunnelId) == record.Content && tunnel.Document.Entries.Any(entry => entry.Identity.Hostname == record.Name));

    // Routed and published, and no application of ours with a policy answers for it.
    private static HashSet<string> Open(World world)
    {
        var desired = world.Desired();

        // A visitor comes to the tunnel that the record points to; a rule that another one carries answers nobody.
        var published = world.Observed.Dns.Where(record => record.IsOwned).ToLookup(record => record.Name, record => record.Content);
        var reached = world.Observed.Tunnels.SelectMany(tunnel => tunnel.Owned.Where(rule =>
            tunnel.Document.Positions.ContainsKey(rule) && published[rule.Hostname].Any(content => DnsNames.IsTunnelTarget(content, tunnel.TunnelId)))).ToHashSet();
        var guarded = (world.Observed.Access?.Apps ?? []).Where(app => !app.Policies.IsEmpty).Select(app => app.OwnedAs).ToHashSet();
        return [.. desired.Routes
            .Where(route => route.Access is not null && reached.Contains(RuleIdentity.Of(route.Key)) && !guarded.Contains(route.Key.ToString()))
            .Select(route => route.Key.ToString())];
    }

    private static string Foreign(World world) => string.Join('\n',
        world.Observed.Dns.Where(record => !record.IsOwned).OrderBy(record => record.Id, StringComparer.Ordinal).Select(record => record.ToString())
            .Concat(world.Observed.Tunnels.OrderBy(tunnel => tunnel.TunnelId, StringComparer.Ordinal).SelectMany(tunnel => tunnel.Document.Entries
                .Where(entry => !entry.IsCatchAll && !tunnel.Owned.Contains(entry.Identity)).Select(entry => $"{tunnel.TunnelId} {entry}"))));
}
