using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Cloudflare;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>
/// Carries out what is about Access. Nothing is made twice: what is to be made is in the store first, and an answer that is lost is followed
/// by a look. Whatever is in doubt is forgotten by the observer.
/// </summary>
internal sealed partial class AccessApplier(CloudflareAccessClient client, AccessObserver observer, AccessStore store, ILogger<AccessApplier> logger)
{
    /// <summary>Makes and changes policies, then applications.</summary>
    public async Task<IReadOnlyList<GuardFault>> GuardAsync(string accountId, string owner, IReadOnlyCollection<Change> changes, CancellationToken cancellationToken)
    {
        var faults = new List<GuardFault>();
        await SideBySideAsync(changes.Where(static change => change is Change.CreatePolicy or Change.UpdatePolicy or Change.AdoptPolicy), faults, change => PolicyAsync(accountId, change, cancellationToken)).ConfigureAwait(false);
        if (changes.Any(static change => change is Change.CreateAccess or Change.UpdateAccess or Change.AdoptAccess))
        {
            await EnsureTagAsync(accountId, AccessNames.Tag(owner), cancellationToken).ConfigureAwait(false);
        }

        var missing = faults.ToDictionary(static fault => fault.Key, StringComparer.Ordinal);
        await SideBySideAsync(changes.Where(static change => change is Change.CreateAccess or Change.UpdateAccess or Change.AdoptAccess), faults, change => AppAsync(accountId, change, missing, cancellationToken)).ConfigureAwait(false);
        return faults;
    }

    // The tag is how applications are known again when the store is lost. Nothing waits for it.
    private async Task EnsureTagAsync(string accountId, string tag, CancellationToken cancellationToken)
    {
        if (observer.Tag is not null || observer.IsTagRefused)
        {
            return;
        }

        try
        {
            await client.EnsureTagAsync(accountId, tag, cancellationToken).ConfigureAwait(false);
            observer.Tag = tag;
        }
        catch (CloudflareException exception)
        {
            observer.IsTagRefused = true;
            LogNoTag(exception.Message);
        }
    }

