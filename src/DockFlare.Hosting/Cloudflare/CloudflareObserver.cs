using System.Collections.Concurrent;
using DockFlare.Core;
using DockFlare.Core.Ingress;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;

namespace DockFlare.Hosting.Cloudflare;

/// <summary>
/// What Cloudflare holds, read once and remembered between passes; our own writes are entered into what is remembered.
/// Whatever is in doubt is forgotten, and so read again.
/// </summary>
internal sealed class CloudflareObserver(CloudflareClient client)
{
    private readonly ConcurrentDictionary<string, Dictionary<string, CfRecord>> zones = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (IngressDocument Document, long Version)> tunnels = new(StringComparer.Ordinal);

    /// <summary>Reads what is not remembered.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="zoneIds">The zones to look at.</param>
    /// <param name="tunnelIds">The tunnels to look at.</param>
    /// <param name="refresh">Forget everything first.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>What could not be read, by zone or tunnel id. Tunnels that are gone are answered with <see cref="CloudflareFault.NotFound"/>.</returns>
    public async Task<Dictionary<string, CloudflareException>> ReadAsync(
        string accountId, IReadOnlyCollection<string> zoneIds, IReadOnlyCollection<string> tunnelIds, bool refresh, CancellationToken cancellationToken)
    {
        if (refresh)
        {
            zones.Clear();
            tunnels.Clear();
        }

        var faults = new Dictionary<string, CloudflareException>(StringComparer.Ordinal);
        var reads = zoneIds.Where(id => !zones.ContainsKey(id)).Select(id => ReadZoneAsync(id, cancellationToken))
            .Concat(tunnelIds.Where(id => !tunnels.ContainsKey(id)).Select(id => ReadTunnelAsync(accountId, id, cancellationToken)));
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
    public (EquatableArray<ObservedTunnel> Tunnels, EquatableArray<ObservedRecord> Dns) Remembered(
        string owner, Func<string, bool> isOwnTunnel, Func<string, EquatableArray<RuleIdentity>> ownedRules)
    {
        var records = new List<ObservedRecord>();
        foreach (var (zoneId, zone) in zones)
        {
            foreach (var record in zone.Values)
            {
                var isOwned = record.Type is "CNAME" && DnsNames.IsMarked(record.Comment, owner) && DnsNames.FindTunnelId(record.Content!) is { } target && isOwnTunnel(target);
                records.Add(new(record.Id!, zoneId, record.Name!.ToLowerInvariant(), record.Type!, record.Content!)
                {
                    Proxied = record.Proxied ?? false,
                    Comment = record.Comment,
                    IsOwned = isOwned,
                });
            }
        }

        return (
            tunnels.Select(pair => new ObservedTunnel(pair.Key, pair.Value.Document, pair.Value.Version) { Owned = ownedRules(pair.Key) }).ToEquatableArray(),
            records.ToEquatableArray());
    }

    /// <summary>Forgets the documents that a connector has a newer version of: somebody else wrote.</summary>
    public void ForgetOutrun(IReadOnlyDictionary<string, ConnectorStatus> connectors)
    {
        foreach (var (tunnelId, connector) in connectors)
        {
            if (tunnels.TryGetValue(tunnelId, out var known) && connector.ConfigVersion > known.Version)
            {
                tunnels.TryRemove(tunnelId, out _);
            }
        }
    }

    public async Task<(IngressDocument Document, long Version)> ReadDocumentAsync(string accountId, string tunnelId, CancellationToken cancellationToken) =>
        tunnels[tunnelId] = await client.GetConfigurationAsync(accountId, tunnelId, cancellationToken).ConfigureAwait(false);

    public void Remember(string tunnelId, IngressDocument document, long version) => tunnels[tunnelId] = (document, version);

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
            zone.Remove(recordId);
        }
    }

    public void ForgetZone(string zoneId) => zones.TryRemove(zoneId, out _);

    public void ForgetTunnel(string tunnelId) => tunnels.TryRemove(tunnelId, out _);

    private async Task<(string Id, CloudflareException? Fault)> ReadZoneAsync(string zoneId, CancellationToken cancellationToken)
    {
        try
        {
            var records = await client.ListRecordsAsync(zoneId, cancellationToken).ConfigureAwait(false);
            zones[zoneId] = records
                .Where(static record => record is { Id: not null, Name: not null, Content: not null, Type: "A" or "AAAA" or "CNAME" })
                .ToDictionary(static record => record.Id!, StringComparer.Ordinal);
            return (zoneId, null);
        }
        catch (CloudflareException exception)
        {
            return (zoneId, exception);
        }
    }

    private async Task<(string Id, CloudflareException? Fault)> ReadTunnelAsync(string accountId, string tunnelId, CancellationToken cancellationToken)
    {
        try
        {
            await ReadDocumentAsync(accountId, tunnelId, cancellationToken).ConfigureAwait(false);
            return (tunnelId, null);
        }
        catch (CloudflareException exception)
        {
            return (tunnelId, exception);
        }
    }
}
