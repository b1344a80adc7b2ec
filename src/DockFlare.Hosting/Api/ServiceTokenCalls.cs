using DockFlare.Core.Access;
using DockFlare.Core.Ingress;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Reconciliation;

namespace DockFlare.Hosting.Api;

/// <summary>Service tokens for machines. A secret is in the answer to the call that made it, and nowhere else; only what was made here is rotated or deleted.</summary>
internal sealed class ServiceTokenCalls(ServiceTokens serviceTokens, AccessObserver observer, CloudflareAccount account, TimeProvider time, ReconcileSignal signal)
{
    private const string DefaultDuration = "8760h";

    public async ValueTask<IReadOnlyList<ServiceTokenDocument>> ListAsync(CancellationToken cancellationToken)
    {
        var (_, tokens) = await ReadAsync(cancellationToken).ConfigureAwait(false);
        return [.. tokens.Select(token => new ServiceTokenDocument(token.Id, token.Name, token.ClientId, token.ExpiresAt, serviceTokens.IsOurs(token))).OrderBy(static token => token.Name, StringComparer.Ordinal)];
    }

    /// <summary><c>POST access/service-tokens {name, duration?}</c></summary>
    /// <exception cref="ProtocolException"><c>validation_failed</c>, <c>name_taken</c>, or <c>outcome_unknown</c>.</exception>
    public async ValueTask<NewServiceTokenDocument> CreateAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var (name, duration) = AgentMessageReader.Read(body, static root => (AgentMessageReader.Text(root, "name")?.Trim(), AgentMessageReader.Text(root, "duration") ?? DefaultDuration));
        if (string.IsNullOrEmpty(name) || Guid.TryParse(name, out _))
        {
            throw new ProtocolException(400, "validation_failed", "'name' must say what the token is for, such as backup; policies name it by that.");
        }

        if (duration != "forever" && (!GoDuration.TryParse(duration, out var span) || span < TimeSpan.FromHours(1)))
        {
            throw new ProtocolException(400, "validation_failed", $"'duration' is '{duration}': write hours, such as {DefaultDuration}, or forever.");
        }

        var view = await account.GetAsync(refresh: false, cancellationToken).ConfigureAwait(false);
        try
        {
            var (made, secret) = await serviceTokens.CreateAsync(view.AccountId, name, duration, cancellationToken).ConfigureAwait(false);
            return Told(made, secret);
        }
        finally
        {
            // A policy may wait for the name; or what may have been made is looked for.
            Forget();
        }
    }

    /// <summary><c>POST access/service-tokens/{id}/rotate {old_secret_hours?}</c></summary>
    /// <exception cref="ProtocolException"><c>token_not_found</c>, <c>not_owned</c>, <c>validation_failed</c> or <c>outcome_unknown</c>.</exception>
    public async ValueTask<NewServiceTokenDocument> RotateAsync(string id, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var (accountId, token) = await FindOursAsync(id, cancellationToken).ConfigureAwait(false);
        var hours = body.IsEmpty ? null : AgentMessageReader.Read(body, static root => AgentMessageReader.Number(root, "old_secret_hours", least: 0));
        var (rotated, secret) = await serviceTokens.RotateAsync(accountId, token, hours is > 0 and < 100_000 ? time.GetUtcNow().AddHours(hours.Value) : null, cancellationToken).ConfigureAwait(false);
        return Told(rotated, secret);
    }

    /// <exception cref="ProtocolException"><c>token_not_found</c>, or <c>not_owned</c>.</exception>
    public async ValueTask DeleteAsync(string id, CancellationToken cancellationToken)
    {
        var (accountId, token) = await FindOursAsync(id, cancellationToken).ConfigureAwait(false);
        await serviceTokens.DeleteAsync(accountId, token, cancellationToken).ConfigureAwait(false);
        Forget();
    }

    private async ValueTask<(string AccountId, ServiceToken Token)> FindOursAsync(string id, CancellationToken cancellationToken)
    {
        var (accountId, tokens) = await ReadAsync(cancellationToken).ConfigureAwait(false);
        var token = tokens.Find(token => string.Equals(token.Id, id, StringComparison.OrdinalIgnoreCase)) ?? throw new ProtocolException(404, "token_not_found", $"There is no service token '{id}': GET /api/v2/access/service-tokens lists them.");
        return serviceTokens.IsOurs(token) ? (accountId, token) : throw new ProtocolException(409, "not_owned", $"The service token '{token.Name}' was not made by DockFlare, so it is left alone: use the Zero Trust dashboard.");
    }

    private async ValueTask<(string AccountId, List<ServiceToken> Tokens)> ReadAsync(CancellationToken cancellationToken)
    {
        var view = await account.GetAsync(refresh: false, cancellationToken).ConfigureAwait(false);
        return (view.AccountId, await serviceTokens.ListAsync(view.AccountId, cancellationToken).ConfigureAwait(false));
    }

    private static NewServiceTokenDocument Told(ServiceToken token, string secret) => new(token.Id, token.Name, token.ClientId, secret, token.ExpiresAt);

    private void Forget()
    {
        observer.ForgetServiceTokens();
        signal.Raise();
    }
}
