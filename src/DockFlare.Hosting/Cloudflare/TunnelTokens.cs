using System.Collections.Concurrent;

namespace DockFlare.Hosting.Cloudflare;

/// <summary>Connector tokens, asked for when an agent needs one and kept in memory alone: they can be had again at any time.</summary>
internal sealed class TunnelTokens(CloudflareClient client, CloudflareAccount account)
{
    private readonly ConcurrentDictionary<string, string> tokens = new(StringComparer.Ordinal);

    public void Remember(string tunnelId, string token) => tokens[tunnelId] = token;

    public void Forget(string tunnelId) => tokens.TryRemove(tunnelId, out _);

    public async ValueTask<string> GetAsync(string tunnelId, CancellationToken cancellationToken)
    {
        if (tokens.TryGetValue(tunnelId, out var token))
        {
            return token;
        }

        var view = await account.GetAsync(refresh: false, cancellationToken).ConfigureAwait(false);
        token = await client.GetTunnelTokenAsync(view.AccountId, tunnelId, cancellationToken).ConfigureAwait(false);
        tokens[tunnelId] = token;
        return token;
    }
}
