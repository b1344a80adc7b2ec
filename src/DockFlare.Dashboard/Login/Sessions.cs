using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using DockFlare.Hosting.Persistence;

namespace DockFlare.Dashboard.Login;

/// <summary>Who is logged in. A session is in the store, so that a restart does not end it and an operator can.</summary>
internal sealed class Sessions(IStateStore store, TimeProvider time) : IDisposable
{
    /// <summary>A session that nobody used this long has ended.</summary>
    public static readonly TimeSpan LongestIdle = TimeSpan.FromDays(7);

    /// <summary>No session lasts longer than this.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromDays(30);

    // Not each request is worth a write.
    private static readonly TimeSpan Grain = TimeSpan.FromMinutes(5);
    private readonly DocumentSet<SessionRecord> sessions = new(store, "session", LoginJson.Default.SessionRecord);

    public ValueTask LoadAsync(CancellationToken cancellationToken) => sessions.LoadAsync(cancellationToken);

    /// <summary>The sessions of a user that have not ended, the newest first.</summary>
    public IReadOnlyList<(string Id, SessionRecord Session)> Of(string user) =>
    [
        .. sessions.All.Where(pair => IsOf(pair.Value, user) && !HasEnded(pair.Value)).OrderByDescending(static pair => pair.Value.LastSeen).Select(static pair => (pair.Key, pair.Value)),
    ];

    /// <summary>The sessions of those who have no password here, by the name they go by.</summary>
    public IReadOnlyList<(string User, int Count)> OfProviders =>
    [
        .. sessions.All.Where(pair => pair.Value.Provider is not null && !HasEnded(pair.Value)).GroupBy(static pair => pair.Value.User, StringComparer.OrdinalIgnoreCase)
            .OrderBy(static group => group.Key, StringComparer.OrdinalIgnoreCase).Select(static group => (group.Key, group.Count())),
    ];

    /// <summary>Begins a session.</summary>
    /// <param name="begun">Whose, from where; when it begins is written here.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <returns>The secret that the cookie carries; what is kept is its hash.</returns>
    public async ValueTask<string> BeginAsync(SessionRecord begun, CancellationToken cancellationToken)
    {
        foreach (var (id, _) in sessions.All.Where(pair => HasEnded(pair.Value)).ToList())
        {
            await sessions.DeleteAsync(id, cancellationToken).ConfigureAwait(false);
        }

        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var now = time.GetUtcNow();
        var session = begun with { CreatedAt = now, LastSeen = now, Browser = begun.Browser is { Length: > 200 } browser ? browser[..200] : begun.Browser };
        await sessions.ChangeAsync(IdOf(secret), _ => session, cancellationToken).ConfigureAwait(false);
        return secret;
    }

    /// <summary>The session of a secret, if it has not ended; takes note that it was used.</summary>
    public async ValueTask<SessionRecord?> FindAsync(string secret, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken).ConfigureAwait(false);
        var id = IdOf(secret);
        if (sessions.Find(id) is not { } session || HasEnded(session))
        {
            return null;
        }

        var now = time.GetUtcNow();
        return now - session.LastSeen < Grain
            ? session
            : await sessions.ChangeAsync(id, old => old is null ? null : old with { LastSeen = now }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The session with an id, ended or not.</summary>
    public SessionRecord? Peek(string id) => sessions.Find(id);

    /// <summary>They said once more who they are.</summary>
    public ValueTask<SessionRecord?> ConfirmAsync(string id, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return sessions.ChangeAsync(id, old => old is null ? null : old with { ConfirmedAt = now }, cancellationToken);
    }

    public ValueTask<bool> EndAsync(string id, CancellationToken cancellationToken) => sessions.DeleteAsync(id, cancellationToken);

    /// <summary>Ends every session of a user but the given one.</summary>
    public async ValueTask EndAllAsync(string user, string? exceptId, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken).ConfigureAwait(false);
        foreach (var (id, session) in sessions.All.ToList())
        {
            if (IsOf(session, user) && !string.Equals(id, exceptId, StringComparison.Ordinal))
            {
                await sessions.DeleteAsync(id, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public static string IdOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    public void Dispose() => sessions.Dispose();

    private static bool IsOf(SessionRecord session, string user) => string.Equals(session.User, user, StringComparison.OrdinalIgnoreCase);

    private bool HasEnded(SessionRecord session)
    {
        var now = time.GetUtcNow();
        return now - session.LastSeen > LongestIdle || now - session.CreatedAt > LongestLife;
    }
}
