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
internal sealed class SessionCookie(Users users, Sessions sessions, SessionRoles roles, AccessSettings access, Mount mount, IDataProtectionProvider protection) : CookieAuthenticationEvents, IConfigureNamedOptions<CookieAuthenticationOptions>
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
        if (access.IsOn)
        {
            // Who comes through Access is who Access says; the rest of what a scheme does is done here.
            options.ForwardDefaultSelector = static context => AccessLogin.IsPresented(context.Request) ? AccessLogin.SchemeName : null;
            options.ForwardChallenge = options.ForwardForbid = options.ForwardSignIn = options.ForwardSignOut = Scheme;
        }
    }

    /// <summary>Begins a session and hands out its cookie. A session that the browser had ends.</summary>
    /// <param name="context">The request.</param>
    /// <param name="begun">Whose; where it comes from is written here.</param>
    public async Task SignInAsync(HttpContext context, SessionRecord begun)
    {
        var earlier = (await context.AuthenticateAsync(Scheme).ConfigureAwait(false)).Principal?.FindFirstValue(SecretClaim);
        var session = begun with { Address = context.Connection.RemoteIpAddress?.ToString(), Browser = context.Request.Headers.UserAgent.ToString() };
        var role = roles.Find(session) ?? throw new InvalidOperationException($"'{session.User}' may not come in.");
        var secret = await sessions.BeginAsync(session, context.RequestAborted).ConfigureAwait(false);
        if (earlier is not null)
        {
            await sessions.EndAsync(Sessions.IdOf(earlier), context.RequestAborted).ConfigureAwait(false);
        }

        await context.SignInAsync(Scheme, PrincipalOf(session, role, secret), new AuthenticationProperties { IsPersistent = true }).ConfigureAwait(false);
    }

    public override async Task ValidatePrincipal(CookieValidatePrincipalContext context)
    {
        var secret = context.Principal?.FindFirstValue(SecretClaim);
        await users.LoadAsync(context.HttpContext.RequestAborted).ConfigureAwait(false);
        if (secret is null
            || await sessions.FindAsync(secret, context.HttpContext.RequestAborted).ConfigureAwait(false) is not { } session
            || roles.Find(session) is not { } role)
        {
            context.RejectPrincipal();
            return;
        }

        context.ReplacePrincipal(PrincipalOf(session, role, secret));
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

    private static ClaimsPrincipal PrincipalOf(SessionRecord session, Role role, string secret) =>
        new(new ClaimsIdentity([new(ClaimTypes.Name, session.User), new(ClaimTypes.Role, role.ToString()), new(SecretClaim, secret)], Scheme));
}
