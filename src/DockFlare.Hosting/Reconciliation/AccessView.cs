using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Cloudflare;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>What a pass needs to know of Access: what names mean, what is there, and which of it is ours.</summary>
internal sealed class AccessView(AccessObserver observer, AccessStore store, AccessGroupStore groups, ZoneDefaultStore zoneDefaults, OwnerMark ownerMark, IOptions<CloudflareOptions> options)
{
    private int settledReads;

    /// <summary>Whether anything is or was to be guarded, as of the last reading.</summary>
    public bool IsInUse { get; private set; }

    public async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        await store.LoadAsync(cancellationToken).ConfigureAwait(false);
        await groups.LoadAsync(cancellationToken).ConfigureAwait(false);
        await zoneDefaults.LoadAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The zones that operators want protected as a whole.</summary>
    public EquatableArray<ZoneDefault> ZoneDefaults => zoneDefaults.All;

    /// <summary>What the names in labels can mean.</summary>
    public AccessCatalog Catalog() => new()
    {
        Groups = groups.All,
        IdentityProviders = observer.IdentityProviders ?? [],
        UnreadIdentityProviders = observer.IdentityProviders is null ? observer.UnreadIdentityProviders ?? "They have not been looked at yet." : null,
        ServiceTokens = observer.ServiceTokens ?? [],
        UnreadServiceTokens = observer.ServiceTokens is null ? observer.UnreadServiceTokens ?? "They have not been looked at yet." : null,
        AccountEmail = options.Value.AccountEmail,
    };

    /// <summary>Has the applications read again.</summary>
    public void Forget() => observer.ForgetApps();

    /// <summary>Reads what is not remembered, when anything is or was to be guarded.</summary>
    /// <returns>What failed; null when nothing did.</returns>
    public async Task<CloudflareException?> ReadAsync(string accountId, DesiredState desired, bool refresh, CancellationToken cancellationToken)
    {
        IsInUse = !store.IsEmpty || !desired.ZoneDefaults.IsEmpty || desired.Routes.Any(static route => route.Access is not null);
        if (!IsInUse)
        {
            return null;
        }

        var faults = await observer.ReadAsync(accountId, refresh, NamedTokens(desired), cancellationToken).ConfigureAwait(false);
        if (observer.Unread is null && observer.Reads != settledReads)
        {
            var apps = observer.Apps.ToDictionary(static app => app.Id, static app => AccessStore.Looks(app.Name, app.Destinations), StringComparer.Ordinal);
            var policies = observer.Policies.ToDictionary(static policy => policy.Id, static policy => AccessStore.Looks(policy.Policy), StringComparer.Ordinal);
            var wanted = desired.Routes.Where(static route => route.Access is not null).Select(static route => route.Key.ToString()).Concat(desired.ZoneDefaults.Select(static zone => zone.Key)).ToHashSet(StringComparer.Ordinal);
            await store.SettleAsync(AccessStore.AppKind, apps, wanted, cancellationToken).ConfigureAwait(false);
            await store.SettleAsync(AccessStore.PolicyKind, policies, desired.Policies.Select(static policy => policy.Key).ToHashSet(StringComparer.Ordinal), cancellationToken).ConfigureAwait(false);
            settledReads = observer.Reads;
        }

        await TakeUpTaggedAsync(desired, cancellationToken).ConfigureAwait(false);
        return faults.Count > 0 ? faults[0] : null;
    }

    // The service tokens that policies name rather than give the id of.
    private List<string> NamedTokens(DesiredState desired)
    {
        var policies = groups.All.SelectMany(static group => group.Policies)
            .Concat(desired.Routes.Select(static route => route.Access?.CustomRules).OfType<string>().Where(static json => json.Contains("service_token", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).SelectMany(static json => CustomRules.Read(json, "", out _)));
        return [.. policies.SelectMany(static policy => policy.Include.Concat(policy.Exclude).Concat(policy.Require))
            .Where(static selector => selector.Kind == AccessSelectorKind.ServiceToken && !Guid.TryParse(selector.Value, out _))
            .Select(static selector => selector.Value).Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    // What carries our tag and guards exactly what is asked for is ours though the store was lost. What nothing asks for is left alone: whether
    // somebody still needs it cannot be known any more.
    private async ValueTask TakeUpTaggedAsync(DesiredState desired, CancellationToken cancellationToken)
    {
        var tag = AccessNames.Tag(await ownerMark.GetAsync(cancellationToken).ConfigureAwait(false));
        var known = store.KeysById(AccessStore.AppKind);
        var tagged = observer.Apps.Where(app => app.Tags.AsSpan().Contains(tag)).ToList();
        observer.Tag ??= tagged.Count > 0 && !observer.IsTagRefused ? tag : null;
        var lost = tagged.Where(app => !known.ContainsKey(app.Id) && app.Key is not null).ToDictionary(static app => app.Key!, StringComparer.Ordinal);
        foreach (var key in lost.Count == 0 ? [] : desired.Apps.Select(static app => app.Key))
        {
            if (lost.TryGetValue(key, out var app) && store.Find(AccessStore.AppKind, key)?.Id is null)
            {
                await store.SaveAsync(AccessStore.AppKind, new() { Key = key, Id = app.Id }, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Reads the organisation's name, when cloudflared is to check tokens.</summary>
    public Task<CloudflareException?> ReadTeamAsync(string accountId, DesiredState desired, CancellationToken cancellationToken) =>
        desired.Routes.Any(static route => route.Guard is { RequireJwt: true }) ? observer.ReadTeamAsync(accountId, cancellationToken) : Task.FromResult<CloudflareException?>(null);

    /// <summary>What is remembered, with the marks of what is ours; null when nothing is or was to be guarded.</summary>
    public ObservedAccess? Observe(IReadOnlyDictionary<string, string> unmade)
    {
        if (!IsInUse)
        {
            return null;
        }

        var (apps, policies) = (store.KeysById(AccessStore.AppKind), store.KeysById(AccessStore.PolicyKind));
        return new()
        {
            Apps = observer.Apps.Select(app => app with { OwnedAs = apps.GetValueOrDefault(app.Id) }).OrderBy(static app => app.Id, StringComparer.Ordinal).ToEquatableArray(),
            Policies = observer.Policies.Select(policy => policy with { OwnedAs = policies.GetValueOrDefault(policy.Id) }).OrderBy(static policy => policy.Id, StringComparer.Ordinal).ToEquatableArray(),
            TeamName = observer.TeamName,
            Tag = observer.Tag,
            Unread = observer.Unread,
            Unmade = unmade.Select(static pair => new UnmadeGuard(pair.Key, pair.Value)).ToEquatableArray(),
        };
    }
}
