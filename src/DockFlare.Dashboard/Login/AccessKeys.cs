using Microsoft.IdentityModel.Tokens;

namespace DockFlare.Dashboard.Login;

/// <summary>
/// The keys that a team signs with, as its certs endpoint has them. They are asked for again when they are old, and when a token names one that is not among them, though
/// not oftener than once in a while: whoever makes up key ids must not have us call Cloudflare for each.
/// </summary>
internal sealed class AccessKeys(AccessSettings settings, HttpClient http, TimeProvider time) : IDisposable
{
    public static readonly TimeSpan GoodFor = TimeSpan.FromHours(1);
    public static readonly TimeSpan Between = TimeSpan.FromSeconds(30);

    /// <summary>The longest answer that is read, in bytes.</summary>
    public const long Longest = 1024 * 1024;
    private readonly SemaphoreSlim asking = new(1, 1);
    private volatile Known known = new([], DateTimeOffset.MinValue, DateTimeOffset.MinValue, null);

    /// <summary>The key with an id; null when the team has none of it.</summary>
    /// <exception cref="HttpRequestException">The endpoint does not answer, and no key is known.</exception>
    public async ValueTask<SecurityKey?> FindAsync(string id, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (known is var seen && (now - seen.ReadAt >= GoodFor || Of(seen, id) is null) && now - seen.TriedAt >= Between)
        {
            await AskAsync(seen, cancellationToken).ConfigureAwait(false);
        }

        // Keys that were right a day ago are taken while the endpoint is away, not for ever.
        return known.ReadAt == DateTimeOffset.MinValue || now - known.ReadAt > TimeSpan.FromDays(1)
            ? throw new HttpRequestException($"{settings.Certificates} does not give the keys: {known.Fault}")
            : Of(known, id);
    }

    public void Dispose() => asking.Dispose();

    private static SecurityKey? Of(Known seen, string id) => seen.Keys.FirstOrDefault(key => string.Equals(key.KeyId, id, StringComparison.Ordinal));

    private async Task AskAsync(Known seen, CancellationToken cancellationToken)
    {
        await asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!ReferenceEquals(known, seen))
            {
                return;
            }

            var now = time.GetUtcNow();
            try
            {
                // Whoever asked may go away; the answer is for all.
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10), time);
                var text = await http.GetStringAsync(settings.Certificates, patience.Token).ConfigureAwait(false);
                SecurityKey[] keys = [.. new JsonWebKeySet(text).GetSigningKeys().Where(static key => key.KeyId is { Length: > 0 })];
                known = keys.Length == 0 ? seen with { TriedAt = now, Fault = "there is no key in its answer." } : new(keys, now, now, null);
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or ArgumentException or System.Text.Json.JsonException)
            {
                known = seen with { TriedAt = now, Fault = exception.Message };
            }
        }
        finally
        {
            asking.Release();
        }
    }

    private sealed record Known(IReadOnlyList<SecurityKey> Keys, DateTimeOffset ReadAt, DateTimeOffset TriedAt, string? Fault);
}
