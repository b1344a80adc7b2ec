using System.Net;

namespace DockFlare.Dashboard.Login;

/// <summary>Tells whether a name and a password belong together, within what one caller may try.</summary>
internal sealed class PasswordLogin(Users users, Sessions sessions, AdminKeeper keeper, LoginLimiter limiter) : IDisposable
{
    // Each hash takes a core for a tenth of a second: a flood of logins must not take them all.
    private readonly SemaphoreSlim hashing = new(2, 2);

    public async Task<LoginOutcome> TryAsync(string name, string password, IPAddress? address, CancellationToken cancellationToken)
    {
        await keeper.Ready.WaitAsync(cancellationToken).ConfigureAwait(false);
        var isKnown = sessions.Of(name).Any(pair => pair.Session.Address is { } known && string.Equals(known, address?.ToString(), StringComparison.Ordinal));
        if (limiter.Take(address, name, isKnown) is { Ticks: > 0 } wait)
        {
            return new LoginOutcome.TooOften(wait);
        }

        var user = users.Find(name);
        if (password.Length > PasswordHash.GreatestLength || !await VerifyAsync(password, user?.Password ?? PasswordHash.OfNobody, cancellationToken).ConfigureAwait(false) || user is null)
        {
            return new LoginOutcome.Wrong();
        }

        limiter.Succeeded(address, name);
        return new LoginOutcome.Right(user);
    }

    public async Task<bool> VerifyAsync(string password, string hash, CancellationToken cancellationToken)
    {
        await hashing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return PasswordHash.Verify(password, hash);
        }
        finally
        {
            hashing.Release();
        }
    }

    public void Dispose() => hashing.Dispose();
}

/// <summary>What came of an attempt to log in.</summary>
internal abstract record LoginOutcome
{
    private LoginOutcome()
    {
    }

    public sealed record Right(UserRecord User) : LoginOutcome;

    public sealed record Wrong : LoginOutcome;

    public sealed record TooOften(TimeSpan Wait) : LoginOutcome;
}
