using DockFlare.Dashboard.Login;
using Microsoft.AspNetCore.Http;

namespace DockFlare.Dashboard.Pages;

/// <summary><c>/account</c>: one's own password and sessions.</summary>
internal sealed class AccountPage(Users users, Sessions sessions, PasswordLogin login, LoginLimiter limiter, Audit audit)
{
    public void Map(PageMap map)
    {
        map.Get("/account", Role.Viewer, visit => ShowAsync(visit, null));
        map.Post("/account/password", Role.Viewer, ChangePasswordAsync);
        map.Post("/account/sessions/end", Role.Viewer, EndAsync);
    }

    private Task ShowAsync(Visit visit, string? fault, int status = StatusCodes.Status200OK)
    {
        var model = new AccountModel(visit.User!, visit.Role, sessions.Of(visit.User!), visit.SessionId, fault) { HasPassword = users.Find(visit.User!) is not null };
        return visit.ShowAsync(visit.T["account.title"], new Pages_Account { Model = model, Visit = visit }, status);
    }

    private async Task ChangePasswordAsync(Visit visit)
    {
        var (context, name, next) = (visit.Context, visit.User!, visit.Secret("new"));
        if (Users.FindFault(next, name) is { } fault)
        {
            await ShowAsync(visit, visit.T[fault], StatusCodes.Status400BadRequest).ConfigureAwait(false);
            return;
        }

        if (limiter.Take(context.Connection.RemoteIpAddress, name, isKnownAddress: true) > TimeSpan.Zero
            || users.Find(name) is not { } user
            || !await login.VerifyAsync(visit.Secret("current"), user.Password, context.RequestAborted).ConfigureAwait(false))
        {
            await audit.RefusedAsync(context, name, "wrong present password at a change of it").ConfigureAwait(false);
            await ShowAsync(visit, visit.T["account.wrong"], StatusCodes.Status400BadRequest).ConfigureAwait(false);
            return;
        }

        limiter.Succeeded(context.Connection.RemoteIpAddress, name);
        await users.SetPasswordAsync(name, PasswordHash.Make(next), context.RequestAborted).ConfigureAwait(false);
        await sessions.EndAllAsync(name, visit.SessionId, context.RequestAborted).ConfigureAwait(false);
        await audit.DidAsync(context, "changed their own password").ConfigureAwait(false);
        await visit.GoAsync("/account?done=password").ConfigureAwait(false);
    }

    private async Task EndAsync(Visit visit)
    {
        var id = visit.Form("session");
        if (id is not null && sessions.Of(visit.User!).Any(pair => string.Equals(pair.Id, id, StringComparison.Ordinal)))
        {
            await sessions.EndAsync(id, visit.Context.RequestAborted).ConfigureAwait(false);
            await audit.DidAsync(visit.Context, "ended a session of their own").ConfigureAwait(false);
        }

        await visit.GoAsync("/account?done=sessionEnded").ConfigureAwait(false);
    }
}

/// <summary>What the account page shows.</summary>
internal sealed record AccountModel(string Name, Role Role, IReadOnlyList<(string Id, SessionRecord Session)> Sessions, string? ThisSession, string? Fault)
{
    /// <summary>Whether they have a password here, which a provider's users do not.</summary>
    public bool HasPassword { get; init; }
}
