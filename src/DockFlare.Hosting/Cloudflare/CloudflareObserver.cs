using System.Collections.Concurrent;
using DockFlare.Core;
using DockFlare.Core.Ingress;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;

namespace DockFlare.Hosting.Cloudflare;

/// <summary>
/// What Cloudflare holds, read once and remembered between passes; our own writes are entered into what is remembered.
/// Whatever is in doubt is read again before anything is planned on it.
/// </summary>
internal sealed class CloudflareObserver(CloudflareClient client)
{
    private const int AccessLists = 3;
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, CfRecord>> zones = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (IngressDocument Document, long Version)> tunnels = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TakenTunnel> taken = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string TunnelId, RuleKey Key), RefusedRule> refusedRules = new();
    private readonly ConcurrentDictionary<string, bool> doubted = new(StringComparer.Ordinal);

    /// <summary>How long until there is room for looking at everything anew; until then what is remembered has to do, so that closing an exposure never waits for it.</summary>
    public TimeSpan UntilRefresh => client.WaitFor(CallLane.Resync, zones.Count + tunnels.Count + AccessLists);

    /// <summary>Reads what is not remembered or in doubt.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="zoneIds">The zones to look at.</param>
    /// <param name="tunnelIds">The tunnels to look at.</param>
    /// <param name="refresh">Doubt everything first.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>What could not be read, by zone or tunnel id. Tunnels that are gone are answered with <see cref="CloudflareFault.NotFound"/>.</returns>
    public async Task<Dictionary<string, CloudflareException>> ReadAsync(
        string accountId, IReadOnlyCollection<string> zoneIds, IReadOnlyCollection<string> tunnelIds, bool refresh, CancellationToken cancellationToken)
    {
        if (refresh)
        {
            foreach (var id in zones.Keys.Concat(tunnels.Keys))
            {
                doubted[id] = true;
            }
        }

        var lane = refresh ? CallLane.Resync : CallLane.Route;
        var faults = new Dictionary<string, CloudflareException>(StringComparer.Ordinal);
        var reads = zoneIds.Where(id => !zones.ContainsKey(id) || IsDoubted(id)).Select(id => ReadZoneAsync(id, lane, cancellationToken))
            .Concat(tunnelIds.Where(id => !tunnels.ContainsKey(id) || IsDoubted(id)).Select(id => ReadTunnelAsync(accountId, id, lane, cancellationToken)));
        foreach (var chunk in reads.Chunk(CloudflareApplier.SideBySide))
        {
            foreach (var (id, fault) in await Task.WhenAll(chunk).ConfigureAwait(false))
            {
                if (fault is not null)
                {
                    faults[id] = fault;
                }
            }
        }

        return faults;
    }

    /// <summary>What is remembered, with the marks of what is ours.</summary>
    /// <param name="owner">This installation's mark.</param>
    /// <param name="isOwnTunnel">Whether a tunnel is or was ours.</param>
    /// <param name="ownedRules">The rules of a tunnel's document that are ours.</param>
    /// <param name="withDoubted">Also what is in doubt: good enough to show, never to act on.</param>
    public (EquatableArray<ObservedTunnel> Tunnels, EquatableArray<ObservedRecord> Dns) Remembered(
        string owner, Func<string, bool> isOwnTunnel, Func<string, IngressDocument, EquatableArray<RuleIdentity>> ownedRules, bool withDoubted = false)
    {
        var records = new List<ObservedRecord>();
        foreach (var (zoneId, zone) in zones)
        {
            if (!withDoubted && IsDoubted(zoneId))
            {
                continue;
            }

            records.AddRange(zone.Values.Select(record => Describe(zoneId, record, owner, isOwnTunnel)));
        }

        return (
            tunnels.Where(pair => withDoubted || !IsDoubted(pair.Key))
                .Select(pair => new ObservedTunnel(pair.Key, pair.Value.Document, pair.Value.Version) { Owned = ownedRules(pair.Key, pair.Value.Document) })
                .ToEquatableArray(),
            records.ToEquatableArray());
    }

    /// <summary>A record as it was read, with whether it is ours.</summary>
    public static ObservedRecord Describe(string zoneId, CfRecord record, string owner, Func<string, bool> isOwnTunnel) =>
        new(record.Id!, zoneId, record.Name!.ToLowerInvariant(), record.Type!, record.Content!)
        {
            Proxied = record.Proxied ?? false,
            Comment = record.Comment,
            IsOwned = record.Type is "CNAME" && DnsNames.IsMarked(record.Comment, owner) && DnsNames.FindTunnelId(record.Content!) is { } target && isOwnTunnel(target),
        };

    /// <summary>Doubts the documents that a connector has a newer version of: somebody else wrote.</summary>
    public void DoubtOutrun(IReadOnlyDictionary<string, ConnectorStatus> connectors)
    {
        foreach (var (tunnelId, connector) in connectors)
        {
            if (tunnels.TryGetValue(tunnelId, out var known) && connector.ConfigVersion > known.Version)
            {
                Doubt(tunnelId);
            }
        }
    }

    public async Task<(IngressDocument Document, long Version)> ReadDocumentAsync(string accountId, string tunnelId, CallLane lane, CancellationToken cancellationToken)
    {
        var read = await client.GetConfigurationAsync(accountId, tunnelId, lane, cancellationToken).ConfigureAwait(false);
        Remember(tunnelId, read.Document, read.Version);
        return read;
    }

    public void Remember(string tunnelId, IngressDocument document, long version)
    {
        tunnels[tunnelId] = (document, version);
        doubted.TryRemove(tunnelId, out _);
    }

    public void Remember(string zoneId, CfRecord record)
    {
        if (zones.TryGetValue(zoneId, out var zone))
        {
            zone[record.Id!] = record;
        }
    }

    public void RememberDeleted(string zoneId, string recordId)
    {
        if (zones.TryGetValue(zoneId, out var zone))
        {
            zone.TryRemove(recordId, out _);
        }
    }

    /// <summary>The tunnels of others that were found to have a name that one of ours is to have.</summary>
    public EquatableArray<TakenTunnel> TakenTunnels => taken.Values.OrderBy(static tunnel => tunnel.Name, StringComparer.Ordinal).ToEquatableArray();

    public void RememberTaken(TakenTunnel tunnel) => taken[tunnel.Name] = tunnel;

    public void RememberFree(string tunnelName) => taken.TryRemove(tunnelName, out _);

    /// <summary>The rules that Cloudflare does not take, since everything was last looked at.</summary>
    public EquatableArray<RefusedRule> RefusedRules => refusedRules.Values.OrderBy(static rule => rule.TunnelId, StringComparer.Ordinal).ThenBy(static rule => rule.Rule.Key).ToEquatableArray();

    public void RememberRefused(RefusedRule rule) => refusedRules[(rule.TunnelId, rule.Rule.Key)] = rule;

    public void ForgetRefusedRules() => refusedRules.Clear();

    /// <summary>Whether anything remembered may have changed since it was read.</summary>
    public bool HasDoubts => !doubted.IsEmpty;

    /// <summary>Whether a zone or tunnel may have changed since it was read.</summary>
    public bool IsDoubted(string id) => doubted.ContainsKey(id);

    /// <summary>Has a zone or tunnel read again before anything is planned on it.</summary>
    public void Doubt(string id) => doubted[id] = true;

    /// <summary>Forgets a tunnel that is gone.</summary>
    public void Forget(string tunnelId)
    {
        tunnels.TryRemove(tunnelId, out _);
        doubted.TryRemove(tunnelId, out _);
    }

    private async Task<(string Id, CloudflareException? Fault)> ReadZoneAsync(string zoneId, CallLane lane, CancellationToken cancellationToken)
    {
        try
        {
            var records = await client.ListRecordsAsync(zoneId, lane, cancellationToken).ConfigureAwait(false);
            zones[zoneId] = new(
                records
                    .Where(static record => record is { Id: not null, Name: not null, Content: not null, Type: "A" or "AAAA" or "CNAME" })
                    .DistinctBy(static record => record.Id, StringComparer.Ordinal)
                    .Select(static record => KeyValuePair.Create(record.Id!, record)),
                StringComparer.Ordinal);
            doubted.TryRemove(zoneId, out _);
            return (zoneId, null);
        }
        catch (CloudflareException exception)
        {
            Doubt(zoneId);
            return (zoneId, exception);
        }
    }

    private async Task<(string Id, CloudflareException? Fault)> ReadTunnelAsync(string accountId, string tunnelId, CallLane lane, CancellationToken cancellationToken)
    {
        try
        {
            await ReadDocumentAsync(accountId, tunnelId, lane, cancellationToken).ConfigureAwait(false);
            return (tunnelId, null);
        }
        catch (CloudflareException exception)
        {
            Doubt(tunnelId);
            return (tunnelId, exception.Fault == CloudflareFault.NotFound ? await ConfirmGoneAsync(accountId, tunnelId, exception, cancellationToken).ConfigureAwait(false) : exception);
        }
    }

    // A tunnel is made anew only when Cloudflare says in so many words that it is gone.
    private async Task<CloudflareException> ConfirmGoneAsync(string accountId, string tunnelId, CloudflareException missing, CancellationToken cancellationToken)
    {
        try
        {
            return await client.FindTunnelAsync(accountId, tunnelId, cancellationToken).ConfigureAwait(false) is null ? missing : new(missing.Message, CloudflareFault.Passing, missing);
        }
        catch (CloudflareException exception)
        {
            return exception.Fault == CloudflareFault.NotFound ? missing : exception;
        }
    }
}
