using DockFlare.Dashboard.Login;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace DockFlare.Dashboard.Pages;

/// <summary><c>/login</c>, <c>/login/{provider}</c> and <c>/logout</c>.</summary>
internal sealed class LoginPages(PasswordLogin login, PasswordGate gate, LoginProviders providers, ProviderLogin provided, SessionCookie cookie, Sessions sessions, Audit audit)
{
    public void Map(PageMap map)
    {
        map.OpenPage("/login", ShowAsync);
        map.OpenForm("/login", LogInAsync);
        map.OpenPage("/login/{provider}", GoToProviderAsync);
        map.OpenPage("/login/{provider}/callback", ComeBackAsync);
        map.Post("/logout", Role.Viewer, LogOutAsync);
    }

    private async Task ShowAsync(Visit visit)
    {
        var (context, back) = (visit.Context, LocalPath(visit.Query("back")));
        var fault = visit.Query("refused") is { } refused && visit.T.Has("refused." + refused) ? visit.T["refused." + refused] : null;
        if (AccessLogin.IsPresented(context.Request))
        {
            if ((await context.AuthenticateAsync(SessionCookie.Scheme).ConfigureAwait(false)).Succeeded)
            {
                // Access has let them in; there is nothing else to ask.
                context.Response.Redirect(back ?? visit.Url("/"));
                return;
            }

            fault = visit.T["refused.access"];
        }

        await ShowAsync(visit, null, back, fault, fault is null || visit.Query("refused") is not null ? StatusCodes.Status200OK : StatusCodes.Status403Forbidden).ConfigureAwait(false);
    }

    private Task ShowAsync(Visit visit, string? name, string? back, string? fault, int status)
    {
        var model = new LoginModel(name, back, fault, visit.IsSandbox) { HasPassword = gate.IsOpen, Providers = [.. providers.All.Select(static provider => (provider.Name, provider.Title))] };
        return visit.ShowAsync(visit.T["login.title"], new Pages_Login { Model = model, Visit = visit }, status);
    }

    private async Task LogInAsync(Visit visit)
    {
        var context = visit.Context;
        var (name, back) = (visit.Form("name") ?? "", LocalPath(visit.Form("back")));
        if (!gate.IsOpen || AccessLogin.IsPresented(context.Request))
        {
            await audit.RefusedAsync(context, name, "passwords do not let in").ConfigureAwait(false);
            await ShowAsync(visit, null, back, visit.T[gate.IsOpen ? "refused.access" : "refused.password"], StatusCodes.Status403Forbidden).ConfigureAwait(false);
            return;
        }

        switch (await login.TryAsync(name, context.Request.Form["password"].ToString(), context.Connection.RemoteIpAddress, context.RequestAborted).ConfigureAwait(false))
        {
            case LoginOutcome.Right right:
                await cookie.SignInAsync(context, new() { User = right.User.Name }).ConfigureAwait(false);
                audit.LoggedIn(context, right.User.Name);
                context.Response.StatusCode = StatusCodes.Status303SeeOther;
                context.Response.Headers.Location = back ?? visit.Url("/");
                return;
            case LoginOutcome.TooOften tooOften:
                await audit.RefusedAsync(context, name, "too many attempts").ConfigureAwait(false);
                var seconds = Math.Ceiling(tooOften.Wait.TotalSeconds);
                context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
                await ShowAsync(visit, name, back, visit.T.Say("login.tooOften", visit.T.Long(TimeSpan.FromSeconds(seconds + 59))), StatusCodes.Status429TooManyRequests).ConfigureAwait(false);
                return;
            default:
                await audit.RefusedAsync(context, name, "wrong name or password").ConfigureAwait(false);
                await ShowAsync(visit, name, back, visit.T["login.wrong"], StatusCodes.Status401Unauthorized).ConfigureAwait(false);
                return;
        }
    }

    private async Task GoToProviderAsync(Visit visit)
    {
        if (Find(visit) is not { } provider)
        {
            await visit.MessageAsync(StatusCodes.Status404NotFound, "login.title", visit.T["refused.unknown"]).ConfigureAwait(false);
            return;
        }

        var properties = new AuthenticationProperties { RedirectUri = LocalPath(visit.Query("back")) ?? visit.Url("/") };
        if (visit.Query("again") is not null)
        {
            properties.Items[ProviderLogin.AgainItem] = "1";
        }

        try
        {
            await visit.Context.ChallengeAsync(provider.Scheme, properties).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is InvalidOperationException or HttpRequestException or IOException && !visit.Context.Response.HasStarted)
        {
            // What the provider says of itself cannot be read.
            provided.Unreachable(provider, exception);
            await ShowAsync(visit, null, null, visit.T.Say("refused.unreachable", provider.Title), StatusCodes.Status502BadGateway).ConfigureAwait(false);
        }
    }

    // Where the authentication middleware runs it has answered before; an app that embeds us may do without it.
    private async Task ComeBackAsync(Visit visit)
    {
        if (Find(visit) is not { } provider || !await ProviderLogin.HandleAsync(visit.Context, provider).ConfigureAwait(false))
        {
            await visit.MessageAsync(StatusCodes.Status404NotFound, "login.title", visit.T["refused.unknown"]).ConfigureAwait(false);
        }
    }

    private LoginProvider? Find(Visit visit) => providers.Find(visit.Context.Request.RouteValues["provider"] as string);

    private async Task LogOutAsync(Visit visit)
    {
        if (visit.SessionId is { } id)
        {
            await sessions.EndAsync(id, visit.Context.RequestAborted).ConfigureAwait(false);
        }

        audit.LoggedOut(visit.Context);
        await visit.Context.SignOutAsync(SessionCookie.Scheme).ConfigureAwait(false);
        await visit.GoAsync("/login").ConfigureAwait(false);
    }

    /// <summary>A path of this origin; null for anything that could lead elsewhere.</summary>
    internal static string? LocalPath(string? back) =>
        back is ['/', ..] && back is not (['/', '/', ..] or ['/', '\\', ..]) && !back.Any(char.IsControl) ? back : null;
}
