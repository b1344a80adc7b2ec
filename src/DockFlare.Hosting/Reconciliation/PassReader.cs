using DockFlare.Core;
using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;
using DockFlare.Core.Reconciliation;
using DockFlare.Core.Zones;
using DockFlare.Hosting.Cloudflare;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>The looking half of a pass: what should be, by what agents report and operators wrote, and what is. It changes nothing at Cloudflare.</summary>
internal sealed partial class PassReader(
    CloudflareSide cloudflare, AgentView agents, TunnelStore tunnels, ManualRouteStore manual, IOptions<MasterOptions> options, LabelOptions labels, TimeProvider time, ILogger<PassReader> logger)
{
    private const string AccessUnread = "access";
    private readonly LabelReadings readings = new();

    /// <summary>Reads the store, once.</summary>
    public async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        await agents.LoadAsync(cancellationToken).ConfigureAwait(false);
        await manual.LoadAsync(cancellationToken).ConfigureAwait(false);
        await cloudflare.Access.LoadAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What should be if each host's last two labels were a zone: nothing is read.</summary>
    public DesiredState WithoutCloudflare()
    {
        var assignments = agents.Assignments();
        var hosts = DesiredStateBuilder.Build(Input(assignments, ZoneMap.Empty)).Outcomes.Select(static outcome => outcome.Host).OfType<string>();
        return DesiredStateBuilder.Build(Input(assignments, new ZoneMap(hosts.Select(LastTwoLabels).Distinct(StringComparer.Ordinal).Select(static name => new Zone(name, name)))));
    }

    /// <summary>Reads what is not remembered, or everything anew, and says what should be. The plan between the two is not in the answer.</summary>
    public async Task<PassLook> LookAsync(AccountView account, string owner, bool refresh, Dictionary<string, ApplyFault> unmade, CancellationToken cancellationToken)
    {
        var assignments = agents.Assignments();
        agents.Publish(assignments);
        var desired = DesiredStateBuilder.Build(Input(assignments, account.Zones));
        var zoneIds = desired.Dns.Select(static record => record.ZoneId).Concat(tunnels.All.SelectMany(static record => record.ZoneIds)).Distinct(StringComparer.Ordinal).ToList();
        var tunnelIds = assignments.Where(static tunnel => !tunnel.IsPlanned).Select(static tunnel => tunnel.TunnelId).Distinct(StringComparer.Ordinal).ToList();
        cloudflare.Observer.DoubtOutrun(agents.Connectors());
        var unread = await cloudflare.Observer.ReadAsync(account.AccountId, zoneIds, tunnelIds, refresh, cancellationToken).ConfigureAwait(false);
        if (await cloudflare.Access.ReadAsync(account.AccountId, desired, refresh, cancellationToken).ConfigureAwait(false) is { } accessFault)
        {
            unread[AccessUnread] = accessFault;
        }

        if (cloudflare.Access.IsInUse)
        {
            // Names of identity providers have a meaning only now.
            desired = DesiredStateBuilder.Build(Input(assignments, account.Zones));
        }

        if (await cloudflare.Access.ReadTeamAsync(account.AccountId, desired, cancellationToken).ConfigureAwait(false) is { } teamFault)
        {
            unread.TryAdd(AccessUnread, teamFault);
        }

        var isTunnelGone = await ForgetGoneTunnelsAsync(unread, cancellationToken).ConfigureAwait(false);
        return await ObserveAsync(assignments, desired, unread, owner, unmade, cancellationToken).ConfigureAwait(false) with { IsTunnelGone = isTunnelGone };
    }

    /// <summary>What was remembered of our own writes is enough to say what is left; nothing is read again.</summary>
    public async Task<PassLook> LookAgainAsync(PassLook before, AccountView account, string owner, Dictionary<string, ApplyFault> unmade, CancellationToken cancellationToken)
    {
        var assignments = agents.Assignments();
        var desired = DesiredStateBuilder.Build(Input(assignments, account.Zones));
        return await ObserveAsync(assignments, desired, before.Unread, owner, unmade, cancellationToken).ConfigureAwait(false);
    }

    private async Task<PassLook> ObserveAsync(
        List<TunnelAssignment> assignments, DesiredState desired, Dictionary<string, CloudflareException> unread, string owner, Dictionary<string, ApplyFault> unmade, CancellationToken cancellationToken)
    {
        var tunnelIds = assignments.Select(static tunnel => tunnel.TunnelId).ToHashSet(StringComparer.Ordinal);
        var ownIds = tunnels.OwnIds();
        var (documents, records) = cloudflare.Observer.Remembered(owner, ownIds.Contains, OwnedIn, withDoubted: false);
        var (knownDocuments, knownRecords) = cloudflare.Observer.HasDoubts ? cloudflare.Observer.Remembered(owner, ownIds.Contains, OwnedIn, withDoubted: true) : (documents, records);
        var observed = new ObservedState
        {
            Tunnels = documents,
            Dns = records,
            UnreadTunnels = unread.Where(pair => tunnelIds.Contains(pair.Key)).Select(static pair => new UnreadObject(pair.Key, pair.Value.Message)).ToEquatableArray(),
            UnreadZones = unread.Where(pair => !tunnelIds.Contains(pair.Key) && pair.Key != AccessUnread).Select(static pair => new UnreadObject(pair.Key, pair.Value.Message)).ToEquatableArray(),
            TakenTunnels = cloudflare.Observer.TakenTunnels,
            RefusedRules = cloudflare.Observer.RefusedRules,
            Access = cloudflare.Access.Observe(unmade.ToDictionary(static pair => pair.Key, static pair => pair.Value.Message, StringComparer.Ordinal)),
            Agents = await agents.ObserveAsync(assignments, cancellationToken).ConfigureAwait(false),
        };
        return new(desired, observed, unread) { Known = new() { Tunnels = knownDocuments, Dns = knownRecords } };
    }

    private ReconcileInput Input(List<TunnelAssignment> assignments, ZoneMap zones) => new()
    {
        Tunnels = assignments.ToEquatableArray(),
        Reports = agents.Reports(),
        Manual = manual.All.Select(route => route with { TunnelId = tunnels.CurrentIdOf(route.TunnelId) }).ToEquatableArray(),
        Zones = zones,
        Access = cloudflare.Access.Catalog(),
        ZoneDefaults = cloudflare.Access.ZoneDefaults,
        FallbackZoneId = cloudflare.FallbackZoneId,
        Held = agents.Held(),
        Ended = agents.Ended(),
        Authorities = agents.Authorities(),
        Now = time.GetUtcNow(),
        GracePeriod = options.Value.GracePeriod,
        Labels = labels,
        Readings = readings,
    };

    private EquatableArray<RuleIdentity> OwnedIn(string tunnelId, IngressDocument document) =>
        tunnels.FindById(tunnelId)?.OwnedIn(document).ToEquatableArray() ?? [];

    // A tunnel that somebody deleted at Cloudflare is made anew under its name; its records are still known to be ours.
    private async ValueTask<bool> ForgetGoneTunnelsAsync(Dictionary<string, CloudflareException> unread, CancellationToken cancellationToken)
    {
        var isGone = false;
        foreach (var (id, fault) in unread)
        {
            if (fault.Fault != CloudflareFault.NotFound || tunnels.FindById(id) is not { } record)
            {
                continue;
            }

            LogTunnelGone(record.Name, id);
            await tunnels.SaveAsync(
                record with
                {
                    TunnelId = null,
                    FormerIds = record.FormerIds.Append(id).ToEquatableArray(),
                    Generation = record.Generation + 1,
                    Owned = [],
                    Routes = record.Routes.Select(route => route with { TunnelId = TunnelAssignment.Planned(record.Name) }).ToEquatableArray(),
                },
                cancellationToken).ConfigureAwait(false);
            cloudflare.Observer.Forget(id);
            isGone = true;
        }

        return isGone;
    }

    private static string LastTwoLabels(string host)
    {
        var last = host.LastIndexOf('.');
        return last <= 0 ? host : host[(host.LastIndexOf('.', last - 1) + 1)..];
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tunnel '{Name}' ({Id}) was deleted at Cloudflare; it is made anew and its connectors are told.")]
    private partial void LogTunnelGone(string name, string id);
}

/// <summary>What a pass has seen.</summary>
/// <param name="Desired">What should be.</param>
/// <param name="Observed">What is, as far as it is certain.</param>
/// <param name="Unread">What could not be read, by tunnel, zone or area.</param>
internal sealed record PassLook(DesiredState Desired, ObservedState Observed, Dictionary<string, CloudflareException> Unread)
{
    /// <summary>The steps between the two.</summary>
    public Plan Plan { get; init; } = Plan.Empty;

    public bool IsTunnelGone { get; init; }

    /// <summary>With what is in doubt: good enough to show and to remember where to look, never to act on.</summary>
    public ObservedState Known { get; init; } = ObservedState.Empty;
}

/// <summary>Cloudflare's side of a pass.</summary>
internal sealed record CloudflareSide(CloudflareAccount Account, CloudflareObserver Observer, AccessView Access, PlanApplier Applier, AgentRemovals Removals, ServiceTokens Tokens, IOptions<CloudflareOptions> Options)
{
    public string? FallbackZoneId => Options.Value.ZoneId;
}
