using System.Text.Json;

namespace DockFlare.Hosting.Cloudflare;

/// <summary>The end of tunnels and of their secrets.</summary>
internal sealed partial class CloudflareClient
{
    /// <summary>This tunnel has active connections: it can be deleted when they are gone.</summary>
    public const int TunnelIsConnected = 1022;

    /// <summary>Gives a tunnel another secret: what is connected stays so, and nothing connects with the old one any more.</summary>
    public Task<CfTunnel> RollSecretAsync(string accountId, string tunnelId, string secret, CancellationToken cancellationToken) =>
        SendAsync(
            new("give the tunnel another secret", TunnelPermission) { Lane = CallLane.Closing }, HttpMethod.Patch, $"/accounts/{accountId}/cfd_tunnel/{tunnelId}",
            JsonSerializer.SerializeToUtf8Bytes(new(secret), CloudflareJson.Default.CfTunnelSecret), CloudflareJson.Default.CfEnvelopeCfTunnel, cancellationToken);

    /// <summary>Drops the connections of a tunnel. A connector with the present secret comes back at once.</summary>
    public Task DropConnectionsAsync(string accountId, string tunnelId, CancellationToken cancellationToken) =>
        SendEnvelopeAsync(
            new("drop the tunnel's connections", TunnelPermission) { Lane = CallLane.Closing }, HttpMethod.Delete, $"/accounts/{accountId}/cfd_tunnel/{tunnelId}/connections",
            null, CloudflareJson.Default.CfEnvelopeJsonElement, cancellationToken);

    public async Task DeleteTunnelAsync(string accountId, string tunnelId, CancellationToken cancellationToken)
    {
        try
        {
            await SendEnvelopeAsync(
                new("delete the tunnel", TunnelPermission), HttpMethod.Delete, $"/accounts/{accountId}/cfd_tunnel/{tunnelId}",
                null, CloudflareJson.Default.CfEnvelopeJsonElement, cancellationToken).ConfigureAwait(false);
        }
        catch (CloudflareException exception) when (exception.Fault == CloudflareFault.NotFound)
        {
            // Gone is what was wanted.
        }
    }
}
