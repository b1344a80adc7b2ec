using DockFlare.Hosting.Persistence;

namespace DockFlare.Dashboard.Login;

/// <summary>Who may log in.</summary>
internal sealed class Users(IStateStore store, TimeProvider time) : IDisposable
{
    public const string Admin = "admin";
    private readonly DocumentSet<UserRecord> users = new(store, "user", LoginJson.Default.UserRecord);

    /// <summary>Every user, by name.</summary>
    public IReadOnlyList<UserRecord> All => [.. users.All.Select(static pair => pair.Value)];

    public ValueTask LoadAsync(CancellationToken cancellationToken) => users.LoadAsync(cancellationToken);

    public UserRecord? Find(string name) => users.Find(IdOf(name));

    /// <summary>Why a new password cannot be used and what to write instead; null when it can.</summary>
    public static string? FindFault(string? password, string name) => password switch
    {
        null or { Length: < PasswordHash.LeastLength } => "password.short",
        { Length: > PasswordHash.GreatestLength } => "password.long",
        _ when string.Equals(password, name, StringComparison.OrdinalIgnoreCase) => "password.name",
        _ => null,
    };

    public static bool IsName(string? name) => name is { Length: >= 1 and <= 64 } && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@');

    /// <summary>Makes a user. False when the name is taken.</summary>
    public async ValueTask<bool> CreateAsync(UserRecord user, CancellationToken cancellationToken)
    {
        var isNew = false;
        var now = time.GetUtcNow();
        await users.ChangeAsync(
            IdOf(user.Name), old => (isNew = old is null) ? user with { CreatedAt = now, PasswordChangedAt = now } : null, cancellationToken).ConfigureAwait(false);
        return isNew;
    }

    public ValueTask<UserRecord?> ChangeAsync(string name, Func<UserRecord, UserRecord> change, CancellationToken cancellationToken) =>
        users.ChangeAsync(IdOf(name), old => old is null ? null : change(old), cancellationToken);

    public ValueTask<UserRecord?> SetPasswordAsync(string name, string hash, CancellationToken cancellationToken) =>
        ChangeAsync(name, user => user with { Password = hash, PasswordChangedAt = time.GetUtcNow() }, cancellationToken);

    public ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken) => users.DeleteAsync(IdOf(name), cancellationToken);

    public void Dispose() => users.Dispose();

    private static string IdOf(string name) => name.ToLowerInvariant();
}
