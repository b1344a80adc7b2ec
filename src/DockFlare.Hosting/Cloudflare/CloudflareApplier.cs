using DockFlare.Core;
using DockFlare.Core.Ingress;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Reconciliation;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Cloudflare;

/// <summary>
/// Carries out the changes at Cloudflare. Every method answers what failed rather than throwing, so that one bad host, zone or tunnel
/// does not stop the others, and makes the observer doubt whatever is not known any more.
/// </summary>
internal sealed partial class CloudflareApplier(CloudflareClient client, CloudflareObserver observer, TunnelStore tunnels, TunnelTokens tokens, ILogger<CloudflareApplier> logger)
{
    /// <summary>How many calls run side by side.</summary>
    public const int SideBySide = 4;

    private const int MaxSecretHashes = 4;
    private const int MaxWrites = 4;

    /// <summary>Read, compare, write only on a difference. Rules that are not ours stay.</summary>
    public async Task<ApplyFault?> PutIngressAsync(string accountId, Change.PutIngress change, DesiredState desired, CancellationToken cancellationToken)
    {
        var tunnelId = change.Tunnel.TunnelId;
        var record = tunnels.FindById(tunnelId);
        if (record is null)
        {
            return new(change.Subject, $"Tunnel '{change.Subject}' is not in the state store.", CloudflareFault.Lasting, null);
        }

        var lane = change.Added.IsEmpty && !change.Removed.IsEmpty ? CallLane.Closing : CallLane.Route;
        try
        {
            // What is ours is in the store before it is in the document, so that a crash in between leaves no rule that nobody owns.
            var saving = tunnels.SaveAsync(Intend(record, change, desired), cancellationToken).AsTask();
            var reading = observer.ReadDocumentAsync(accountId, tunnelId, lane, cancellationToken);
            await Task.WhenAll(saving, reading).ConfigureAwait(false);
            var (document, version) = await reading.ConfigureAwait(false);
            for (var writes = 1; ; writes++)
            {
                var merged = IngressMerge.Merge(document, MayTouch(record, change, document), change.Rules);
                if (!merged.Taken.IsEmpty)
                {
                    // Somebody made a rule of the same key since the look: it is theirs, and the next look says so.
                    await tunnels.SaveAsync(Disown(tunnels.FindById(tunnelId)!, record, merged.Taken), cancellationToken).ConfigureAwait(false);
                    return new(change.Subject, "", CloudflareFault.Conflict, null);
                }

                if (merged.Document.SaysTheSameAs(document))
                {
                    return null;
                }

                long written;
                try
                {
                    written = await client.PutConfigurationAsync(accountId, tunnelId, merged.Document, lane, cancellationToken).ConfigureAwait(false);
                }
                catch (CloudflareException exception) when (exception.Code == CloudflareException.BadConfiguration)
                {
                    return await SearchAsync(accountId, change, tunnels.FindById(tunnelId)!, document, merged.Document, version, exception, lane, cancellationToken).ConfigureAwait(false);
                }

                observer.Remember(tunnelId, merged.Document, written);
                if (written == version + 1 || writes == MaxWrites)
                {
                    return null;
                }

                // Somebody wrote between our reading and our writing. Cloudflare does not tell what: if they write again, theirs is what ours is merged into.
                LogSomebodyWrote(change.Subject, version, written);
                (document, version) = await observer.ReadDocumentAsync(accountId, tunnelId, lane, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (CloudflareException exception)
        {
            if (exception.Fault is not CloudflareFault.Lasting && !exception.WasNotSent)
            {
                observer.Doubt(tunnelId);
            }

            return Fault(change, exception);
        }
    }

    /// <summary>Enters a rule into the store as ours. What it is to say is written with the tunnel's document.</summary>
    public async Task AdoptRuleAsync(Change.AdoptRule change, CancellationToken cancellationToken)
    {
        var identity = change.Observed.Identity;
        if (tunnels.FindById(change.Tunnel.TunnelId) is { } record)
        {
            var owned = record.Owned.Where(rule => rule.Identity != identity).Append(new OwnedRule(identity.Hostname, identity.Path, 0).InDoubt());
            await tunnels.SaveAsync(record with { Owned = owned.ToEquatableArray() }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Forgets that a rule is ours. What the document says stays.</summary>
    public async Task ReleaseRuleAsync(Change.ReleaseRule change, CancellationToken cancellationToken)
    {
        if (tunnels.FindById(change.Tunnel.TunnelId) is { } record)
        {
            await tunnels.SaveAsync(record with { Owned = record.Owned.Where(rule => rule.Identity != change.Observed.Identity).ToEquatableArray() }, cancellationToken).ConfigureAwait(false);
        }
    }

    // A rule that is held back, or was left for later, is handled like one of somebody else: it stays.
    private static RuleIdentity[] MayTouch(TunnelRecord record, Change.PutIngress change, IngressDocument document)
    {
        var may = change.Rules.Select(static rule => RuleIdentity.Of(rule.Key)).Concat(change.Removed).ToHashSet();
        return [.. record.OwnedIn(document).Where(may.Contains)];
    }

    private static TunnelRecord Intend(TunnelRecord record, Change.PutIngress change, DesiredState desired)
    {
        var known = record.Owned.Select(static rule => rule.Identity).ToHashSet();
        var changed = change.Changed.ToHashSet();
        var routes = desired.Routes.Where(route => string.Equals(route.TunnelId, change.Tunnel.TunnelId, StringComparison.Ordinal)).ToEquatableArray();
        return record with
        {
            Owned = record.Owned
                .Select(rule => changed.Contains(rule.Identity) ? rule.InDoubt() : rule)
                .Concat(change.Rules.Select(static rule => RuleIdentity.Of(rule.Key)).Where(known.Add).Select(static identity => new OwnedRule(identity.Hostname, identity.Path, 0)))
                .ToEquatableArray(),
            Routes = routes,
            ZoneIds = record.ZoneIds.Concat(record.Routes.Concat(routes).Select(static route => route.ZoneId))
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToEquatableArray(),
        };
    }

    private static TunnelRecord Disown(TunnelRecord intent, TunnelRecord before, EquatableArray<RuleKey> taken)
    {
        var theirs = taken.Select(RuleIdentity.Of).Except(before.Owned.Where(static rule => rule.Since != 0).Select(static rule => rule.Identity)).ToHashSet();
        return intent with { Owned = intent.Owned.Where(rule => !theirs.Contains(rule.Identity)).ToEquatableArray() };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Somebody else wrote the configuration of tunnel '{Tunnel}' at the same moment: version {Read} was read and {Written} written. Cloudflare keeps only the last, so look whether a rule that was added by hand just now is missing.")]
    private partial void LogSomebodyWrote(string tunnel, long read, long written);
}

/// <summary>A change that was not applied.</summary>
/// <param name="Subject">The host or tunnel.</param>
/// <param name="Message">For the operator; empty when the next look will say it.</param>
/// <param name="Fault">What follows.</param>
/// <param name="RetryAfter">How long Cloudflare asks to wait.</param>
internal sealed record ApplyFault(string Subject, string Message, CloudflareFault Fault, TimeSpan? RetryAfter);
