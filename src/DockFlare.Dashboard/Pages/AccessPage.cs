using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Dashboard.Login;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Reconciliation;
using Microsoft.AspNetCore.Http;

namespace DockFlare.Dashboard.Pages;

/// <summary><c>/access</c>: the groups that labels name, and what the account has to log in with.</summary>
internal sealed class AccessPage(AccessGroupStore groups, AccessObserver observer, RouteList routes, PassBoard board, Audit audit)
{
    public void Map(PageMap map)
    {
        map.Get("/access", Role.Viewer, visit => ShowAsync(visit, null));
        map.Get("/access/edit", Role.Operator, visit => EditAsync(visit, null));
        map.Post("/access/edit", Role.Operator, SaveAsync);
        map.Post("/access/remove", Role.Operator, RemoveAsync);
    }

    private async Task ShowAsync(Visit visit, string? fault, int status = StatusCodes.Status200OK)
    {
        await groups.LoadAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        var used = board.Current.Desired.Routes.SelectMany(static route => route.Access?.Groups.ToArray() ?? []).CountBy(static id => id).ToDictionary(StringComparer.Ordinal);
        var counts = routes.Current().CountBy(static row => row.Protection).ToDictionary();
        var model = new AccessModel(
            [.. groups.All.Select(group => (group, used.GetValueOrDefault(group.Id)))], observer.IdentityProviders is { } providers ? [.. providers] : null, observer.UnreadIdentityProviders, counts, fault);
        await visit.ShowAsync(visit.T["nav.access"], new Pages_Access { Model = model, Visit = visit }, status).ConfigureAwait(false);
    }

    private async Task EditAsync(Visit visit, AccessForm? typed, string? fault = null)
    {
        await groups.LoadAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        var form = typed ?? (visit.Query("id") is { } id && groups.Find(id) is { } group ? AccessForm.Of(group) : new());
        await visit.ShowAsync(visit.T["access.edit"], new Pages_AccessEdit { Model = (form, fault), Visit = visit }, fault is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest).ConfigureAwait(false);
    }

    private async Task SaveAsync(Visit visit)
    {
        await groups.LoadAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        var form = AccessForm.Of(visit);
        var known = groups.Find(form.Id);
        var fault = known is not null && !form.IsKnown ? visit.T.Say("access.taken", form.Id)
            : known is not null && AccessForm.Of(known).IsBeyond ? visit.T["access.beyond"]
            : await groups.PutAsync(form.ToGroup(known), visit.Context.RequestAborted).ConfigureAwait(false);
        if (fault is not null)
        {
            await EditAsync(visit, form, fault).ConfigureAwait(false);
            return;
        }

        await audit.DidAsync(visit.Context, $"wrote the access group '{form.Id}'").ConfigureAwait(false);
        await visit.GoAsync("/access?done=group").ConfigureAwait(false);
    }

    private async Task RemoveAsync(Visit visit)
    {
        var id = visit.Form("id") ?? "";
        if (!await groups.DeleteAsync(id, visit.Context.RequestAborted).ConfigureAwait(false))
        {
            await ShowAsync(visit, visit.T.Say("access.none.of", id), StatusCodes.Status404NotFound).ConfigureAwait(false);
            return;
        }

        await audit.DidAsync(visit.Context, $"removed the access group '{id}'").ConfigureAwait(false);
        await visit.GoAsync("/access?done=groupRemoved").ConfigureAwait(false);
    }
}

/// <summary>What the access page shows.</summary>
internal sealed record AccessModel(
    IReadOnlyList<(AccessGroup Group, int Routes)> Groups, IReadOnlyList<IdentityProvider>? Providers, string? Unread, IReadOnlyDictionary<Protection, int> Counts, string? Fault);

/// <summary>A group as the form shows it: whom one policy lets in after a login.</summary>
internal sealed record AccessForm
{
    public string Id { get; init; } = "";

    public string Name { get; init; } = "";

    public string Emails { get; init; } = "";

    public string Domains { get; init; } = "";

    public string Session { get; init; } = "24h";

    public bool IsInLauncher { get; init; }

    /// <summary>It is there already and is changed.</summary>
    public bool IsKnown { get; init; }

    /// <summary>It says more than the form can, which would be lost: it is changed where it was made.</summary>
    public bool IsBeyond { get; init; }

    public static AccessForm Of(AccessGroup group)
    {
        var policy = group.Policies.Count == 1 ? group.Policies[0] : null;
        return new()
        {
            Id = group.Id,
            Name = group.DisplayName,
            Session = group.SessionDuration,
            IsInLauncher = group.AppLauncherVisible,
            IsKnown = true,
            IsBeyond = policy is null || policy.Decision != AccessDecision.Allow || !policy.Exclude.IsEmpty || !policy.Require.IsEmpty || !policy.Other.IsEmpty
                || policy.Include.Any(static selector => selector.Kind is not (AccessSelectorKind.Email or AccessSelectorKind.EmailDomain)),
            Emails = Lines(policy, AccessSelectorKind.Email),
            Domains = Lines(policy, AccessSelectorKind.EmailDomain),
        };
    }

    public static AccessForm Of(Visit visit) => new()
    {
        Id = visit.Form("id") ?? "",
        Name = visit.Form("name") ?? visit.Form("id") ?? "",
        Emails = visit.Form("emails") ?? "",
        Domains = visit.Form("domains") ?? "",
        Session = visit.Form("session") ?? "24h",
        IsInLauncher = visit.Form("launcher") is not null,
        IsKnown = visit.Form("known") is not null,
    };

    public AccessGroup ToGroup(AccessGroup? known) => (known ?? new AccessGroup(Id)) with
    {
        DisplayName = Name,
        SessionDuration = Session,
        AppLauncherVisible = IsInLauncher,
        Policies =
        [
            new(AccessDecision.Allow)
            {
                Name = known is { Policies: [var old, ..] } ? old.Name : "",
                Include = Split(Emails).Select(static email => new AccessSelector(AccessSelectorKind.Email, email))
                    .Concat(Split(Domains).Select(static domain => new AccessSelector(AccessSelectorKind.EmailDomain, domain.TrimStart('@')))).ToEquatableArray(),
            },
        ],
    };

    private static string Lines(AccessPolicy? policy, AccessSelectorKind kind) =>
        policy is null ? "" : string.Join('\n', policy.Include.Where(selector => selector.Kind == kind).Select(static selector => selector.Value));

    private static string[] Split(string text) => text.Split([' ', '\n', '\r', ',', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
