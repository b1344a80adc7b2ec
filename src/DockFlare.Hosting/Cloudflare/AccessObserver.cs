using System.Collections.Concurrent;
using DockFlare.Core;
using DockFlare.Core.Access;

namespace DockFlare.Hosting.Cloudflare;

/// <summary>
/// What the account has in Access: three lists at most, remembered between passes; our own writes are entered into what is remembered,
/// as they were sent. Whatever is in doubt is forgotten, and so read again.
/// </summary>
internal sealed class AccessObserver(CloudflareAccessClient client)
{
    private ConcurrentDictionary<string, ObservedApp>? apps;
    private ConcurrentDictionary<string, ObservedPolicy>? policies;

    /// <summary>The identity providers as last read; null before.</summary>
    public EquatableArray<IdentityProvider>? IdentityProviders { get; private set; }

    /// <summary>Why the identity providers have never been read.</summary>
    public string? UnreadIdentityProviders { get; private set; }

    /// <summary>The service tokens as last read; null before.</summary>
    public EquatableArray<ServiceToken>? ServiceTokens { get; private set; }

    /// <summary>Why the service tokens have never been read.</summary>
    public string? UnreadServiceTokens { get; private set; }

    public string? TeamName { get; private set; }

    /// <summary>The tag that was made, or found to be there; null before, and again after each look at everything.</summary>
    public string? Tag { get; set; }

    /// <summary>Whether the tag was refused since the last look at everything: then applications go without.</summary>
    public bool IsTagRefused { get; set; }

    /// <summary>Why applications or policies are not known; null when they are.</summary>
    public string? Unread { get; private set; } = "They have not been looked at yet.";

    /// <summary>How often applications and policies were read.</summary>
    public int Reads { get; private set; }

    public IEnumerable<ObservedApp> Apps => apps?.Values ?? [];

    public IEnumerable<ObservedPolicy> Policies => policies?.Values ?? [];

    /// <summary>Reads what is not remembered.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="refresh">Forget everything first; the identity providers are kept until they are read again.</param>
    /// <param name="namedTokens">Names of service tokens that must be known. Ids do not change, so the list is read only when one is not.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>What failed.</returns>
    public async Task<IReadOnlyList<CloudflareException>> ReadAsync(string accountId, bool refresh, IReadOnlyCollection<string> namedTokens, CancellationToken cancellationToken)
    {
        if (refresh)
        {
            (apps, policies) = (null, null);
            (Tag, IsTagRefused) = (null, false);
        }

        var needsTokens = namedTokens.Any(name => ServiceTokens?.Any(token => string.Equals(token.Name, name, StringComparison.OrdinalIgnoreCase)) is not true) && (refresh || ServiceTokens is null);
        var isReading = apps is null || policies is null;
        var faults = await Task.WhenAll(
            apps is not null ? Nothing : TryAsync(async () => apps = ById(await client.ListAppsAsync(accountId, cancellationToken).ConfigureAwait(false), static app => app.Id)),
            policies is not null ? Nothing : TryAsync(async () => policies = ById(await client.ListPoliciesAsync(accountId, cancellationToken).ConfigureAwait(false), static policy => policy.Id)),
            IdentityProviders is not null && !refresh ? Nothing : TryAsync(async () => IdentityProviders = (await client.ListIdentityProvidersAsync(accountId, cancellationToken).ConfigureAwait(false)).ToEquatableArray()),
            !needsTokens ? Nothing : TryAsync(async () => ServiceTokens = (await client.ListServiceTokensAsync(accountId, cancellationToken).ConfigureAwait(false)).ToEquatableArray())).ConfigureAwait(false);
        Reads += isReading ? 1 : 0;
        Unread = apps is null ? faults[0]!.Message : policies is null ? faults[1]!.Message : null;
        UnreadServiceTokens = ServiceTokens is null ? faults[3]?.Message : null;
        UnreadIdentityProviders = IdentityProviders is null ? faults[2]!.Message : null;
        return [.. faults.OfType<CloudflareException>()];
    }

    /// <summary>The identity providers, read when they never were.</summary>
    public async Task<EquatableArray<IdentityProvider>> GetIdentityProvidersAsync(string accountId, CancellationToken cancellationToken) =>
        IdentityProviders ?? (await client.ListIdentityProvidersAsync(accountId, cancellationToken).ConfigureAwait(false)).ToEquatableArray();

    /// <summary>Reads the organisation's name, once.</summary>
    public async Task<CloudflareException?> ReadTeamAsync(string accountId, CancellationToken cancellationToken) =>
        TeamName is { Length: > 0 } ? null : await TryAsync(async () => TeamName = await client.GetTeamNameAsync(accountId, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);

    public void Remember(ObservedApp app) => apps?[app.Id] = app;

    public void Remember(ObservedPolicy policy) => policies?[policy.Id] = policy;

    public void RememberAppDeleted(string id) => apps?.TryRemove(id, out _);

    public void RememberPolicyDeleted(string id) => policies?.TryRemove(id, out _);

    /// <summary>Has the service tokens read again when one is named.</summary>
    public void ForgetServiceTokens() => ServiceTokens = null;

    public void ForgetApps() => apps = null;

    public void ForgetPolicies() => policies = null;

    private static Task<CloudflareException?> Nothing => Task.FromResult<CloudflareException?>(null);

    private static async Task<CloudflareException?> TryAsync(Func<Task> read)
    {
        try
        {
            await read().ConfigureAwait(false);
            return null;
        }
        catch (CloudflareException exception)
        {
            return exception;
        }
    }

    private static ConcurrentDictionary<string, T> ById<T>(List<T> list, Func<T, string> id) =>
        new(list.DistinctBy(id, StringComparer.Ordinal).Select(item => KeyValuePair.Create(id(item), item)), StringComparer.Ordinal);
}
