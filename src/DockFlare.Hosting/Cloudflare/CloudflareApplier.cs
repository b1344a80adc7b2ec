using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DockFlare.Core;
using DockFlare.Core.Ingress;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Reconciliation;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Cloudflare;

/// <summary>
/// Carries out the changes at Cloudflare. Every method answers what failed rather than throwing, so that one bad host, zone or tunnel
/// does not stop the others, and makes the observer forget whatever is in doubt.
/// </summary>
internal sealed partial class CloudflareApplier(CloudflareClient client, CloudflareObserver observer, TunnelStore tunnels, TunnelTokens tokens, ILogger<CloudflareApplier> logger)
{
    /// <summary>How many calls run side by side.</summary>
    public const int SideBySide = 4;

    /// <summary>Makes a tunnel, or takes up one of that name when an operator named it or it can be proven to be ours.</summary>
    public async Task<ApplyFault?> CreateTunnelAsync(string accountId, Change.CreateTunnel change, bool isNamedByOperator, CancellationToken cancellationToken)
    {
        var (name, agent) = (change.Tunnel.Name, change.Tunnel.Agent);
        var record = tunnels.Find(agent, name) ?? new TunnelRecord { Name = name, Agent = agent.Value };
        try
        {
            // The hash is kept before the call is made: if its outcome stays unknown, the tunnel's own secret proves later whether it is ours.
            var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
            var unknownBefore = record.SecretHash;
            CfTunnel tunnel;
            var isCreatedHere = true;
            try
            {
                // A try whose outcome stayed unknown and that left nothing is made again.
                if (unknownBefore is null || await client.FindTunnelByNameAsync(accountId, name, cancellationToken).ConfigureAwait(false) is null)
                {
                    record = record with { SecretHash = Hash(secret) };
                    await tunnels.SaveAsync(record, cancellationToken).ConfigureAwait(false);
                    tunnel = await client.CreateTunnelAsync(accountId, name, secret, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    (tunnel, isCreatedHere) = await TakeUpAsync(accountId, name, isNamedByOperator, unknownBefore, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (CloudflareException exception) when (exception.Fault == CloudflareFault.Conflict)
            {
                (tunnel, isCreatedHere) = await TakeUpAsync(accountId, name, isNamedByOperator, unknownBefore, cancellationToken).ConfigureAwait(false);
            }

            if (tunnel.Token is { } token)
            {
                tokens.Remember(tunnel.Id, token);
            }

            await tunnels.SaveAsync(record with { TunnelId = tunnel.Id, SecretHash = null, IsCreatedHere = isCreatedHere }, cancellationToken).ConfigureAwait(false);
            LogTunnel(name, isCreatedHere ? "created" : "adopted", agent.Value);
            return null;
        }
        catch (CloudflareException exception)
        {
            if (exception.Fault is not CloudflareFault.Passing && record.SecretHash is not null)
            {
                // It was refused, so nothing was made.
                await tunnels.SaveAsync(record with { SecretHash = null }, cancellationToken).ConfigureAwait(false);
            }

            return new(name, exception.Message, exception.Fault, exception.RetryAfter);
        }
    }

    /// <summary>Read, compare, write only on a difference. Rules that are not ours stay.</summary>
    public async Task<ApplyFault?> PutIngressAsync(string accountId, Change.PutIngress change, DesiredState desired, CancellationToken cancellationToken)
    {
        var tunnelId = change.Tunnel.TunnelId;
        var record = tunnels.FindById(tunnelId);
        if (record is null)
        {
            return new(change.Subject, $"Tunnel '{change.Subject}' is not in the state store.", CloudflareFault.Lasting, null);
        }

        try
        {
            var wanted = change.Rules.Select(static rule => RuleIdentity.Of(rule.Key)).ToHashSet();
            var routes = RoutesOf(desired, tunnelId);
            var zoneIds = record.ZoneIds.Concat(record.Routes.Select(static route => route.ZoneId)).Concat(routes.Select(static route => route.ZoneId));
            var intent = record with
            {
                Owned = Intend(record.Owned, wanted),
                Routes = routes,
                ZoneIds = zoneIds.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToEquatableArray(),
            };
            var saving = tunnels.SaveAsync(intent, cancellationToken).AsTask();
            var reading = observer.ReadDocumentAsync(accountId, tunnelId, cancellationToken);
            await Task.WhenAll(saving, reading).ConfigureAwait(false);
            var (document, version) = await reading.ConfigureAwait(false);

            var mayGo = change.Removed.ToHashSet();
            var owned = record.Owned.Select(static rule => rule.Identity).Where(identity => wanted.Contains(identity) || mayGo.Contains(identity)).ToArray();
            var merged = IngressMerge.Merge(document, owned, change.Rules);
            if (!merged.Document.SaysTheSameAs(document))
            {
                var written = await client.PutConfigurationAsync(accountId, tunnelId, merged.Document, cancellationToken).ConfigureAwait(false);
                if (written != version + 1)
                {
                    LogSomebodyWrote(change.Subject, version, written);
                }

                observer.Remember(tunnelId, merged.Document, written);
                version = written;
            }

            var changed = change.Added.Concat(change.Changed).ToHashSet();
            var now = intent.Owned
                .Where(rule => wanted.Contains(rule.Identity) || !mayGo.Contains(rule.Identity))
                .Select(rule => rule.Since == 0 || changed.Contains(rule.Identity) ? rule with { Since = version } : rule);
            await tunnels.SaveAsync(intent with { Owned = now.ToEquatableArray() }, cancellationToken).ConfigureAwait(false);
            return merged.Taken.IsEmpty ? null : new(change.Subject, "", CloudflareFault.Conflict, null);
        }
        catch (CloudflareException exception)
        {
            observer.ForgetTunnel(tunnelId);
            return new(change.Subject, exception.Message, exception.Fault, exception.RetryAfter);
        }
    }

    /// <summary>Writes a zone's records: as a batch, or one by one when the batch is refused so that one bad record does not stop the others.</summary>
    public async Task<IReadOnlyList<ApplyFault>> WriteRecordsAsync(string zoneId, IReadOnlyList<Change> changes, int batchSize, string owner, CancellationToken cancellationToken)
    {
        var faults = new List<ApplyFault>();
        foreach (var chunk in changes.Chunk(batchSize))
        {
            if (chunk.Length > 1 && await TryBatchAsync(zoneId, chunk, owner, cancellationToken).ConfigureAwait(false) is var (done, fault))
            {
                if (done)
                {
                    continue;
                }

                if (fault is not null)
                {
                    faults.Add(fault);
                    return faults;
                }
            }

            foreach (var few in chunk.Chunk(SideBySide))
            {
                foreach (var single in await Task.WhenAll(few.Select(change => WriteRecordAsync(zoneId, change, owner, cancellationToken))).ConfigureAwait(false))
                {
                    if (single is not null)
                    {
                        faults.Add(single);
                    }
                }
            }
        }

        return faults;
    }

    private async Task<(bool Done, ApplyFault? Fault)> TryBatchAsync(string zoneId, Change[] changes, string owner, CancellationToken cancellationToken)
    {
        try
        {
            var deletes = changes.OfType<Change.DeleteDns>().ToList();
            var result = await client.BatchRecordsAsync(
                zoneId,
                new()
                {
                    Deletes = deletes.Count == 0 ? null : [.. deletes.Select(static delete => new CfId(delete.Observed.Id))],
                    Patches = Some(changes.OfType<Change.UpdateDns>().Select(update => ToRecord(update.Desired, owner) with { Id = update.Observed.Id })),
                    Posts = Some(changes.OfType<Change.CreateDns>().Select(create => ToRecord(create.Desired, owner))),
                },
                cancellationToken).ConfigureAwait(false);
            foreach (var delete in deletes)
            {
                observer.RememberDeleted(zoneId, delete.Observed.Id);
            }

            foreach (var record in (result.Patches ?? []).Concat(result.Posts ?? []))
            {
                observer.Remember(zoneId, record);
            }

            return (true, null);
        }
        catch (CloudflareException exception) when (exception.Fault is CloudflareFault.Passing or CloudflareFault.Permission)
        {
            observer.ForgetZone(zoneId);
            return (false, new(changes[0].Subject, exception.Message, exception.Fault, exception.RetryAfter));
        }
        catch (CloudflareException exception)
        {
            LogBatchRefused(changes.Length, exception.Message);
            return (false, null);
        }
    }

    private async Task<ApplyFault?> WriteRecordAsync(string zoneId, Change change, string owner, CancellationToken cancellationToken)
    {
        try
        {
            switch (change)
            {
                case Change.CreateDns create:
                    observer.Remember(zoneId, await client.CreateRecordAsync(zoneId, ToRecord(create.Desired, owner), cancellationToken).ConfigureAwait(false));
                    break;
                case Change.UpdateDns update:
                    observer.Remember(zoneId, await client.UpdateRecordAsync(zoneId, update.Observed.Id, ToRecord(update.Desired, owner), cancellationToken).ConfigureAwait(false));
                    break;
                case Change.DeleteDns delete:
                    await client.DeleteRecordAsync(zoneId, delete.Observed.Id, delete.Observed.Name, cancellationToken).ConfigureAwait(false);
                    observer.RememberDeleted(zoneId, delete.Observed.Id);
                    break;
                default:
                    throw new ArgumentException($"{change.GetType().Name} is not a change of a record.", nameof(change));
            }

            return null;
        }
        catch (CloudflareException exception)
        {
            observer.ForgetZone(zoneId);
            return new(change.Subject, exception.Message, exception.Fault, exception.RetryAfter);
        }
    }

    private async Task<(CfTunnel Tunnel, bool IsCreatedHere)> TakeUpAsync(string accountId, string name, bool isNamedByOperator, string? secretHash, CancellationToken cancellationToken)
    {
        var found = await client.FindTunnelByNameAsync(accountId, name, cancellationToken).ConfigureAwait(false)
            ?? throw new CloudflareException($"The tunnel '{name}' was neither created nor found; it is tried again.", CloudflareFault.Passing);
        if (secretHash is not null && string.Equals(Hash(SecretOf(await client.GetTunnelTokenAsync(accountId, found.Id, cancellationToken).ConfigureAwait(false))), secretHash, StringComparison.Ordinal))
        {
            return (found, true);
        }

        if (!isNamedByOperator)
        {
            throw new CloudflareException(
                $"The account already has a tunnel '{name}' that DockFlare did not create, so it is left alone. Set TUNNEL_NAME to another name, or to '{name}' to adopt it with everything in it.",
                CloudflareFault.Lasting);
        }

        if (string.Equals(found.ConfigSrc, "local", StringComparison.Ordinal))
        {
            throw new CloudflareException(
                $"The tunnel '{name}' takes its rules from a local file (config_src \"local\"), so nothing written at Cloudflare would reach it. Migrate it in the Cloudflare dashboard, or set TUNNEL_NAME to another name.",
                CloudflareFault.Lasting);
        }

        return (found, false);
    }

    private static EquatableArray<OwnedRule> Intend(EquatableArray<OwnedRule> owned, HashSet<RuleIdentity> wanted)
    {
        var known = owned.Select(static rule => rule.Identity).ToHashSet();
        return wanted.All(known.Contains)
            ? owned
            : owned.Concat(wanted.Where(identity => !known.Contains(identity)).Select(static identity => new OwnedRule(identity.Hostname, identity.Path, 0))).ToEquatableArray();
    }

    private static EquatableArray<DesiredRoute> RoutesOf(DesiredState desired, string tunnelId) =>
        desired.Routes.Where(route => string.Equals(route.TunnelId, tunnelId, StringComparison.Ordinal)).ToEquatableArray();

    private static CfRecord ToRecord(DesiredRecord desired, string owner) => new()
    {
        Type = "CNAME",
        Name = desired.Name,
        Content = desired.Content,
        Proxied = desired.Proxied,
        Ttl = 1,
        Comment = DnsNames.Comment(owner, desired.Comment),
    };

    private static List<CfRecord>? Some(IEnumerable<CfRecord> records) => records.ToList() is { Count: > 0 } some ? some : null;

    private static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private static string SecretOf(string token)
    {
        if (!Base64.IsValid(token))
        {
            return "";
        }

        try
        {
            using var json = JsonDocument.Parse(Convert.FromBase64String(token));
            return json.RootElement.TryGetProperty("s", out var secret) ? secret.GetString() ?? "" : "";
        }
        catch (JsonException)
        {
            // Not a token of the shape we know: it proves nothing.
            return "";
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Tunnel '{Name}' {What} for agent '{Agent}'.")]
    private partial void LogTunnel(string name, string what, string agent);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Somebody else wrote the configuration of tunnel '{Tunnel}' at the same moment: version {Read} was read and {Written} written. Check the rules that were added by hand.")]
    private partial void LogSomebodyWrote(string tunnel, long read, long written);

    [LoggerMessage(Level = LogLevel.Information, Message = "A batch of {Count} record changes was refused and is tried one by one: {Reason}")]
    private partial void LogBatchRefused(int count, string reason);
}

/// <summary>A change that was not applied.</summary>
/// <param name="Subject">The host or tunnel.</param>
/// <param name="Message">For the operator; empty when the next look will say it.</param>
/// <param name="Fault">What follows.</param>
/// <param name="RetryAfter">How long Cloudflare asks to wait.</param>
internal sealed record ApplyFault(string Subject, string Message, CloudflareFault Fault, TimeSpan? RetryAfter);
