using System.Security.Cryptography;
using DockFlare.Core.Ingress;
using DockFlare.Hosting.Cloudflare;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>Cuts off the connectors of a tunnel, and deletes tunnels of ours.</summary>
internal sealed partial class TunnelEnds(CloudflareClient client, CloudflareObserver observer, TunnelStore tunnels, TunnelTokens tokens, ILogger<TunnelEnds> logger)
{
    /// <summary>Rolls a tunnel's secret and drops its connections. Connectors that are still wanted are told by the next generation.</summary>
    /// <exception cref="CloudflareException">It was not carried out; doing it again is safe.</exception>
    public async Task RollAsync(string accountId, TunnelRecord record, CancellationToken cancellationToken)
    {
        // First, so that a crash in between tells connectors of a new secret in vain rather than leave them with a dead one.
        await tunnels.SaveAsync(record with { Generation = record.Generation + 1 }, cancellationToken).ConfigureAwait(false);
        await client.RollSecretAsync(accountId, record.TunnelId!, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)), cancellationToken).ConfigureAwait(false);
        tokens.Forget(record.TunnelId!);
        await client.DropConnectionsAsync(accountId, record.TunnelId!, cancellationToken).ConfigureAwait(false);
        LogRolled(record.Name);
    }

    /// <summary>Deletes a tunnel that nothing of ours is in any more, and forgets it.</summary>
    /// <returns>Why it stays, in a sentence; null when it is gone.</returns>
    /// <exception cref="CloudflareException">It was not carried out; doing it again is safe.</exception>
    public async Task<string?> DeleteAsync(string accountId, TunnelRecord record, CancellationToken cancellationToken)
    {
        var why = await FindReasonToStayAsync(accountId, record, cancellationToken).ConfigureAwait(false);
        if (why is null)
        {
            await client.DropConnectionsAsync(accountId, record.TunnelId!, cancellationToken).ConfigureAwait(false);
            await client.DeleteTunnelAsync(accountId, record.TunnelId!, cancellationToken).ConfigureAwait(false);
            LogDeleted(record.Name);
        }

        observer.Forget(record.TunnelId!);
        tokens.Forget(record.TunnelId!);
        await tunnels.RemoveAsync(record, cancellationToken).ConfigureAwait(false);
        return why;
    }

    private async Task<string?> FindReasonToStayAsync(string accountId, TunnelRecord record, CancellationToken cancellationToken)
    {
        if (!record.IsCreatedHere)
        {
            return $"The tunnel '{record.Name}' stays: DockFlare did not create it.";
        }

        try
        {
            var (document, _) = await client.GetConfigurationAsync(accountId, record.TunnelId!, CallLane.Closing, cancellationToken).ConfigureAwait(false);
            return document.Entries.FirstOrDefault(static entry => entry.Identity.Hostname.Length > 0 || entry.Identity.Path.Length > 0) is { } foreign
                ? $"The tunnel '{record.Name}' stays: it has a rule for '{foreign.Identity.Hostname}' that DockFlare did not create."
                : null;
        }
        catch (CloudflareException exception) when (exception.Fault == CloudflareFault.NotFound)
        {
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tunnel '{Name}' has another secret and its connections were dropped, as its key was said to be compromised or its agent was removed by force.")]
    private partial void LogRolled(string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Tunnel '{Name}' was deleted, as its agent was removed.")]
    private partial void LogDeleted(string name);
}
