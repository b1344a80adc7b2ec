using System.Globalization;
using System.Text;
using DockFlare.Core;
using DockFlare.Core.Commands;
using DockFlare.Core.Ingress;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Core.Zones;

namespace DockFlare.Tests.Reconciliation;

/// <summary>
/// Reads a world from text, one thing on a line. A line that begins with <c>then</c> applies the plan of what stands above and remembers its routes,
/// as a pass does; what follows changes the world. See the cases for the words.
/// </summary>
internal sealed class CaseWorld
{
    private static readonly DateTimeOffset Start = new(2026, 8, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly List<Zone> zones = [];
    private readonly SortedDictionary<string, AgentReport> reports = new(StringComparer.Ordinal);
    private World world = new(new ReconcileInput { Now = Start }, ObservedState.Empty, PlanPolicy.Default);

    public static string Render(string input)
    {
        var text = new StringBuilder();
        var reader = new CaseWorld();
        foreach (var line in input.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!line.StartsWith('#'))
            {
                reader.Take(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            }
        }

        var desired = reader.world.Desired();
        text.Append(Planner.Compute(desired, reader.world.Observed, reader.world.Policy, Model.Owner));
        foreach (var outcome in RouteStates.Settle(desired, reader.world.Plan(), RouteEvidence.None))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{outcome.State.ToString().ToLowerInvariant()} {outcome.Route}");
            text.Append(outcome.Service is null ? "" : $" -> {outcome.Service}");
            text.Append(outcome.Source == RouteSource.Manual ? " (manual)" : $" ({outcome.Container} on {outcome.Agent})");
            text.Append(outcome.Reason is null ? "" : $"\n  {outcome.Reason}");
            foreach (var note in outcome.Notes)
            {
                text.Append(CultureInfo.InvariantCulture, $"\n  note: {note}");
            }
        }

        return text.ToString();
    }

    private void Take(string[] words)
    {
        var input = world.Input;
        switch (words)
        {
            case ["then"]:
                world = world.Pass();
                break;
            case ["zone", var name]:
                zones.Add(new("zone-" + name, name));
                world = world with { Input = input with { Zones = new(zones) } };
                break;
            case ["no-zone", var name]:
                zones.RemoveAll(zone => zone.Name == name);
                world = world with { Input = input with { Zones = new(zones) } };
                break;
            case ["tunnel", var name, "for", var agent, .. var more]:
                AddTunnel(name, agent, more);
                break;
            case ["no-tunnel", var name]:
                world = world with { Input = input with { Tunnels = [.. input.Tunnels.Where(tunnel => tunnel.Name != name)] } };
                break;
            case ["container", var place, .. var labels]:
                AddContainer(place.Split('@'), labels);
                break;
            case ["gone", var place]:
                Report(place.Split('@')[1], report => report with { Containers = [.. report.Containers.Where(container => container.Name != place.Split('@')[0])] });
                break;
            case ["ended", var place]:
                var (ended, on) = (place.Split('@')[0], place.Split('@')[1]);
                Report(on, report => report with
                {
                    Containers = [.. report.Containers.Where(container => container.Name != ended)],
                    Ended = [.. report.Ended, .. report.Containers.Where(container => container.Name == ended)],
                });
                break;
            case ["incomplete", var agent]:
                Report(agent, report => report with { IsComplete = false, Containers = [] });
                break;
            case ["incomplete-too", var agent]:
                Report(agent, report => report with { IsComplete = false });
                break;
            case ["silent", var agent]:
                reports.Remove(agent);
                world = world with { Input = input with { Reports = [.. reports.Values] } };
                break;
            case ["manual", var route, var service, "on", var tunnel]:
                world = world with { Input = input with { Manual = [.. input.Manual, new(new(Key(route), service), TunnelId(tunnel))] } };
                break;
            case ["manual-off"]:
                world = world with { Input = input with { Manual = [] } };
                break;
            case ["wait", var minutes]:
                world = world with { Input = input with { Now = input.Now.AddMinutes(int.Parse(minutes, CultureInfo.InvariantCulture)) } };
                break;
            case ["authority", var agent, .. var rest]:
                world = world with { Input = input with { Authorities = new Dictionary<AgentId, AgentAuthority>(input.Authorities) { [new(agent)] = AgentAuthority.Parse(string.Join(' ', rest)) } } };
                break;
            case ["operator-ends", .. var hosts]:
                world = world with { Input = input with { Ended = [.. hosts] } };
                break;
            case ["fallback", var zone]:
                world = world with { Input = input with { FallbackZoneId = "zone-" + zone } };
                break;
            default:
                Observe(words);
                break;
        }
    }

