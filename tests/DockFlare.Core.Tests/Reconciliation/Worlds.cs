using CsCheck;
using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Core.Zones;

namespace DockFlare.Tests.Reconciliation;

/// <summary>Random worlds, small enough that containers meet at the same hosts.</summary>
internal static class Worlds
{
    private static readonly string[] Agents = ["nas", "pi", "vm"];
    private static readonly string[] Hosts = ["a.example.com", "b.example.com", "*.example.com", "a.b.example.com", "x.other.org", "y.nowhere.net"];
    private static readonly DateTimeOffset Start = new(2026, 8, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Gen<ContainerSnapshot> Container = Gen.Select(
        Gen.Int[0, 5], OneOf(Hosts), OneOf("", "", "/api"), Gen.Int[1, 2], Gen.Int[0, 13], (name, host, path, port, kind) =>
        {
            var labels = new Dictionary<string, string>
            {
                ["dockflare.enable"] = kind == 0 ? "false" : "true",
                ["dockflare.hostname"] = host,
                ["dockflare.service"] = $"http://c{name}:{port}",
            };
            _ = path.Length > 0 && labels.TryAdd("dockflare.path", path);
            _ = kind == 1 && labels.TryAdd("dockflare.access.policy", "authenticate");
            _ = kind == 2 && labels.TryAdd("dockflare.priority", "high");
            _ = kind is 3 or 4 && labels.TryAdd("dockflare.publish_when", "healthy");
            _ = kind == 5 && labels.TryAdd("dockflare.priority", "7");
            _ = kind is 10 or 11 && labels.TryAdd("dockflare.tunnel", "side");
            _ = kind is 8 or 9 && labels.TryAdd("dockflare.access.groups", kind == 8 ? "family" : "staff,family");
            _ = kind is 6 or 7 && labels.TryAdd("com.docker.compose.project", "shop") && labels.TryAdd("com.docker.compose.service", "web");
            return new ContainerSnapshot($"id{name}", $"c{name}", labels) { Health = kind == 3 ? ContainerHealth.Unhealthy : ContainerHealth.Healthy };
        });

    public static readonly Gen<AgentReport> Report = Gen.Select(
        OneOf(Agents), Gen.Int[0, 4], Container.Array[0, 5], (agent, complete, containers) =>
            new AgentReport(new(agent), complete > 0, 1, [.. containers.DistinctBy(container => container.Name)]));

    private static readonly Gen<PlanPolicy> Policy = Gen.Int[0, 9].Select(kind => new PlanPolicy
    {
        Mode = kind switch { 0 => PlanMode.UpsertOnly, 1 => PlanMode.CreateOnly, _ => PlanMode.Sync },
        DeletionsConfirmed = kind > 5,
    });

    /// <summary>What others do at Cloudflare, and what cannot be read of it.</summary>
    public static readonly Gen<Func<World, World>> Edit = Gen.Select(Gen.Int[0, 15], OneOf(Hosts), OneOf(Agents), (kind, host, agent) => (Func<World, World>)(world => kind switch
    {
        0 => world.WithDns(dns => dns.Any(record => record.Name == host) ? dns : [.. dns, new("f4" + host, ZoneOf(host), host, "A", "203.0.113.9"), new("f6" + host, ZoneOf(host), host, "AAAA", "2001:db8::9")]),
        1 => world.WithDns(dns => [.. dns.Select(record => record.Name == host ? record with { Content = "elsewhere.example.net", IsOwned = false } : record)]),
        2 => world.WithDns(dns => [.. dns.Where(record => record.Name != host)]),
        3 => world.WithDns(dns => [.. dns.Select(record => record.Name == host && record.IsOwned ? record with { Proxied = !record.Proxied } : record)]),
        4 => Document(world, "id-" + agent, entries => entries.Any(entry => entry.Identity.Hostname == host) ? entries : [new(new(host, ""), "http://theirs:1"), .. entries]),
        5 => Document(world, "id-" + agent, entries => [.. entries.Select(entry => entry.Identity.Hostname == host ? entry with { Service = "http://edited:1" } : entry)]),
        6 => Document(world, "id-" + agent, entries => [.. entries.Reverse()]),
        7 => world with { Observed = world.Observed with { UnreadZones = [new("z-example", "no")] } },
        8 => world with { Observed = world.Observed with { UnreadTunnels = [new("id-" + agent, "no")] } },
        9 => Regenerate(world, agent),
        10 => world with { Input = world.Input with { Manual = [new(new(new(host, RulePath.Any), "http://manual:1"), "id-" + agent)] } },
        11 => world with { Input = world.Input with { Access = new() { Groups = [Group("family", "aunt@example.com")] } } },
        12 => world.WithAccess(access => access with { Apps = [.. access.Apps.Where(app => !app.Destinations.Contains(host))] }),
        13 => world.WithAccess(access => access.Apps.Any(app => app.Destinations.Contains(host)) ? access : access with { Apps = [.. access.Apps, new("f" + host, "Theirs", "") { Destinations = [host] }] }),
        14 => world.WithAccess(access => access with { Policies = [], Apps = [.. access.Apps.Select(app => app with { Policies = [] })] }),
        _ => world with { Input = world.Input with { Manual = [] } },
    }));

    /// <summary>A world that has been through a few passes.</summary>
    public static readonly Gen<World> Any = Gen.Select(Report.Array[0, 4], Report.Array[0, 4], Edit.Array[0, 4], Policy, Gen.Int[0, 20], (before, now, edits, policy, minutes) =>
    {
        var world = Told(Empty, before).Pass();
        world = Told(world, now);
        world = edits.Aggregate(world, (changed, edit) => edit(changed));
        return world with { Policy = policy, Input = world.Input with { Now = world.Input.Now.AddMinutes(minutes) } };
    });

    /// <summary>One in which operators agreed to some of what they were offered.</summary>
    public static readonly Gen<World> Agreed = Gen.Select(Any, Gen.Int[0, 7]).Select(pair =>
    {
        var world = pair.Item1;
        // What is behind a thing in the way is offered when that is adopted.
        for (var round = 0; round < 3; round++)
        {
            var offered = world.Plan().Held.Select(held => held.AdoptionId).OfType<string>().Where(id => id[0] % 8 >= pair.Item2);
            world = world with { Policy = world.Policy with { Adopted = [.. world.Policy.Adopted, .. offered] } };
        }

        return world;
    });

    public static World Empty => new(
        new ReconcileInput
        {
            Tunnels =
            [
                .. Agents.Select(agent => new TunnelAssignment(agent == "vm" ? TunnelAssignment.Planned("vm") : "id-" + agent, new(agent), 1) { Name = agent }),
                new("id-side", new("nas"), 1) { Name = "side" },
            ],
            Zones = new ZoneMap([new("z-example", "example.com"), new("z-other", "other.org")]),
            Access = new() { Groups = [Group("family", "mum@example.com"), Group("staff", "boss@example.com")] },
            Now = Start,
        },
        ObservedState.Empty,
        PlanPolicy.Default);

    public static World Told(World world, params AgentReport[] reports) => world with
    {
        Input = world.Input with { Reports = [.. world.Input.Reports.Concat(reports).GroupBy(report => report.Agent).Select(group => group.Last())] },
    };

    public static World Readable(World world) => world with { Observed = world.Observed with { UnreadZones = [], UnreadTunnels = [] } };

    private static AccessGroup Group(string id, string email) =>
        new(id) { Policies = [new(AccessDecision.Allow) { Include = [new(AccessSelectorKind.Email, email)] }] };

    public static string ZoneOf(string host) => host.EndsWith("example.com", StringComparison.Ordinal) ? "z-example" : "z-other";

    private static Gen<string> OneOf(params string[] items) => Gen.Int[0, items.Length - 1].Select(i => items[i]);

    /// <summary>The same world with every list in another order.</summary>
    public static World Shuffled(World world, int seed)
    {
        var random = new Random(seed);
        EquatableArray<T> Mix<T>(EquatableArray<T> items) => [.. items.OrderBy(_ => random.Next())];
        return world with
        {
            Input = world.Input with
            {
                Tunnels = Mix(world.Input.Tunnels),
                Held = Mix(world.Input.Held),
                Manual = Mix(world.Input.Manual),
                Reports = Mix<AgentReport>([.. world.Input.Reports.Select(report => report with { Containers = Mix(report.Containers) })]),
                Readings = new LabelReadings(),
            },
            Observed = world.Observed with
            {
                Dns = Mix(world.Observed.Dns),
                Agents = Mix(world.Observed.Agents),
                Tunnels = Mix<ObservedTunnel>([.. world.Observed.Tunnels.Select(tunnel => tunnel with { Owned = Mix(tunnel.Owned) })]),
                UnreadTunnels = Mix(world.Observed.UnreadTunnels),
            },
        };
    }

    private static World Document(World world, string id, Func<EquatableArray<IngressEntry>, EquatableArray<IngressEntry>> change) => world with
    {
        Observed = world.Observed with
        {
            Tunnels = [.. world.Observed.Tunnels.Select(tunnel => tunnel.TunnelId == id ? tunnel with { Document = new() { Entries = change(tunnel.Document.Entries), Unknown = tunnel.Document.Unknown } } : tunnel)],
        },
    };

    private static World Regenerate(World world, string agent) => world with
    {
        Input = world.Input with { Tunnels = [.. world.Input.Tunnels.Select(tunnel => tunnel.Name == agent ? tunnel with { Generation = tunnel.Generation + 1 } : tunnel)] },
    };
}
