using DockFlare.Testing.Access;
using DockFlare.Testing.Tunnels;
using DockFlare.Testing.Wire;

namespace DockFlare.Testing;

/// <summary>Works out what the world can reach.</summary>
internal sealed class ExposureReader(State state, Func<AccountState, AccessEntry, FakeAccessApp> describe)
{
    private const string TunnelSuffix = ".cfargotunnel.com";

    private readonly Dictionary<AccountState, Dictionary<string, AccessEntry>> guards = [];

    public List<FakeExposure> Read()
    {
        var exposures = new List<FakeExposure>();
        foreach (var zone in state.Zones.Values)
        {
            if (zone.Status != "active")
            {
                continue;
            }

            foreach (var host in Hosts(zone))
            {
                if (Resolve(zone, host) is { } tunnel)
                {
                    Add(exposures, zone, host, tunnel);
                }
            }
        }

        return [.. exposures.OrderBy(static exposure => exposure.Host, StringComparer.Ordinal)];
    }

    /// <summary>Every name that has a record, and every name that a rule gives a meaning under a wildcard record.</summary>
    private HashSet<string> Hosts(ZoneState zone)
    {
        var hosts = zone.Records.Names.ToHashSet(StringComparer.Ordinal);
        if (!hosts.Any(static host => host.StartsWith("*.", StringComparison.Ordinal)))
        {
            return hosts;
        }

        var suffix = "." + zone.Name;
        foreach (var rule in state.Tunnels.Values.SelectMany(static tunnel => tunnel.Routing.Rules))
        {
            if (rule.Hostname is { } host && host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                hosts.Add(host.ToLowerInvariant());
            }
        }

        return hosts;
    }

    private TunnelState? Resolve(ZoneState zone, string host)
    {
        for (var name = host; ;)
        {
            var records = zone.Records.OfName(name);
            if (records.Count > 0)
            {
                var target = records.FirstOrDefault(static record => record is { Type: "CNAME", Proxied: true } && record.Content.EndsWith(TunnelSuffix, StringComparison.OrdinalIgnoreCase));
                return target is not null && state.Tunnels.TryGetValue(target.Content[..^TunnelSuffix.Length], out var tunnel) && tunnel.DeletedAt is null && tunnel.AccountId == zone.Account.Id
                    ? tunnel
                    : null;
            }

            var rest = name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name;
            var dot = rest.IndexOf('.', StringComparison.Ordinal);
            if (dot < 0 || rest.Length <= zone.Name.Length)
            {
                return null;
            }

            name = "*." + rest[(dot + 1)..];
        }
    }

    private void Add(List<FakeExposure> exposures, ZoneState zone, string host, TunnelState tunnel)
    {
        foreach (var rule in tunnel.Routing.For(host))
        {
            if (rule.Service.StartsWith("http_status:", StringComparison.Ordinal))
            {
                continue;
            }

            var guard = FindGuard(zone.Account, host);
            exposures.Add(new(host, tunnel.Id, rule.Path, rule.Service, guard is null ? null : describe(zone.Account, guard), tunnel.Connectors.Exists(static connector => connector.IsConnected)) { DemandsToken = rule.DemandsToken });
        }
    }

    /// <summary>The most specific application whose domain is the whole host: itself, else the pattern with the most letters. A <c>*</c> stands for one label or a part of one.</summary>
    private AccessEntry? FindGuard(AccountState account, string host)
    {
        if (!guards.TryGetValue(account, out var byHost))
        {
            guards[account] = byHost = new(StringComparer.OrdinalIgnoreCase);
            foreach (var app in account.Access.Apps.All.Where(static app => app.Text("type") == "self_hosted"))
            {
                foreach (var domain in AppRules.Domains(app.Document))
                {
                    // A domain with a path guards that path only; "/" and "/*" are the whole host.
                    var slash = domain.IndexOf('/', StringComparison.Ordinal);
                    if (slash < 0 || domain[slash..] is "/" or "/*")
                    {
                        byHost[slash < 0 ? domain : domain[..slash]] = app;
                    }
                }
            }
        }

        if (byHost.TryGetValue(host, out var exact))
        {
            return exact;
        }

        return byHost.Where(pair => Covers(pair.Key, host)).OrderByDescending(static pair => pair.Key.Length).ThenBy(static pair => pair.Key, StringComparer.OrdinalIgnoreCase).Select(static pair => pair.Value).FirstOrDefault();
    }

    private static bool Covers(string pattern, string host)
    {
        if (!pattern.Contains('*', StringComparison.Ordinal))
        {
            return false;
        }

        var (left, right) = (pattern.Split('.'), host.Split('.'));
        return left.Length == right.Length && left.Zip(right).All(static pair =>
            pair.First.Split('*') is [var head, var tail]
                ? pair.Second.Length >= head.Length + tail.Length && pair.Second.StartsWith(head, StringComparison.OrdinalIgnoreCase) && pair.Second.EndsWith(tail, StringComparison.OrdinalIgnoreCase)
                : string.Equals(pair.First, pair.Second, StringComparison.OrdinalIgnoreCase));
    }
}