    // A tag that somebody deleted must not keep a host from being guarded.
    private async Task<T> WithTagAsync<T>(EquatableArray<string> there, Func<List<string>, Task<T>> send)
    {
        List<string> tags = [.. there.Concat(observer.Tag is { } tag ? [tag] : []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        try
        {
            return await send(tags).ConfigureAwait(false);
        }
        catch (CloudflareException exception) when (tags.Count > 0 && exception.Fault == CloudflareFault.Lasting)
        {
            var made = await send([]).ConfigureAwait(false);
            (observer.Tag, observer.IsTagRefused) = (null, true);
            LogNoTag(exception.Message);
            return made;
        }
    }

    /// <summary>Deletes applications, then policies.</summary>
    public async Task<IReadOnlyList<GuardFault>> UnguardAsync(string accountId, IReadOnlyCollection<Change> changes, CancellationToken cancellationToken)
    {
        var faults = new List<GuardFault>();
        await SideBySideAsync(changes.OfType<Change.DeleteAccess>(), faults, async change =>
        {
            var app = ((Change.DeleteAccess)change).Observed;
            await client.DeleteAppAsync(accountId, app.Id, app.Name, cancellationToken).ConfigureAwait(false);
            observer.RememberAppDeleted(app.Id);
            await store.RemoveAsync(AccessStore.AppKind, app.OwnedAs!, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
        await SideBySideAsync(changes.OfType<Change.DeletePolicy>(), faults, async change =>
        {
            var policy = ((Change.DeletePolicy)change).Observed;
            await client.DeletePolicyAsync(accountId, policy.Id, policy.Policy.Name, cancellationToken).ConfigureAwait(false);
            observer.RememberPolicyDeleted(policy.Id);
            await store.RemoveAsync(AccessStore.PolicyKind, policy.OwnedAs!, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return faults;
    }

    /// <summary>Lets go of an application or a policy, which stays as it is. Without the tag it is not taken for ours again though the store was lost.</summary>
    public async Task<ApplyFault?> ReleaseAsync(string accountId, string owner, Change change, CancellationToken cancellationToken)
    {
        if (change is Change.ReleasePolicy { Observed.OwnedAs: { } policy })
        {
            await store.RemoveAsync(AccessStore.PolicyKind, policy, cancellationToken).ConfigureAwait(false);
            return null;
        }

        var app = ((Change.ReleaseAccess)change).Observed;
        var fault = await TryAsync(change, async _ =>
        {
            await client.UntagAppAsync(accountId, app.Id, app.Name, AccessNames.Tag(owner), cancellationToken).ConfigureAwait(false);
            await store.RemoveAsync(AccessStore.AppKind, app.OwnedAs!, cancellationToken).ConfigureAwait(false);
            observer.ForgetApps();
        }).ConfigureAwait(false);
        return fault?.Fault;
    }

    private async Task SideBySideAsync(IEnumerable<Change> changes, List<GuardFault> faults, Func<Change, Task> apply)
    {
        ApplyFault? stop = null;
        foreach (var chunk in changes.OrderBy(static change => LaneOf(change) == CallLane.Closing ? 0 : 1).Chunk(CloudflareApplier.SideBySide))
        {
            if (stop is not null)
            {
                // Cloudflare has asked to wait: what is left waits too.
                faults.AddRange(chunk.Select(change => new GuardFault(KeyOf(change), stop with { Subject = change.Subject })));
                continue;
            }

            foreach (var fault in (await Task.WhenAll(chunk.Select(change => TryAsync(change, apply))).ConfigureAwait(false)).OfType<GuardFault>())
            {
                faults.Add(fault);
                stop ??= fault.IsLimit ? fault.Fault : null;
            }
        }
    }

    private async Task<GuardFault?> TryAsync(Change change, Func<Change, Task> apply)
    {
        try
        {
            await apply(change).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException)
        {
            Forget(change);
            throw;
        }
        catch (CloudflareException exception)
        {
            if (!exception.WasNotSent)
            {
                Forget(change);
            }

            // A policy that was just taken off its last application may still count as in use for a while.
            var fault = exception.Fault == CloudflareFault.Conflict && change is Change.DeletePolicy ? CloudflareFault.Passing : exception.Fault;
            return new(KeyOf(change), new(change.Subject, exception.Message, fault, exception.RetryAfter)) { IsLimit = exception.IsTooManyCalls || exception.RetryAfter is not null };
        }
    }

    private void Forget(Change change)
    {
        if (change is Change.CreatePolicy or Change.UpdatePolicy or Change.AdoptPolicy or Change.DeletePolicy)
        {
            observer.ForgetPolicies();
        }
        else
        {
            observer.ForgetApps();
        }
    }

    private async Task PolicyAsync(string accountId, Change change, CancellationToken cancellationToken)
    {
        if (change is Change.UpdatePolicy update)
        {
            await client.ReplacePolicyAsync(accountId, update.Observed.Id, update.Desired.Policy, cancellationToken).ConfigureAwait(false);
            observer.Remember(update.Observed with { Policy = update.Desired.Policy });
            return;
        }

        if (change is Change.AdoptPolicy adopt)
        {
            if (store.Find(AccessStore.PolicyKind, adopt.Desired.Key) is { } former && !string.Equals(former.Id, adopt.Observed.Id, StringComparison.Ordinal))
            {
                // Ours stays known, so that it goes when no application uses it any more.
                await store.SaveAsync(AccessStore.PolicyKind, former with { Key = $"{former.Key}/before {adopt.Observed.Id}" }, cancellationToken).ConfigureAwait(false);
            }

            await store.SaveAsync(AccessStore.PolicyKind, new() { Key = adopt.Desired.Key, Id = adopt.Observed.Id }, cancellationToken).ConfigureAwait(false);
            await client.ReplacePolicyAsync(accountId, adopt.Observed.Id, adopt.Desired.Policy, cancellationToken).ConfigureAwait(false);
            observer.Remember(adopt.Observed with { Policy = adopt.Desired.Policy });
            return;
        }

        var desired = ((Change.CreatePolicy)change).Desired;
        var looks = AccessStore.Looks(desired.Policy);
        var before = observer.Policies.Where(policy => string.Equals(AccessStore.Looks(policy.Policy), looks, StringComparison.Ordinal)).Select(static policy => policy.Id);
        var id = await MakeAsync(
            AccessStore.PolicyKind, new() { Key = desired.Key, Sent = looks, Before = before.ToEquatableArray() },
            async () => (await client.CreatePolicyAsync(accountId, desired.Policy, LaneOf(change), cancellationToken).ConfigureAwait(false)).Id, cancellationToken).ConfigureAwait(false);
        observer.Remember(new ObservedPolicy(id, desired.Policy));
    }

    private async Task AppAsync(string accountId, Change change, Dictionary<string, GuardFault> missing, CancellationToken cancellationToken)
    {
        var (desired, there) = change switch
        {
            Change.UpdateAccess update => (update.Desired, update.Observed),
            Change.AdoptAccess adopt => (adopt.Desired, adopt.Observed),
            _ => (((Change.CreateAccess)change).Desired, null),
        };
        var policies = new List<ObservedPolicy>();
        foreach (var policy in desired.Policies)
        {
            if (missing.TryGetValue(policy.Key, out var fault))
            {
                throw new CloudflareException(fault.Fault.Message, fault.Fault.Fault) { RetryAfter = fault.Fault.RetryAfter };
            }

            var id = store.Find(AccessStore.PolicyKind, policy.Key)?.Id
                ?? throw new CloudflareException($"The policy '{policy.Policy.Name}' of the Access application '{desired.Name}' is not there any more; it is made anew.", CloudflareFault.Passing);
            policies.Add(new(id, policy.Policy));
        }

        var ids = policies.ConvertAll(static policy => policy.Id);
        if (there is not null)
        {
            if (change is Change.AdoptAccess)
            {
                await store.SaveAsync(AccessStore.AppKind, new() { Key = desired.Key, Id = there.Id }, cancellationToken).ConfigureAwait(false);
            }

            var tags = await WithTagAsync(there.Tags, async tags =>
            {
                await client.ReplaceAppAsync(accountId, there.Id, desired, ids, tags, cancellationToken).ConfigureAwait(false);
                return tags;
            }).ConfigureAwait(false);
            observer.Remember(AsSent(there with { Tags = tags.ToEquatableArray() }, desired, policies));
            return;
        }

        var looks = AccessStore.Looks(desired.Name, desired.Destinations);
        var before = observer.Apps.Where(app => string.Equals(AccessStore.Looks(app.Name, app.Destinations), looks, StringComparison.Ordinal)).Select(static app => app.Id);
        ObservedApp? made = null;
        await MakeAsync(
            AccessStore.AppKind, new() { Key = desired.Key, Sent = looks, Before = before.ToEquatableArray() },
            async () => (made = await WithTagAsync([], tags => client.CreateAppAsync(accountId, desired, ids, tags, LaneOf(change), cancellationToken)).ConfigureAwait(false)).Id, cancellationToken).ConfigureAwait(false);
        observer.Remember(AsSent(made!, desired, policies));
    }

    private async Task<string> MakeAsync(string kind, AccessRecord record, Func<Task<string>> make, CancellationToken cancellationToken)
    {
        var last = store.Find(kind, record.Key);
        await store.SaveAsync(kind, record, cancellationToken).ConfigureAwait(false);
        try
        {
            var id = await make().ConfigureAwait(false);
            await store.SaveAsync(kind, new() { Key = record.Key, Id = id }, cancellationToken).ConfigureAwait(false);
            return id;
        }
        catch (CloudflareException exception) when (exception.Fault is not CloudflareFault.Passing || exception.WasNotSent)
        {
            // It was refused or never asked, so nothing was made now; an earlier try may have been, and is looked for.
            if (last is null)
            {
                await store.RemoveAsync(kind, record.Key, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await store.SaveAsync(kind, last, cancellationToken).ConfigureAwait(false);
            }

            throw;
        }
    }

    // What the server makes of it may be spelt differently; what counts until the next look is that it took what was sent.
    private static ObservedApp AsSent(ObservedApp app, DesiredApp desired, List<ObservedPolicy> policies) => app with
    {
        Name = desired.Name,
        Destinations = desired.Destinations,
        SessionDuration = desired.SessionDuration,
        AppLauncherVisible = desired.AppLauncherVisible,
        AutoRedirectToIdentity = desired.AutoRedirectToIdentity,
        AllowedIdps = desired.AllowedIdps,
        Policies = desired.Inline.IsEmpty ? policies.ToEquatableArray() : desired.Inline.Select(static policy => new ObservedPolicy("", policy) { IsReusable = false }).ToEquatableArray(),
    };

    // A change of what is there may shut somebody out; what guards a host that is served already closes an exposure.
    private static CallLane LaneOf(Change change) => change switch
    {
        Change.CreatePolicy { IsClosing: false } or Change.CreateAccess { IsClosing: false } => CallLane.Guard,
        Change.DeletePolicy or Change.DeleteAccess => CallLane.Route,
        _ => CallLane.Closing,
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Access applications are made without DockFlare's tag, so they are not known again if the data folder is lost. {Reason}")]
    private partial void LogNoTag(string reason);

    private static string KeyOf(Change change) => change switch
    {
        Change.CreatePolicy create => create.Desired.Key,
        Change.UpdatePolicy update => update.Desired.Key,
        Change.AdoptPolicy adopt => adopt.Desired.Key,
        Change.DeletePolicy delete => delete.Observed.OwnedAs ?? "",
        _ => change.Subject,
    };
}

/// <summary>An application or policy that could not be made, changed or deleted.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Fault">What failed.</param>
internal sealed record GuardFault(string Key, ApplyFault Fault)
{
    /// <summary>Whether Cloudflare asks to wait.</summary>
    public bool IsLimit { get; init; }
}
