using DockFlare.Dashboard.Login;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace DockFlare.Dashboard.Pages;

/// <summary><c>/login</c> and <c>/logout</c>.</summary>
internal sealed class LoginPages(PasswordLogin login, SessionCookie cookie, Sessions sessions, Audit audit)
{
    public void Map(PageMap map)
    {
        map.OpenPage("/login", ShowAsync);
        map.OpenForm("/login", LogInAsync);
        map.Post("/logout", Role.Viewer, LogOutAsync);
    }

    private static Task ShowAsync(Visit visit) => ShowAsync(visit, new(null, LocalPath(visit.Query("back")), null, visit.IsSandbox), StatusCodes.Status200OK);

    private static Task ShowAsync(Visit visit, LoginModel model, int status) => visit.ShowAsync(visit.T["login.title"], new Pages_Login { Model = model, Visit = visit }, status);

    private async Task LogInAsync(Visit visit)
    {
        var context = visit.Context;
        var (name, back) = (visit.Form("name") ?? "", LocalPath(visit.Form("back")));
        switch (await login.TryAsync(name, context.Request.Form["password"].ToString(), context.Connection.RemoteIpAddress, context.RequestAborted).ConfigureAwait(false))
        {
            case LoginOutcome.Right right:
                await cookie.SignInAsync(context, right.User).ConfigureAwait(false);
                audit.LoggedIn(context, right.User.Name);
                context.Response.StatusCode = StatusCodes.Status303SeeOther;
                context.Response.Headers.Location = back ?? visit.Url("/");
                return;
            case LoginOutcome.TooOften tooOften:
                audit.Refused(context, name, "too many attempts");
                var seconds = Math.Ceiling(tooOften.Wait.TotalSeconds);
                context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
                await ShowAsync(visit, new(name, back, visit.T.Say("login.tooOften", visit.T.Long(TimeSpan.FromSeconds(seconds + 59))), visit.IsSandbox), StatusCodes.Status429TooManyRequests).ConfigureAwait(false);
                return;
            default:
                audit.Refused(context, name, "wrong name or password");
                await ShowAsync(visit, new(name, back, visit.T["login.wrong"], visit.IsSandbox), StatusCodes.Status401Unauthorized).ConfigureAwait(false);
                return;
        }
    }

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
