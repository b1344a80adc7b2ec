using DockFlare.Core;
using DockFlare.Core.Existing;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Cloudflare;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>
/// Reads what the account holds, for people who want to see it before they hand it over. One call for the tunnels, one for each tunnel and zone,
/// and one for the applications, in the lane of what can wait; one reading at a time.
/// Policies are those that the last pass saw.
/// </summary>
internal sealed class ExistingReader(CloudflareAccount account, CloudflareClient client, CloudflareAccessClient access, TunnelStore tunnels, AccessObserver observer, AccessStore accessStore, OwnerMark ownerMark) : IDisposable
{
    private readonly SemaphoreSlim gate = new(1, 1);

    /// <summary>What is there.</summary>
    /// <exception cref="ProtocolException"><c>account_not_known</c>.</exception>
    public async Task<ExistingView> ReadAsync(CancellationToken cancellationToken)
    {
        if (account.Known is not { } known)
        {
            throw new ProtocolException(503, "account_not_known", "The account has not been looked at yet: set CF_API_TOKEN, and see /readyz.");
        }

        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return ExistingView.Of(await ReadAsync(known, cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    private async Task<ExistingAccount> ReadAsync(AccountView known, CancellationToken cancellationToken)
    {
        var owner = await ownerMark.GetAsync(cancellationToken).ConfigureAwait(false);
        var unread = new List<string>();
        var all = await TryAsync(unread, () => client.ListTunnelsAsync(known.AccountId, cancellationToken)).ConfigureAwait(false);
        var apps = await TryAsync(unread, () => access.ListAppsAsync(known.AccountId, cancellationToken)).ConfigureAwait(false);
        var existing = await EachAsync(all ?? [], tunnel => TunnelAsync(unread, known.AccountId, tunnel, cancellationToken)).ConfigureAwait(false);
        var records = await EachAsync(known.All, zone => TryAsync(unread, () => client.ListTunnelRecordsAsync(zone.Id, cancellationToken))).ConfigureAwait(false);

        var (ownTunnels, ownApps, ownPolicies) = (tunnels.OwnIds(), accessStore.KeysById(AccessStore.AppKind), accessStore.KeysById(AccessStore.PolicyKind));
        return new()
        {
            Owner = owner,
            Zones = known.Zones,
            Tunnels = existing.ToEquatableArray(),
            HasAllTunnels = all is not null,
            Records = records.Zip(known.All)
                .SelectMany(pair => (pair.First ?? []).Select(record => CloudflareObserver.Describe(pair.Second.Id, record, owner, ownTunnels.Contains)))
                .ToEquatableArray(),
            Apps = (apps ?? []).Select(app => app with { OwnedAs = ownApps.GetValueOrDefault(app.Id) }).ToEquatableArray(),
            HasAllApps = apps is not null,
            Policies = observer.Policies.Where(static policy => policy.IsReusable).Select(policy => policy with { OwnedAs = ownPolicies.GetValueOrDefault(policy.Id) }).ToEquatableArray(),
            Unread = unread.Order(StringComparer.Ordinal).ToEquatableArray(),
        };
    }

    private async Task<ExistingTunnel> TunnelAsync(List<string> unread, string accountId, CfTunnel tunnel, CancellationToken cancellationToken)
    {
        var record = tunnels.FindById(tunnel.Id);
        var read = await TryAsync<(Core.Ingress.IngressDocument Document, long Version)?>(
            unread, async () => await client.GetConfigurationAsync(accountId, tunnel.Id, CallLane.Resync, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        return new(tunnel.Id, tunnel.Name)
        {
            IsOurs = record is not null,
            IsLocal = string.Equals(tunnel.ConfigSrc, "local", StringComparison.Ordinal),
            Document = read?.Document,
            Owned = record is null || read is null ? [] : record.OwnedIn(read.Value.Document).ToEquatableArray(),
        };
    }

    private static async Task<List<TResult>> EachAsync<T, TResult>(IEnumerable<T> items, Func<T, Task<TResult>> read)
    {
        var results = new List<TResult>();
        foreach (var chunk in items.Chunk(CloudflareApplier.SideBySide))
        {
            results.AddRange(await Task.WhenAll(chunk.Select(read)).ConfigureAwait(false));
        }

        return results;
    }

    private static async Task<T?> TryAsync<T>(List<string> unread, Func<Task<T>> read)
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (CloudflareException exception)
        {
            lock (unread)
            {
                unread.Add(exception.Message);
            }

            return default;
        }
    }
}
