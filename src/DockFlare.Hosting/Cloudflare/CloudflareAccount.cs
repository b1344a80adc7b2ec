using DockFlare.Core.Zones;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Cloudflare;

/// <summary>Which account the token opens and which zones are in it. Asked once at the start, and again at each resync.</summary>
internal sealed class CloudflareAccount(CloudflareClient client, IOptions<CloudflareOptions> options, TimeProvider time)
{
    private bool isVerified;
    private AccountView? view;
    private DateTimeOffset readAt;

    /// <summary>Whether a token is configured; without one the master is in setup mode.</summary>
    public bool IsConfigured => !string.IsNullOrEmpty(options.Value.ApiToken);

    /// <summary>Whether the list of zones was last read longer ago than this.</summary>
    public bool IsOlderThan(TimeSpan age) => time.GetUtcNow() - readAt > age;

    public async ValueTask<AccountView> GetAsync(bool refresh, CancellationToken cancellationToken)
    {
        if (view is not null && !refresh)
        {
            return view;
        }

        var configured = options.Value.AccountId;
        if (!isVerified)
        {
            var token = await client.VerifyTokenAsync(configured, cancellationToken).ConfigureAwait(false);
            if (token.Status is not (null or "active"))
            {
                throw new CloudflareException($"CF_API_TOKEN is {token.Status}. Make a new token in the Cloudflare dashboard and set it.", CloudflareFault.Permission);
            }

            isVerified = true;
        }

        var zones = await client.ListZonesAsync(configured, cancellationToken).ConfigureAwait(false);
        var accountId = configured ?? await FindAccountAsync(zones, cancellationToken).ConfigureAwait(false);
        if (zones.Count == 0)
        {
            throw new CloudflareException(
                $"CF_API_TOKEN sees no zone in account {accountId}: give the token 'Zone / Zone / Read' and 'Zone / DNS / Edit' for your zones, or add a zone to the account. CF_ACCOUNT_ID must be the account that holds them.",
                CloudflareFault.Permission);
        }

        var own = zones
            .Where(zone => zone.Account is null || string.Equals(zone.Account.Id, accountId, StringComparison.Ordinal))
            .Select(static zone => new Zone(zone.Id, zone.Name.ToLowerInvariant())
            {
                Status = zone.Status,
                AccountId = zone.Account?.Id,
                IsFree = zone.Plan?.LegacyId is null or "free",
            })
            .ToList();
        readAt = time.GetUtcNow();
        return view = new(accountId, own);
    }

    private async Task<string> FindAccountAsync(List<CfZone> zones, CancellationToken cancellationToken)
    {
        var accounts = zones.Where(static zone => zone.Account is not null).Select(static zone => zone.Account!).ToList();
        if (accounts.Count == 0)
        {
            accounts = await client.ListAccountsAsync(cancellationToken).ConfigureAwait(false);
        }

        var distinct = accounts.DistinctBy(static account => account.Id).OrderBy(static account => account.Id, StringComparer.Ordinal).ToList();
        return distinct.Count switch
        {
            1 => distinct[0].Id,
            0 => throw new CloudflareException("CF_API_TOKEN sees no account and no zone: give it 'Zone / Zone / Read', 'Zone / DNS / Edit' and 'Account / Cloudflare Tunnel / Edit', and set CF_ACCOUNT_ID.", CloudflareFault.Permission),
            _ => throw new CloudflareException($"CF_API_TOKEN sees several accounts: set CF_ACCOUNT_ID to one of {string.Join(", ", distinct.Select(static account => $"{account.Id} ({account.Name})"))}.", CloudflareFault.Permission),
        };
    }
}

/// <summary>The account and its zones.</summary>
internal sealed class AccountView(string accountId, List<Zone> zones)
{
    private readonly Dictionary<string, Zone> byId = zones.ToDictionary(static zone => zone.Id, StringComparer.Ordinal);

    public string AccountId { get; } = accountId;

    public IReadOnlyList<Zone> All => zones;

    public ZoneMap Zones { get; } = new(zones);

    /// <summary>How many changes one batch takes in this zone.</summary>
    public int BatchSize(string zoneId) => byId.TryGetValue(zoneId, out var zone) && !zone.IsFree ? 3500 : 200;

    public string ZoneName(string zoneId) => byId.TryGetValue(zoneId, out var zone) ? zone.Name : zoneId;
}
