using DockFlare.Core;
using DockFlare.Core.Ingress;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Reconciliation;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Cloudflare;

internal sealed partial class CloudflareApplier
{
    /// <summary>How many writes one refused document may cost; what is not known then is left for the next pass.</summary>
    public const int MaxSearchWrites = 16;

    /// <summary>
    /// Cloudflare refuses a document as a whole, and one rule that it does not like would keep all the others of its tunnel out. The rules that are
    /// new in it are tried in parts until the one at fault stands alone; it is remembered, so that its route alone is blocked.
    /// </summary>
    private async Task<ApplyFault?> SearchAsync(
        string accountId, Change.PutIngress change, TunnelRecord record, IngressDocument document, IngressDocument wanted, long version, CloudflareException refusal, CallLane lane, CancellationToken cancellationToken)
    {
        var isNew = change.Added.Concat(change.Changed).ToHashSet();
        var suspects = change.Rules.Where(rule => isNew.Contains(RuleIdentity.Of(rule.Key))).ToList();
        var settled = change.Rules.Where(rule => !isNew.Contains(RuleIdentity.Of(rule.Key))).ToList();
        var named = RuleSearch.FindNamed(refusal.Message, wanted) is { } identity ? suspects.Find(rule => RuleIdentity.Of(rule.Key) == identity) : null;
        if (suspects.Count == 0)
        {
            return Fault(change, refusal);
        }

        var search = new RuleSearch(suspects, named);
        for (var writes = 0; writes < MaxSearchWrites && search.Next is { } next; writes++)
        {
            search.Answer(await TryPutAsync(next).ConfigureAwait(false));
        }

        foreach (var rule in search.Refused)
        {
            observer.RememberRefused(new(change.Tunnel.TunnelId, rule, refusal.Message));
            LogRuleRefused(rule.Key.ToString(), change.Subject, refusal.Message);
        }

        // What leaves has to leave, whatever came of the rest.
        if (search.Accepted.Count == 0 && !change.Removed.IsEmpty && !await TryPutAsync([]).ConfigureAwait(false))
        {
            return Fault(change, refusal);
        }

        return search.Next is null
            ? new(change.Subject, "", CloudflareFault.Conflict, null)
            : new(change.Subject, $"{refusal.Message} The rules at fault are not all found yet; the search goes on with the next pass.", CloudflareFault.Passing, null);

        async Task<bool> TryPutAsync(IReadOnlyList<IngressRule> more)
        {
            IReadOnlyCollection<IngressRule> rules = [.. settled, .. search.Accepted, .. more];
            var merged = IngressMerge.Merge(document, MayTouch(record, change with { Rules = rules.ToEquatableArray() }, document), rules);
            if (merged.Document.SaysTheSameAs(document))
            {
                return true;
            }

            try
            {
                var written = await client.PutConfigurationAsync(accountId, change.Tunnel.TunnelId, merged.Document, lane, cancellationToken).ConfigureAwait(false);
                if (written != version + 1)
                {
                    LogSomebodyWrote(change.Subject, version, written);
                }

                (document, version) = (merged.Document, written);
                observer.Remember(change.Tunnel.TunnelId, document, version);
                return true;
            }
            catch (CloudflareException exception) when (exception.Code == CloudflareException.BadConfiguration)
            {
                refusal = exception;
                return false;
            }
        }
    }

    private static ApplyFault Fault(Change.PutIngress change, CloudflareException exception) => new(change.Subject, exception.Message, exception.Fault, exception.RetryAfter);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cloudflare does not take the rule of {Route} in tunnel '{Tunnel}', so that route is blocked and the others go on. {Reason}")]
    private partial void LogRuleRefused(string route, string tunnel, string reason);
}
