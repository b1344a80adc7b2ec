using DockFlare.Core.Access;
using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;
using DockFlare.Core.Reconciliation;

namespace DockFlare.Core.Existing;

/// <summary>What an account holds and what DockFlare would make of it. Looks, and changes nothing.</summary>
public sealed record ExistingView
{
    /// <summary>Tunnels, each followed by its rules; then records, then applications, then policies. Each kind by name.</summary>
    public EquatableArray<ExistingThing> Things { get; init; }

    /// <summary>What could not be read, in sentences.</summary>
    public EquatableArray<string> Unread { get; init; }

    /// <summary>Describes an account.</summary>
    public static ExistingView Of(ExistingAccount account)
    {
        ArgumentNullException.ThrowIfNull(account);

        var view = new Reader(account);
        return new()
        {
            Things = [.. account.Tunnels.OrderBy(static tunnel => tunnel.Name, StringComparer.Ordinal).ThenBy(static tunnel => tunnel.Id, StringComparer.Ordinal).SelectMany(view.Tunnel),
                .. account.Records.OrderBy(static record => record.Name, StringComparer.Ordinal).ThenBy(static record => record.Id, StringComparer.Ordinal).Select(view.Record),
                .. account.Apps.OrderBy(static app => app.Name, StringComparer.Ordinal).ThenBy(static app => app.Id, StringComparer.Ordinal).Select(view.Application),
                .. account.Policies.OrderBy(static policy => policy.Policy.Name, StringComparer.Ordinal).ThenBy(static policy => policy.Id, StringComparer.Ordinal).Select(view.Policy)],
            Unread = account.Unread,
        };
    }

    /// <summary>The view as text for a terminal.</summary>
    public override string ToString() => ExistingText.Write(this);

    private sealed class Reader(ExistingAccount account)
    {
        private readonly Dictionary<string, ExistingTunnel> tunnels = account.Tunnels.DistinctBy(static tunnel => tunnel.Id, StringComparer.OrdinalIgnoreCase).ToDictionary(static tunnel => tunnel.Id, StringComparer.OrdinalIgnoreCase);
        private readonly Dictionary<string, HashSet<string>> hosts = new(StringComparer.Ordinal);
        private readonly ILookup<string, ObservedApp> appsByDestination = Destinations(account).ToLookup(static pair => pair.Destination, static pair => pair.App, StringComparer.Ordinal);
        private readonly ILookup<string, ObservedApp> appsByHost = Destinations(account).ToLookup(static pair => pair.Destination.Split('/')[0], static pair => pair.App, StringComparer.Ordinal);
        private readonly EquatableArray<ObservedApp> wide = account.Apps.Where(static app => app.Destinations.Any(static destination => destination.Contains('*', StringComparison.Ordinal))).ToEquatableArray();
        private readonly ILookup<string, ObservedRecord> records = account.Records.ToLookup(static record => record.Name, StringComparer.Ordinal);

        public IEnumerable<ExistingThing> Tunnel(ExistingTunnel tunnel)
        {
            yield return new(ExistingKind.Tunnel, tunnel.Name, tunnel.IsOurs ? ExistingOwner.Ours : ExistingOwner.Foreign)
            {
                Id = tunnel.Id,
                CanBeAdopted = tunnel is { IsOurs: false, IsLocal: false },
                Note = tunnel.IsOurs ? null
                    : tunnel.IsLocal ? "It takes its rules from a local file (config_src \"local\"), so DockFlare cannot use it: migrate it in the Cloudflare dashboard first."
                    : "Name it (TUNNEL_NAME, or when an agent is enrolled) to adopt it; everything in it stays.",
            };
            var owned = tunnel.Owned.ToHashSet();
            foreach (var entry in (tunnel.Document?.Entries ?? []).AsEnumerable().Where(static entry => !entry.IsCatchAll))
            {
                yield return Rule(tunnel, entry, owned.Contains(entry.Identity));
            }
        }

        public ExistingThing Record(ObservedRecord record)
        {
            var id = DnsNames.FindTunnelId(record.Content)!;
            var tunnel = tunnels.GetValueOrDefault(id);
            var other = DnsNames.IsMarked(record.Comment, account.Owner) ? null : DnsNames.FindOwner(record.Comment);
            var isOrphan = tunnel is null && account.HasAllTunnels;
            return new(ExistingKind.Record, record.Name, isOrphan ? ExistingOwner.Orphaned : record.IsOwned ? ExistingOwner.Ours : other is not null ? ExistingOwner.OtherInstallation : ExistingOwner.Foreign)
            {
                Id = record.Id,
                Target = record.Content,
                Tunnel = tunnel?.Name,
                CanBeAdopted = !record.IsOwned,
                ReleaseId = record.IsOwned ? Releases.IdOf(record) : null,
                Note = isOrphan ? "Its tunnel does not exist in this account: visitors get an error page."
                    : other is not null ? $"Another installation of DockFlare made it: '{other}'."
                    : tunnel?.Document is not null && !Answers(tunnel, record.Name) ? $"No rule of tunnel '{tunnel.Name}' answers for it: visitors get what the tunnel's last rule says."
                    : null,
            };
        }

