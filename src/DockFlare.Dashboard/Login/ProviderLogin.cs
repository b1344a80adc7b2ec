using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DockFlare.Dashboard.Login;

/// <summary>Logging in through a provider: on the way there, and what becomes of who comes back.</summary>
internal sealed partial class ProviderLogin(SessionCookie cookie, PasswordGate gate, Audit audit, Mount mount, TimeProvider time, ILogger<ProviderLogin> logger)
{
    /// <summary>On the way of somebody who is logged in and says once more who they are.</summary>
    public const string AgainItem = "dockflare.again";

    // Which groups somebody is in is kept with their session.
    private const int MostGroups = 200;

    public string CallbackPath(LoginProvider provider) => $"{mount.Prefix}/login/{provider.Name}/callback";

    /// <summary>Somebody came back, and what the provider says of them is verified.</summary>
    /// <param name="context">The request.</param>
    /// <param name="provider">Which provider.</param>
    /// <param name="principal">With <c>email</c>, <c>email_verified</c> and <c>groups</c>, all from one source.</param>
    /// <param name="properties">What they took along.</param>
    /// <param name="back">Where they wanted to be.</param>
    public async Task WelcomeAsync(HttpContext context, LoginProvider provider, ClaimsPrincipal principal, AuthenticationProperties? properties, string? back)
    {
        var email = principal.FindFirstValue("email") ?? "";
        if (!AllowList.IsEmail(email))
        {
            await RefuseAsync(context, provider, null, "noEmail", "the provider names no e-mail address").ConfigureAwait(false);
            return;
        }

        if (!string.Equals(principal.FindFirstValue("email_verified"), "true", StringComparison.OrdinalIgnoreCase))
        {
            await RefuseAsync(context, provider, email, "unverified", "the provider has not verified the address").ConfigureAwait(false);
            return;
        }

        var isAgain = properties?.Items.ContainsKey(AgainItem) == true;
        if (isAgain && principal.FindFirstValue("auth_time") is { } text && long.TryParse(text, out var seconds)
            && time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(seconds) >= Confirmation.Lasts)
        {
            await RefuseAsync(context, provider, email, "notAgain", "the provider did not ask again who it is").ConfigureAwait(false);
            return;
        }

        string[] groups = [.. principal.FindAll("groups").Select(static claim => claim.Value).Distinct(StringComparer.Ordinal).Take(MostGroups)];
        if (provider.Allow.RoleOf(email, groups) is null)
        {
            await RefuseAsync(context, provider, email, "notAllowed", $"the address is not in OIDC_{provider.Name.ToUpperInvariant()}_ALLOW").ConfigureAwait(false);
            return;
        }

        // Groups that the list does not name decide nothing and are not kept.
        string[] named = [.. groups.Where(group => provider.Allow.Entries.Any(entry => entry.Kind == AllowKind.Group && string.Equals(entry.Value, group, StringComparison.Ordinal)))];
        var user = $"{provider.Name}:{email.ToLowerInvariant()}";
        await cookie.SignInAsync(context, new() { User = user, Provider = provider.Name, Email = email, Groups = named }).ConfigureAwait(false);
        await gate.SawAsync(provider.Name, context.RequestAborted).ConfigureAwait(false);
        audit.LoggedIn(context, user);
        Go(context, back);
    }

    /// <summary>Has the provider's own handler look at the browser that came back; false when it is not for it.</summary>
    public static async Task<bool> HandleAsync(HttpContext context, LoginProvider provider) =>
        await context.RequestServices.GetRequiredService<IAuthenticationHandlerProvider>().GetHandlerAsync(context, provider.Scheme).ConfigureAwait(false) is IAuthenticationRequestHandler handler
        && await handler.HandleRequestAsync().ConfigureAwait(false);

    /// <summary>What the provider says of itself could not be read.</summary>
    public void Unreachable(LoginProvider provider, Exception failure) => LogFailure(provider.Name, failure.Message);

    /// <summary>It went wrong on the way: another's answer, an old one, or one the provider takes back.</summary>
    public async Task FailedAsync(HttpContext context, LoginProvider provider, Exception? failure, bool isDenied = false)
    {
        if (failure is not null)
        {
            LogFailure(provider.Name, failure.Message);
        }

        await RefuseAsync(context, provider, null, isDenied ? "denied" : "failed", isDenied ? "it was called off at the provider" : "what came back from the provider does not hold").ConfigureAwait(false);
    }

    private async Task RefuseAsync(HttpContext context, LoginProvider provider, string? email, string key, string why)
    {
        await audit.RefusedAsync(context, $"{provider.Name}:{email ?? "?"}", why).ConfigureAwait(false);
        Go(context, mount.Url(context.Request.PathBase, $"/login?refused={key}"));
    }

    private void Go(HttpContext context, string? path)
    {
        SecurityHeaders.Add(context);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = path ?? mount.Url(context.Request.PathBase, "/");
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A login through '{Provider}' failed: {Reason}")]
    private partial void LogFailure(string provider, string reason);
}