    private void Observe(string[] words)
    {
        var observed = world.Observed;
        switch (words)
        {
            case ["record", var name, var type, var content, .. var more]:
                var zone = zones.Where(zone => name.EndsWith(zone.Name, StringComparison.Ordinal)).MaxBy(zone => zone.Name.Length)!;
                world = world.WithDns(dns => [.. dns, new($"x{dns.Count}", zone.Id, name, type, content) { Proxied = true, IsOwned = more.Contains("ours"), Comment = more.Contains("ours") || more.Contains("marked") ? "dockflare:me" : more.Contains("theirs") ? "dockflare:them since May" : null }]);
                break;
            case ["repoint", var name, var content]:
                world = world.WithDns(dns => [.. dns.Select(record => record.Name == name ? record with { Content = content, IsOwned = false } : record)]);
                break;
            case ["edit-record", var name]:
                world = world.WithDns(dns => [.. dns.Select(record => record.Name == name ? record with { Proxied = !record.Proxied } : record)]);
                break;
            case ["lose-record", var name]:
                world = world.WithDns(dns => [.. dns.Where(record => record.Name != name)]);
                break;
            case ["foreign-rule", var tunnel, var host, var service]:
                Document(tunnel, entries => [new(new(host, ""), service), .. entries]);
                break;
            case ["edit-rule", var tunnel, var host, var service]:
                Document(tunnel, entries => [.. entries.Select(entry => entry.Identity.Hostname == host ? entry with { Service = service } : entry)]);
                break;
            case ["unread-zone", var name]:
                world = world with { Observed = observed with { UnreadZones = [new("zone-" + name, "Cloudflare says: 10000 Authentication error.")], Dns = [.. observed.Dns.Where(record => record.ZoneId != "zone-" + name)] } };
                break;
            case ["unread-tunnel", var name]:
                world = world with { Observed = observed with { UnreadTunnels = [new(TunnelId(name), "Cloudflare says: 1034 Unauthorized.")], Tunnels = [.. observed.Tunnels.Where(tunnel => tunnel.TunnelId != TunnelId(name))] } };
                break;
            case ["agent", var agent, "runs", var generation, .. var commands]:
                world = world with { Observed = observed with { Agents = [.. observed.Agents.Where(other => other.Agent.Value != agent), new(new(agent), long.Parse(generation, CultureInfo.InvariantCulture), null) { Commands = [.. commands.Select(id => new AgentCommand.StopTunnel(new(id)))] }] } };
                break;
            case ["policy", var mode]:
                world = world with { Policy = world.Policy with { Mode = mode switch { "upsert-only" => PlanMode.UpsertOnly, "create-only" => PlanMode.CreateOnly, _ => throw new ArgumentException(mode) } } };
                break;
            case ["adopt"]:
                world = world with { Policy = world.Policy with { Adopted = [.. world.Policy.Adopted, .. world.Plan().Held.Select(held => held.AdoptionId).OfType<string>()] } };
                break;
            case ["confirmed"]:
                world = world with { Policy = world.Policy with { DeletionsConfirmed = true } };
                break;
            default:
                throw new ArgumentException("A case says: " + string.Join(' ', words));
        }
    }

    private void AddTunnel(string name, string agent, string[] more)
    {
        var isPlanned = more.Contains("planned");
        var id = isPlanned ? TunnelAssignment.Planned(name) : "id-" + name;
        var assignment = new TunnelAssignment(id, agent == "nobody" ? default : new(agent), 1) { Name = name, IsExternal = more.Contains("external") };
        world = world with { Input = world.Input with { Tunnels = [.. world.Input.Tunnels, assignment] } };
        if (!isPlanned && !more.Contains("idle"))
        {
            world = world with { Observed = world.Observed with { Agents = [.. world.Observed.Agents, new(new(agent), 1, id)] } };
        }
    }

    private void AddContainer(string[] place, string[] words)
    {
        var labels = new Dictionary<string, string> { ["dockflare.enable"] = "true" };
        var (id, health) = (place[0], ContainerHealth.None);
        foreach (var word in words)
        {
            var at = word.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = (word[..at], word[(at + 1)..]);
            switch (key)
            {
                case "id":
                    id = value;
                    break;
                case "health":
                    health = Enum.Parse<ContainerHealth>(value, ignoreCase: true);
                    break;
                case "compose":
                    labels["com.docker.compose.project"] = value.Split('/')[0];
                    labels["com.docker.compose.service"] = value.Split('/')[1];
                    break;
                default:
                    labels["dockflare." + key] = value;
                    break;
            }
        }

        var container = new ContainerSnapshot(id, place[0], labels) { Health = health, Networks = [new("cloudflare-net", "172.18.0.5")], Ports = [80] };
        Report(place[1], report => report with { IsComplete = true, Containers = [.. report.Containers.Where(other => other.Name != place[0]), container] });
    }

    private void Report(string agent, Func<AgentReport, AgentReport> change)
    {
        reports[agent] = change(reports.GetValueOrDefault(agent) ?? new(new(agent), true, 1, []));
        world = world with { Input = world.Input with { Reports = [.. reports.Values] } };
    }

    private void Document(string name, Func<EquatableArray<IngressEntry>, EquatableArray<IngressEntry>> change)
    {
        var id = TunnelId(name);
        var there = world.Observed.Tunnels.FirstOrDefault(tunnel => tunnel.TunnelId == id) ?? new(id, IngressDocument.FromRules([]), 1);
        var changed = there with { Document = new() { Entries = change(there.Document.Entries), Unknown = there.Document.Unknown } };
        world = world with { Observed = world.Observed with { Tunnels = [.. world.Observed.Tunnels.Where(tunnel => tunnel.TunnelId != id), changed] } };
    }

    private string TunnelId(string name) => world.Input.Tunnels.FirstOrDefault(tunnel => tunnel.Name == name)?.TunnelId ?? "id-" + name;

    private static RuleKey Key(string route) =>
        route.IndexOf('/', StringComparison.Ordinal) is > 0 and var at ? new(route[..at], RulePath.Prefix(route[at..])) : new(route, RulePath.Any);
}
