using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace DockFlare.Dashboard.Login;

/// <summary>
/// The dashboard's cookie: protected by the key ring, it carries the secret of a session and nothing else that counts. Who it is and what they may do is looked
/// up with each request, so that a session, a user and a role end at once.
/// </summary>
internal sealed class SessionCookie(Users users, Sessions sessions, Mount mount, IDataProtectionProvider protection) : CookieAuthenticationEvents, IConfigureNamedOptions<CookieAuthenticationOptions>
{
    public const string Scheme = "DockFlare";
    public const string CookieName = "dockflare";
    public const string SecretClaim = "session";

    public void Configure(CookieAuthenticationOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, CookieAuthenticationOptions options)
    {
        if (!string.Equals(name, Scheme, StringComparison.Ordinal))
        {
            return;
        }

        options.Cookie.Name = CookieName;
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.Cookie.IsEssential = true;
        options.ExpireTimeSpan = Sessions.LongestIdle;
        options.SlidingExpiration = true;
        options.DataProtectionProvider = protection;
        options.Events = this;
    }

    /// <summary>Begins a session for a user and hands out its cookie.</summary>
    public async Task SignInAsync(HttpContext context, UserRecord user)
    {
        var browser = context.Request.Headers.UserAgent.ToString();
        var secret = await sessions.BeginAsync(user.Name, context.Connection.RemoteIpAddress?.ToString(), browser, context.RequestAborted).ConfigureAwait(false);
        await context.SignInAsync(Scheme, PrincipalOf(user, secret), new AuthenticationProperties { IsPersistent = true }).ConfigureAwait(false);
    }

    public override async Task ValidatePrincipal(CookieValidatePrincipalContext context)
    {
        var secret = context.Principal?.FindFirstValue(SecretClaim);
        await users.LoadAsync(context.HttpContext.RequestAborted).ConfigureAwait(false);
        if (secret is null
            || await sessions.FindAsync(secret, context.HttpContext.RequestAborted).ConfigureAwait(false) is not { } session
            || users.Find(session.User) is not { } user)
        {
            context.RejectPrincipal();
            return;
        }

        context.ReplacePrincipal(PrincipalOf(user, secret));
    }

    public override Task RedirectToLogin(RedirectContext<CookieAuthenticationOptions> context)
    {
        SecurityHeaders.Add(context.HttpContext);
        var request = context.Request;
        var login = mount.Url(request.PathBase, "/login");
        if (IsScripted(request))
        {
            // A swapped-in login page would be a riddle: the whole page goes there.
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers["HX-Redirect"] = login;
            return Task.CompletedTask;
        }

        var back = HttpMethods.IsGet(request.Method) ? $"{request.PathBase}{request.Path}{request.QueryString}" : null;
        context.Response.Redirect(back is null || string.Equals(back, mount.Url(request.PathBase, "/"), StringComparison.Ordinal) ? login : $"{login}?back={Uri.EscapeDataString(back)}");
        return Task.CompletedTask;
    }

    public override Task RedirectToAccessDenied(RedirectContext<CookieAuthenticationOptions> context)
    {
        SecurityHeaders.Add(context.HttpContext);
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return context.Response.WriteAsync("Your role does not allow this. Ask an admin of this DockFlare.", context.HttpContext.RequestAborted);
    }

    private static bool IsScripted(HttpRequest request) => request.Headers.ContainsKey("HX-Request");

    private static ClaimsPrincipal PrincipalOf(UserRecord user, string secret) =>
        new(new ClaimsIdentity([new(ClaimTypes.Name, user.Name), new(ClaimTypes.Role, user.Role.ToString()), new(SecretClaim, secret)], Scheme));
}
