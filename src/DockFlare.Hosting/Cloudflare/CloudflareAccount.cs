using DockFlare.Core.Zones;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Cloudflare;

/// <summary>Which account the token opens and which zones are in it. Asked once at the start, and again at each resync.</summary>
internal sealed partial class CloudflareAccount(CloudflareClient client, IOptions<CloudflareOptions> options, TimeProvider time, ILogger<CloudflareAccount> logger)
{
    private bool isVerified;
    private bool isProbed;
    private AccountView? view;
    private DateTimeOffset readAt;

    /// <summary>Whether a token is configured; without one the master is in setup mode.</summary>
    public bool IsConfigured => !string.IsNullOrEmpty(options.Value.ApiToken);

    /// <summary>What is known of it; null before it was ever read.</summary>
    public AccountView? Known => view;

    /// <summary>Whether the list of zones was last read longer ago than this.</summary>
    public bool IsOlderThan(TimeSpan age) => time.GetUtcNow() - readAt > age;

    public async ValueTask<AccountView> GetAsync(bool refresh, CancellationToken cancellationToken)
    {
        if (view is not null && !refresh)
        {
            return view;
        }

        try
        {
            view = await ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (CloudflareException exception) when (view is not null && exception.Fault == CloudflareFault.Passing)
        {
            // What was known an hour ago is good enough until the next look.
            LogZonesNotRead(exception.Message);
            return view;
        }

        if (!isProbed)
        {
            await ProbeAsync(view, cancellationToken).ConfigureAwait(false);
            isProbed = true;
        }

        return view;
    }

    private async Task<AccountView> ReadAsync(CancellationToken cancellationToken)
    {
        await VerifyAsync(cancellationToken).ConfigureAwait(false);
        var configured = options.Value.AccountId;
        List<CfZone> zones;
        try
        {
            zones = await client.ListZonesAsync(configured, cancellationToken).ConfigureAwait(false);
        }
        catch (CloudflareException exception) when (exception.Fault == CloudflareFault.Permission && configured is not null)
        {
            var tunnels = await ProbeAsync(client.ProbeTunnelsAsync(configured, cancellationToken)).ConfigureAwait(false);
            throw tunnels is null ? exception : new CloudflareException($"{exception.Message} {tunnels}", exception.Fault, exception);
        }

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
        return new(accountId, own);
    }

    private async Task VerifyAsync(CancellationToken cancellationToken)
    {
        // A token that belongs to an account is only known under that account's route; without the account's id its list of zones has to prove it.
        var isProvenElsewhere = options.Value.AccountId is null && options.Value.ApiToken!.StartsWith("cfat_", StringComparison.Ordinal);
        if (isVerified || isProvenElsewhere)
        {
            return;
        }

        var token = await client.VerifyTokenAsync(options.Value.AccountId, cancellationToken).ConfigureAwait(false);
        if (token.Status is not (null or "active"))
        {
            throw new CloudflareException($"CF_API_TOKEN is {token.Status}. Make a new token in the Cloudflare dashboard and set it.", CloudflareFault.Permission);
        }

        isVerified = true;
    }

    // Reading proves Read: each area that the token cannot read is named at the start. A missing Edit shows at the first write that is refused.
    private async Task ProbeAsync(AccountView account, CancellationToken cancellationToken)
    {
        var dns = account.All.FirstOrDefault(static zone => zone.IsActive) is { } zone ? ProbeAsync(client.ProbeRecordsAsync(zone.Id, cancellationToken)) : Task.FromResult<string?>(null);
        foreach (var refusal in await Task.WhenAll(ProbeAsync(client.ProbeTunnelsAsync(account.AccountId, cancellationToken)), dns).ConfigureAwait(false))
        {
            if (refusal is not null)
            {
                LogUnreadableArea(refusal);
            }
        }
    }

    private static async Task<string?> ProbeAsync<T>(Task<T> call)
    {
        try
        {
            await call.ConfigureAwait(false);
            return null;
        }
        catch (CloudflareException exception)
        {
            // Any other failure than a missing permission is said when the area is needed.
            return exception.Fault == CloudflareFault.Permission ? exception.Message : null;
        }
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

    [LoggerMessage(Level = LogLevel.Error, Message = "The token lacks a permission. {Refusal}")]
    private partial void LogUnreadableArea(string refusal);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The list of zones was not read anew; the one from before is used. {Reason}")]
    private partial void LogZonesNotRead(string reason);
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