        public ExistingThing Application(ObservedApp app)
        {
            var owner = AccessNames.FindTagOwner(app.Tags);
            var isOurs = app.OwnedAs is not null || string.Equals(owner, account.Owner, StringComparison.Ordinal);
            return new(ExistingKind.Application, app.Name, isOurs ? ExistingOwner.Ours : owner is not null ? ExistingOwner.OtherInstallation : ExistingOwner.Foreign)
            {
                Id = app.Id,
                Target = string.Join(", ", app.Destinations),
                ReleaseId = app.OwnedAs is null ? null : Releases.IdOf(app),
                CanBeAdopted = !isOurs && app.Key is { } key && !key.StartsWith("*.", StringComparison.Ordinal),
                Note = isOurs ? app.OwnedAs is null ? "It carries this installation's tag, but the store does not know it: it is taken up when a container asks for its place." : null
                    : owner is not null ? $"Another installation of DockFlare made it: '{owner}'."
                    : app.Key is null ? "It covers more than one route: DockFlare makes one application for each, so this one is not offered for adoption."
                    : null,
            };
        }

        public ExistingThing Policy(ObservedPolicy policy)
        {
            var isOurs = policy.OwnedAs is not null;
            var isShared = policy.AppCount is not { } count || count > account.Apps.Count(app => app.OwnedAs is not null && app.Policies.Any(used => string.Equals(used.Id, policy.Id, StringComparison.Ordinal)));
            return new(ExistingKind.Policy, policy.Policy.Name, isOurs ? ExistingOwner.Ours : ExistingOwner.Foreign)
            {
                Id = policy.Id,
                ReleaseId = isOurs ? Releases.IdOf(policy) : null,
                CanBeAdopted = !isOurs && !isShared && AccessNames.IsPolicy(policy.Policy.Name),
                Note = !isOurs && isShared && AccessNames.IsPolicy(policy.Policy.Name)
                    ? "Applications that are not DockFlare's use it, so it is not offered for adoption: adopt those first."
                    : null,
            };
        }

        private ExistingThing Rule(ExistingTunnel tunnel, IngressEntry entry, bool isOurs)
        {
            var key = IngressOrder.KeyOf(entry.Identity);
            var record = records[key.Host].FirstOrDefault(record => DnsNames.IsTunnelTarget(record.Content, tunnel.Id));
            var protection = Protection(key);
            var written = LabelWriter.Write(entry, [.. RecordLabels(record), .. protection.Labels]);
            var fault = (protection.Fault ?? written.Fault) is { } why ? $"No labels make the same: {why}" : null;
            return new(ExistingKind.Rule, key.ToString(), isOurs ? ExistingOwner.Ours : ExistingOwner.Foreign)
            {
                Target = ServiceText.Redact(entry.Service),
                Tunnel = tunnel.Name,
                Labels = fault is not null ? [] : written.Labels.Select(static label => $"{LabelNames.Prefix}{label.Name}={(label.Name == "service" ? ServiceText.Redact(label.Value) : label.Value)}").ToEquatableArray(),
                ReleaseId = isOurs ? Releases.IdOf(tunnel.Id, entry) : null,
                CanBeAdopted = !isOurs && tunnel is { IsOurs: true, IsLocal: false } && fault is null,
                Note = fault
                    ?? (tunnel.IsLocal ? $"Tunnel '{tunnel.Name}' runs by a local file: this is not what it does."
                    : record is null ? NoteOnRecord(key.Host)
                    : null),
            };
        }

        private string? NoteOnRecord(string host) => account.Zones.Find(host) is { Zone: null } match ? match.Message : $"No record of '{host}' points to this tunnel.";

        private static IEnumerable<WrittenLabel> RecordLabels(ObservedRecord? record)
        {
            if (record is { Proxied: false })
            {
                yield return new("dns.proxied", "false");
            }
        }

        // A rule whose labels would leave out what protects it has none.
        private (IEnumerable<WrittenLabel> Labels, string? Fault) Protection(RuleKey key)
        {
            if (!account.HasAllApps)
            {
                return ([], "the Access applications could not be read, so nobody knows here whether it is protected.");
            }

            var own = key.Path.IsAny || key.Path.IsExpression ? key.Host : key.Host + key.Path.Text;
            if (appsByDestination[own].FirstOrDefault() is { } app)
            {
                return (LabelWriter.Protection(app, key.Host), null);
            }

            if (appsByHost[key.Host].FirstOrDefault() is { } part)
            {
                return ([], $"the Access application '{part.Name}' ({string.Join(", ", part.Destinations)}) covers a part of it.");
            }

            if (AccessCoverage.FindForHost(key.Host, wide, out var domain) is not { } zoneWide)
            {
                return ([], null);
            }

            return account.Zones.Find(key.Host).Zone is { } zone && string.Equals(domain, "*." + zone.Name, StringComparison.Ordinal) && !zoneWide.IsPublic
                ? ([new("access.policy", "default_tld")], null)
                : ([], $"the Access application '{zoneWide.Name}' ({domain}) covers it.");
        }

        private static IEnumerable<(string Destination, ObservedApp App)> Destinations(ExistingAccount account) =>
            account.Apps.SelectMany(static app => app.Destinations.Select(destination => (AccessCoverage.Normalize(destination), app)));

        private bool Answers(ExistingTunnel tunnel, string host)
        {
            if (!hosts.TryGetValue(tunnel.Id, out var answered))
            {
                hosts.Add(tunnel.Id, answered = (tunnel.Document?.Entries ?? []).Where(static entry => !entry.IsCatchAll).Select(static entry => entry.Identity.Hostname).ToHashSet(StringComparer.OrdinalIgnoreCase));
            }

            return answered.Contains(host) || HostPattern.Covering(host).Any(answered.Contains);
        }
    }
}
