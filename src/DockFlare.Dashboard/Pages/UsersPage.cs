using DockFlare.Dashboard.Login;
using Microsoft.AspNetCore.Http;

namespace DockFlare.Dashboard.Pages;

/// <summary><c>/users</c>: who may log in, and as what. There is always an admin left.</summary>
internal sealed class UsersPage(Users users, Sessions sessions, Audit audit) : IDisposable
{
    // Two admins who demote each other at the same moment must not both succeed.
    private readonly SemaphoreSlim changing = new(1, 1);

    public void Map(PageMap map)
    {
        map.Get("/users", Role.Admin, visit => ShowAsync(visit, null));
        map.Post("/users", Role.Admin, AddAsync);
        Act(map, "role", SetRoleAsync);
        Act(map, "password", SetPasswordAsync);
        Act(map, "end", async (visit, user) =>
        {
            await sessions.EndAllAsync(user.Name, exceptId: null, visit.Context.RequestAborted).ConfigureAwait(false);
            await audit.DidAsync(visit.Context, $"ended all sessions of the user '{user.Name}'").ConfigureAwait(false);
            return null;
        });
        Act(map, "remove", RemoveAsync);
        map.Post("/users/provided/end", Role.Admin, EndProvidedAsync);
    }

    private async Task EndProvidedAsync(Visit visit)
    {
        var name = visit.Form("name") ?? "";
        if (!sessions.OfProviders.Any(one => string.Equals(one.User, name, StringComparison.Ordinal)))
        {
            await ShowAsync(visit, visit.T["users.unknown"], StatusCodes.Status409Conflict).ConfigureAwait(false);
            return;
        }

        await sessions.EndAllAsync(name, exceptId: null, visit.Context.RequestAborted).ConfigureAwait(false);
        await audit.DidAsync(visit.Context, $"ended all sessions of '{name}'").ConfigureAwait(false);
        await visit.GoAsync("/users?done=user").ConfigureAwait(false);
    }

    // What an act answers is why it is refused.
    private void Act(PageMap map, string name, Func<Visit, UserRecord, Task<string?>> act) => map.Post("/users/" + name, Role.Admin, async visit =>
    {
        await changing.WaitAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        try
        {
            var fault = users.Find(visit.Form("name") ?? "") is { } user ? await act(visit, user).ConfigureAwait(false) : visit.T["users.unknown"];
            await (fault is null ? visit.GoAsync("/users?done=user") : ShowAsync(visit, fault, StatusCodes.Status409Conflict)).ConfigureAwait(false);
        }
        finally
        {
            changing.Release();
        }
    });

    private Task ShowAsync(Visit visit, string? fault, int status = StatusCodes.Status200OK)
    {
        var model = new UsersModel([.. users.All.Select(user => (user, sessions.Of(user.Name).Count))], sessions.OfProviders, fault);
        return visit.ShowAsync(visit.T["users.title"], new Pages_Users { Model = model, Visit = visit }, status);
    }

    private async Task AddAsync(Visit visit)
    {
        var (name, password, role) = (visit.Form("name") ?? "", visit.Secret("password"), visit.Form("role"));
        var fault = !Users.IsName(name) ? visit.T["users.badName"]
            : Users.FindFault(password, name) is { } found ? visit.T[found]
            : !Enum.TryParse<Role>(role, out var level) || !Enum.IsDefined(level) ? visit.T["users.badRole"]
            : await users.CreateAsync(new() { Name = name, Role = level, Password = PasswordHash.Make(password) }, visit.Context.RequestAborted).ConfigureAwait(false) ? null
            : visit.T.Say("users.taken", name);
        if (fault is not null)
        {
            await ShowAsync(visit, fault, StatusCodes.Status400BadRequest).ConfigureAwait(false);
            return;
        }

        await audit.DidAsync(visit.Context, $"added the user '{name}' as {role}").ConfigureAwait(false);
        await visit.GoAsync("/users?done=user").ConfigureAwait(false);
    }

    private async Task<string?> SetRoleAsync(Visit visit, UserRecord user)
    {
        if (!Enum.TryParse<Role>(visit.Form("role"), out var role) || !Enum.IsDefined(role))
        {
            return visit.T["users.badRole"];
        }

        if (role != Role.Admin && IsLastAdmin(user))
        {
            return visit.T["users.lastAdmin"];
        }

        await users.ChangeAsync(user.Name, old => old with { Role = role }, visit.Context.RequestAborted).ConfigureAwait(false);
        await audit.DidAsync(visit.Context, $"made the user '{user.Name}' {role}").ConfigureAwait(false);
        return null;
    }

    private async Task<string?> SetPasswordAsync(Visit visit, UserRecord user)
    {
        var password = visit.Secret("password");
        if (Users.FindFault(password, user.Name) is { } fault)
        {
            return visit.T[fault];
        }

        await users.SetPasswordAsync(user.Name, PasswordHash.Make(password), visit.Context.RequestAborted).ConfigureAwait(false);
        await sessions.EndAllAsync(user.Name, exceptId: string.Equals(user.Name, visit.User, StringComparison.Ordinal) ? visit.SessionId : null, visit.Context.RequestAborted).ConfigureAwait(false);
        await audit.DidAsync(visit.Context, $"gave the user '{user.Name}' a new password").ConfigureAwait(false);
        return null;
    }

    private async Task<string?> RemoveAsync(Visit visit, UserRecord user)
    {
        if (IsLastAdmin(user))
        {
            return visit.T["users.lastAdmin"];
        }

        await users.DeleteAsync(user.Name, visit.Context.RequestAborted).ConfigureAwait(false);
        await sessions.EndAllAsync(user.Name, exceptId: null, visit.Context.RequestAborted).ConfigureAwait(false);
        await audit.DidAsync(visit.Context, $"removed the user '{user.Name}'").ConfigureAwait(false);
        return null;
    }

    public void Dispose() => changing.Dispose();

    private bool IsLastAdmin(UserRecord user) => user.Role == Role.Admin && users.All.Count(static other => other.Role == Role.Admin) == 1;
}

/// <summary>What the users page shows.</summary>
internal sealed record UsersModel(IReadOnlyList<(UserRecord User, int Sessions)> Users, IReadOnlyList<(string User, int Count)> Provided, string? Fault);
