using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DockFlare.Core;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Reconciliation;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Cloudflare;

internal sealed partial class CloudflareApplier
{
    /// <summary>Makes a tunnel, or takes up one of that name when an operator named it or it can be proven to be ours.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="change">Its making, or the adoption of the one that has its name.</param>
    /// <param name="isNamedByOperator">Whether an operator named it, so that whichever has the name is meant.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    public async Task<ApplyFault?> ProvisionAsync(string accountId, Change change, Func<TunnelAssignment, bool> isNamedByOperator, CancellationToken cancellationToken)
    {
        var (tunnel, adoptedId) = change switch
        {
            Change.CreateTunnel create => (create.Tunnel, null),
            Change.AdoptTunnel adopt => (adopt.Tunnel, adopt.TunnelId),
            _ => throw new ArgumentException($"{change.GetType().Name} provides no tunnel.", nameof(change)),
        };
        var (name, agent) = (tunnel.Name, tunnel.Agent);
        Func<CfTunnel, bool> mayAdopt = found => isNamedByOperator(tunnel) || string.Equals(found.Id, adoptedId, StringComparison.Ordinal);
        var record = tunnels.Find(name) ?? new TunnelRecord { Name = name };
        try
        {
            // A creation whose outcome stayed unknown is looked for first: its tunnel's own secret proves whether it is ours.
            var found = record.SecretHashes.IsEmpty ? null : await client.FindTunnelByNameAsync(accountId, name, cancellationToken).ConfigureAwait(false);
            var isCreatedHere = true;
            if (found is not null)
            {
                isCreatedHere = await TakeUpAsync(accountId, found, mayAdopt, record, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
                record = record with { SecretHashes = record.SecretHashes.TakeLast(MaxSecretHashes - 1).Append(Hash(secret)).ToEquatableArray() };
                await tunnels.SaveAsync(record, cancellationToken).ConfigureAwait(false);
                (found, isCreatedHere) = await MakeAsync(accountId, secret, mayAdopt, record, cancellationToken).ConfigureAwait(false);
            }

            observer.RememberFree(name);
            if (found.Token is { } token)
            {
                tokens.Remember(found.Id, token);
            }

            await tunnels.SaveAsync(Complete(record, found.Id, isCreatedHere), cancellationToken).ConfigureAwait(false);
            LogTunnel(name, isCreatedHere ? "created" : "adopted", agent.Value);
            return null;
        }
        catch (CloudflareException exception)
        {
            if (exception.Fault is not CloudflareFault.Passing && !record.SecretHashes.IsEmpty)
            {
                // It was refused, so nothing was made.
                await tunnels.SaveAsync(record with { SecretHashes = [] }, cancellationToken).ConfigureAwait(false);
            }

            return new(name, exception.Message, exception.Fault, exception.RetryAfter);
        }
    }

    // Routes that the tunnel is to take over from one that somebody deleted wait under its symbolic id.
    private static TunnelRecord Complete(TunnelRecord record, string tunnelId, bool isCreatedHere) => record with
    {
        TunnelId = tunnelId,
        SecretHashes = [],
        IsCreatedHere = isCreatedHere,
        Routes = record.Routes.Select(route => route with { TunnelId = tunnelId }).ToEquatableArray(),
    };

    private async Task<(CfTunnel Tunnel, bool IsCreatedHere)> MakeAsync(string accountId, string secret, Func<CfTunnel, bool> mayAdopt, TunnelRecord record, CancellationToken cancellationToken)
    {
        try
        {
            return (await client.CreateTunnelAsync(accountId, record.Name, secret, cancellationToken).ConfigureAwait(false), true);
        }
        catch (CloudflareException exception) when (exception.Fault == CloudflareFault.Conflict)
        {
            var found = await client.FindTunnelByNameAsync(accountId, record.Name, cancellationToken).ConfigureAwait(false)
                ?? throw new CloudflareException($"The tunnel '{record.Name}' was neither created nor found; it is tried again.", CloudflareFault.Passing, exception);
            return (found, await TakeUpAsync(accountId, found, mayAdopt, record, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>Answers whether the tunnel was made by this installation.</summary>
    /// <exception cref="CloudflareException">It is neither ours nor named by an operator, or nothing written at Cloudflare would reach it.</exception>
    private async Task<bool> TakeUpAsync(string accountId, CfTunnel found, Func<CfTunnel, bool> mayAdopt, TunnelRecord record, CancellationToken cancellationToken)
    {
        var secret = SecretOf(await client.GetTunnelTokenAsync(accountId, found.Id, cancellationToken).ConfigureAwait(false));
        if (record.SecretHashes.Contains(Hash(secret), StringComparer.Ordinal))
        {
            return true;
        }

        if (string.Equals(found.ConfigSrc, "local", StringComparison.Ordinal))
        {
            throw new CloudflareException(
                $"The account has a tunnel '{found.Name}' that DockFlare did not create and that takes its rules from a local file (config_src \"local\"), so nothing written at Cloudflare would reach it. Migrate it in the Cloudflare dashboard, or set TUNNEL_NAME to another name.",
                CloudflareFault.Lasting);
        }

        if (!mayAdopt(found))
        {
            observer.RememberTaken(new(found.Name, found.Id));
            throw new CloudflareException(
                $"The account already has a tunnel '{found.Name}' that DockFlare did not create, so it is left alone. Set TUNNEL_NAME to another name, or adopt it with everything in it: set TUNNEL_NAME to '{found.Name}', or agree to its adoption in the plan.",
                CloudflareFault.Lasting);
        }

        return false;
    }

    private static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private static string SecretOf(string token)
    {
        // What is no token of the shape we know proves nothing.
        if (!Base64.IsValid(token))
        {
            return "";
        }

        try
        {
            using var json = JsonDocument.Parse(Convert.FromBase64String(token));
            return json.RootElement.TryGetProperty("s", out var secret) ? secret.GetString() ?? "" : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Tunnel '{Name}' {What} for agent '{Agent}'.")]
    private partial void LogTunnel(string name, string what, string agent);
}
