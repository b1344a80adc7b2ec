namespace DockFlare.Dashboard.Login;

/// <summary>
/// Whoever wants to see a secret says once more who they are: a login or a confirmation of the last minutes, or the password with the request itself.
/// </summary>
internal sealed class Confirmation(Users users, Sessions sessions, PasswordLogin login, LoginLimiter limiter, Audit audit, TimeProvider time)
{
    /// <summary>This long a login counts.</summary>
    public static readonly TimeSpan Lasts = TimeSpan.FromMinutes(10);

    /// <summary>The name of the field with the password.</summary>
    public const string Field = "confirm";

    /// <summary>Whether they said it recently enough.</summary>
    public bool IsFresh(Visit visit) => visit.ConfirmedAt(sessions) is { } at && time.GetUtcNow() - at < Lasts;

    /// <summary>How they can say it.</summary>
    public (ConfirmWay Way, string? Provider) WayOf(Visit visit) => IsFresh(visit) ? (ConfirmWay.None, null) : visit.Session(sessions) switch
    {
        null => (ConfirmWay.Access, null),
        { Provider: { } provider } => (ConfirmWay.Provider, provider),
        _ => (ConfirmWay.Password, null),
    };

    /// <summary>Why the secret is not shown, as a sentence; null when it may be.</summary>
    public async Task<string?> FindFaultAsync(Visit visit, string what)
    {
        if (IsFresh(visit))
        {
            return null;
        }

        var (context, name) = (visit.Context, visit.User!);
        if (users.Find(name) is not { } user || visit.Session(sessions) is not { Provider: null })
        {
            await audit.RefusedAsync(context, name, $"{what} without a recent login").ConfigureAwait(false);
            return visit.T["confirm.again"];
        }

        if (limiter.Take(context.Connection.RemoteIpAddress, name, isKnownAddress: true) > TimeSpan.Zero
            || !await login.VerifyAsync(visit.Secret(Field), user.Password, context.RequestAborted).ConfigureAwait(false))
        {
            await audit.RefusedAsync(context, name, $"{what} with a wrong password").ConfigureAwait(false);
            return visit.T["confirm.wrong"];
        }

        limiter.Succeeded(context.Connection.RemoteIpAddress, name);
        await sessions.ConfirmAsync(visit.SessionId!, context.RequestAborted).ConfigureAwait(false);
        return null;
    }
}

/// <summary>How somebody says once more who they are.</summary>
internal enum ConfirmWay
{
    /// <summary>They have.</summary>
    None,
    Password,
    Provider,
    Access,
}
