using System.Security.Cryptography;
using System.Text;
using DockFlare.Hosting.Configuration;
using DockFlare.Hosting.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DockFlare.Dashboard.Login;

/// <summary>
/// Whether passwords let in. <c>DOCKFLARE_PASSWORD_LOGIN=false</c> ends that as soon as somebody was seen to come in another way that is set up as it is now:
/// nobody is locked out by a mistake in a setting, and nobody comes in without a login.
/// </summary>
internal sealed partial class PasswordGate(
    SettingValues values, LoginProviders providers, AccessSettings access, IStateStore store, TimeProvider time, ILogger<PasswordGate> logger) : IHostedService, IDisposable
{
    private readonly DocumentSet<LoginProof> proofs = new(store, "login-proof", LoginJson.Default.LoginProof);

    /// <summary>It is to be off.</summary>
    public bool IsUnwanted => !values.Boolean("PasswordLogin", fallback: true);

    public bool IsOpen => !IsUnwanted || !Ways().Any(way => proofs.Find(IdOf(way)) is not null);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await proofs.LoadAsync(cancellationToken).ConfigureAwait(false);
        if (!IsUnwanted)
        {
            return;
        }

        if (IsOpen)
        {
            LogStillOpen();
        }

        if (!providers.All.Any(static provider => provider.Allow.HasAdmin) && access.Allow is not { HasAdmin: true })
        {
            LogNoAdmin();
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Somebody came in this way.</summary>
    /// <param name="way">The provider's name, or <see cref="AccessSettings.Way"/>.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    public async ValueTask SawAsync(string way, CancellationToken cancellationToken)
    {
        var (id, wasOpen) = (IdOf(Ways().First(candidate => string.Equals(candidate.Name, way, StringComparison.Ordinal))), IsOpen);
        if (proofs.Find(id) is not null)
        {
            return;
        }

        await proofs.ChangeAsync(id, old => old is null ? new() { Way = way, At = time.GetUtcNow() } : null, cancellationToken).ConfigureAwait(false);
        if (IsUnwanted && wasOpen)
        {
            LogClosed(way);
        }
    }

    /// <summary>Why passwords cannot be turned off with these settings; null when they can, or need not be.</summary>
    public static string? FindFault(SettingValues values, LoginProviders providers, AccessSettings access) =>
        values.Boolean("PasswordLogin", fallback: true) || providers.All.Count > 0 || access.IsOn ? null
            : "DOCKFLARE_PASSWORD_LOGIN is 'false', and there is no other way to log in: set up a login provider (OIDC_<NAME>_CLIENT_ID and what goes with it) or Access verification (CF_ACCESS_TEAM and CF_ACCESS_AUDIENCE), or write true.";

    public void Dispose() => proofs.Dispose();

    private IEnumerable<(string Name, string Text)> Ways()
    {
        foreach (var provider in providers.All)
        {
            yield return (provider.Name, $"{provider.Authority}\n{provider.ClientId}");
        }

        if (access.IsOn)
        {
            yield return (AccessSettings.Way, $"{access.Issuer}\n{string.Join(',', access.Audiences)}");
        }
    }

    // One that points elsewhere since has not been seen to work.
    private static string IdOf((string Name, string Text) way) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{way.Name}\n{way.Text}")));

    [LoggerMessage(Level = LogLevel.Warning, Message = "DOCKFLARE_PASSWORD_LOGIN is false, but nobody has logged in any other way yet: passwords let in until somebody has.")]
    private partial void LogStillOpen();

    [LoggerMessage(Level = LogLevel.Warning, Message = "DOCKFLARE_PASSWORD_LOGIN is false and no OIDC_<NAME>_ALLOW or CF_ACCESS_ALLOW names an admin: nobody can be one. Write =admin behind an address.")]
    private partial void LogNoAdmin();

    [LoggerMessage(Level = LogLevel.Information, Message = "Somebody logged in through '{Way}': from now on passwords do not let in, and sessions that began with one have ended.")]
    private partial void LogClosed(string way);
}
