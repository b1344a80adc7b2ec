using DockFlare.Core.Access;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Cloudflare;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>
/// The service tokens that are made here. One is made under a name that nobody else can have chosen, and this name is in the store first: when the answer
/// is lost, and with it the secret, the next look finds what was made and deletes it, so that no credential is left that nobody holds. A token whose
/// secret was told gets the name that was asked for.
/// </summary>
internal sealed partial class ServiceTokens(CloudflareAccessClient client, AccessObserver observer, AccessStore store, TimeProvider time, ILogger<ServiceTokens> logger) : IDisposable
{
    // A call that was given up may still be carried out.
    private static readonly TimeSpan LooksFor = TimeSpan.FromHours(1);
    private readonly SemaphoreSlim gate = new(1, 1);

    /// <summary>Every service token of the account, after those whose secret was lost are gone.</summary>
    public async Task<List<ServiceToken>> ListAsync(string accountId, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return (await ReadAsync(accountId, cancellationToken).ConfigureAwait(false)).Tokens;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Whether a token was made here.</summary>
    public bool IsOurs(ServiceToken token) => store.Find(AccessStore.TokenKind, token.Id) is not null;

    /// <summary>Makes a token; its secret comes with this answer alone.</summary>
    /// <exception cref="ProtocolException"><c>name_taken</c>, or <c>outcome_unknown</c>.</exception>
    public async Task<(ServiceToken Token, string Secret)> CreateAsync(string accountId, string name, string duration, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Cloudflare takes a name twice, and a policy could then mean either.
            var (there, _) = await ReadAsync(accountId, cancellationToken).ConfigureAwait(false);
            if (there.Exists(token => IsNamed(token, name)))
            {
                throw new ProtocolException(409, "name_taken", $"The account has a service token '{name}' already: choose another name, or rotate that one.");
            }

            // What was sent is taken down, whether or not somebody still waits for it.
            var marked = $"{name} (dockflare {Guid.NewGuid():N})";
            await store.SaveAsync(AccessStore.TokenKind, new() { Key = marked, Sent = marked, Since = time.GetUtcNow() }, CancellationToken.None).ConfigureAwait(false);
            var (token, secret) = await MakeAsync(accountId, name, marked, duration, CancellationToken.None).ConfigureAwait(false);
            await store.SaveAsync(AccessStore.TokenKind, new() { Key = token.Id, Id = token.Id, Sent = name }, CancellationToken.None).ConfigureAwait(false);
            await store.RemoveAsync(AccessStore.TokenKind, marked, CancellationToken.None).ConfigureAwait(false);
            return await RenameAsync(accountId, token, name, CancellationToken.None).ConfigureAwait(false) is null ? (token with { Name = name }, secret) : (token, secret);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Gives a token of ours a new secret, which comes with this answer alone.</summary>
    /// <exception cref="ProtocolException"><c>outcome_unknown</c>.</exception>
    public async Task<(ServiceToken Token, string Secret)> RotateAsync(string accountId, ServiceToken token, DateTimeOffset? oldUntil, CancellationToken cancellationToken)
    {
        try
        {
            return await client.RotateServiceTokenAsync(accountId, token.Id, token.Name, oldUntil, cancellationToken).ConfigureAwait(false);
        }
        catch (CloudflareException exception) when (IsUnknown(exception))
        {
            throw new ProtocolException(503, "outcome_unknown", $"{exception.Message} Whether the service token '{token.Name}' has a new secret is not known, and the old one may not work any more: rotate it again.");
        }
    }

    /// <summary>Deletes a token of ours.</summary>
    public async Task DeleteAsync(string accountId, ServiceToken token, CancellationToken cancellationToken)
    {
        await client.DeleteServiceTokenAsync(accountId, token.Id, token.Name, cancellationToken).ConfigureAwait(false);
        await store.RemoveAsync(AccessStore.TokenKind, token.Id, cancellationToken).ConfigureAwait(false);
        observer.ForgetServiceTokens();
    }

    /// <summary>In a pass: looks for tokens whose answer was lost, when there may be any.</summary>
    public async Task<List<ApplyFault>> StepAsync(string accountId, CancellationToken cancellationToken)
    {
        // While one is being made just now, what is there of it is not lost.
        if (store.Unfinished(AccessStore.TokenKind).Count == 0 || !await gate.WaitAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false))
        {
            return [];
        }

        try
        {
            return (await ReadAsync(accountId, cancellationToken).ConfigureAwait(false)).Faults;
        }
        catch (CloudflareException exception)
        {
            return [new("service tokens", exception.Message, exception.Fault, exception.RetryAfter)];
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    private async Task<(ServiceToken Token, string Secret)> MakeAsync(string accountId, string name, string marked, string duration, CancellationToken cancellationToken)
    {
        try
        {
            return await client.CreateServiceTokenAsync(accountId, marked, duration, cancellationToken).ConfigureAwait(false);
        }
        catch (CloudflareException exception) when (!IsUnknown(exception))
        {
            await store.RemoveAsync(AccessStore.TokenKind, marked, cancellationToken).ConfigureAwait(false);
            throw;
        }
        catch (CloudflareException exception)
        {
            throw new ProtocolException(503, "outcome_unknown", $"{exception.Message} Whether the service token '{name}' was made is not known, and its secret is lost: DockFlare looks for it ('{marked}') and deletes it. Make it again.");
        }
    }

    private async Task<(List<ServiceToken> Tokens, List<ApplyFault> Faults)> ReadAsync(string accountId, CancellationToken cancellationToken)
    {
        await store.LoadAsync(cancellationToken).ConfigureAwait(false);
        var tokens = await client.ListServiceTokensAsync(accountId, cancellationToken).ConfigureAwait(false);
        var faults = new List<ApplyFault>();
        foreach (var record in store.Unfinished(AccessStore.TokenKind))
        {
            var token = tokens.Find(token => record.Id is null ? string.Equals(token.Name, record.Sent, StringComparison.Ordinal) : string.Equals(token.Id, record.Id, StringComparison.Ordinal));
            if (token is null)
            {
                if (record.Id is not null || time.GetUtcNow() - record.Since > LooksFor)
                {
                    await store.RemoveAsync(AccessStore.TokenKind, record.Key, cancellationToken).ConfigureAwait(false);
                }
            }
            else if (record.Id is not null)
            {
                var fault = await RenameAsync(accountId, token, record.Sent!, cancellationToken).ConfigureAwait(false);
                tokens[tokens.IndexOf(token)] = fault is null ? token with { Name = record.Sent! } : token;
                faults.AddRange(fault is null ? [] : [fault]);
            }
            else if (await EndAsync(accountId, token, record, cancellationToken).ConfigureAwait(false) is { } fault)
            {
                faults.Add(fault);
            }
            else
            {
                tokens.Remove(token);
            }
        }

        return (tokens, faults);
    }

    private async Task<ApplyFault?> RenameAsync(string accountId, ServiceToken token, string name, CancellationToken cancellationToken)
    {
        try
        {
            await client.RenameServiceTokenAsync(accountId, token, name, cancellationToken).ConfigureAwait(false);
            await store.SaveAsync(AccessStore.TokenKind, new() { Key = token.Id, Id = token.Id }, cancellationToken).ConfigureAwait(false);
            observer.ForgetServiceTokens();
            return null;
        }
        catch (CloudflareException exception)
        {
            return new(token.Name, exception.Message, exception.Fault, exception.RetryAfter);
        }
    }

    private async Task<ApplyFault?> EndAsync(string accountId, ServiceToken token, AccessRecord record, CancellationToken cancellationToken)
    {
        try
        {
            await client.DeleteServiceTokenAsync(accountId, token.Id, token.Name, cancellationToken).ConfigureAwait(false);
            await store.RemoveAsync(AccessStore.TokenKind, record.Key, cancellationToken).ConfigureAwait(false);
            observer.ForgetServiceTokens();
            LogLost(token.Name);
            return null;
        }
        catch (CloudflareException exception)
        {
            return new(token.Name, exception.Message, exception.Fault, exception.RetryAfter);
        }
    }

    private bool IsNamed(ServiceToken token, string name) =>
        string.Equals(token.Name, name, StringComparison.OrdinalIgnoreCase)
        || string.Equals(store.Find(AccessStore.TokenKind, token.Id)?.Sent, name, StringComparison.OrdinalIgnoreCase);

    // Refused, or never sent: then nothing was made.
    private static bool IsUnknown(CloudflareException exception) => exception is { Fault: CloudflareFault.Passing, WasNotSent: false, IsTooManyCalls: false };

    [LoggerMessage(Level = LogLevel.Warning, Message = "The service token '{Name}' was made by a call whose answer was lost, so nobody has its secret: it is deleted. Make it again.")]
    private partial void LogLost(string name);
}
