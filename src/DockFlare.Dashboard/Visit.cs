using System.Security.Claims;
using DockFlare.Dashboard.Login;
using DockFlare.Dashboard.Pages;
using DockFlare.Hosting.Configuration;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RazorSlices;

namespace DockFlare.Dashboard;

/// <summary>One request for a page: who asks, in which language, and how the answer is put into its frame.</summary>
internal sealed class Visit(HttpContext context, IServiceProvider services)
{
    public const string FormField = "form-token";
    private string? formToken;

    public HttpContext Context => context;

    public Texts T { get; } = Texts.Of(context.Request);

    public DateTimeOffset Now { get; } = services.GetRequiredService<TimeProvider>().GetUtcNow();

    /// <summary>Null on the login page.</summary>
    public string? User => context.User.Identity is { IsAuthenticated: true, Name: { } name } ? name : null;

    public Role Role => Enum.TryParse<Role>(context.User.FindFirstValue(ClaimTypes.Role), out var role) ? role : Role.Viewer;

    /// <summary>The id of the session, as the store has it.</summary>
    public string? SessionId => context.User.FindFirstValue(SessionCookie.SecretClaim) is { } secret ? Sessions.IdOf(secret) : null;

    /// <summary>The session, if that is how they are here.</summary>
    public SessionRecord? Session(Sessions sessions) => SessionId is { } id ? sessions.Peek(id) : null;

    /// <summary>When they last said who they are, as far as it is known.</summary>
    public DateTimeOffset? ConfirmedAt(Sessions sessions) =>
        Session(sessions) is { } session ? session.ConfirmedAt ?? session.CreatedAt
        : long.TryParse(context.User.FindFirstValue(AccessLogin.IssuedClaim), out var seconds) ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    /// <summary>How they say once more who they are before they see a secret.</summary>
    public (ConfirmWay Way, string? Provider) Confirm => services.GetRequiredService<Confirmation>().WayOf(this);

    /// <summary>Cloudflare Access says who they are.</summary>
    public bool IsThroughAccess => context.User.HasClaim(static claim => claim.Type == AccessLogin.EndClaim);

    public bool IsSandbox => services.GetService<SandboxMode>() is not null;

    /// <summary>The path below the mount, such as <c>/routes</c>.</summary>
    public string Path => context.Request.Path.Value![services.GetRequiredService<Mount>().Prefix.Length..] is { Length: > 0 } path ? path : "/";

    /// <summary>Only what is inside the frame is asked for, to be laid over what is there.</summary>
    private bool IsPartial => context.Request.Headers.ContainsKey("HX-Request") && !context.Request.Headers.ContainsKey("HX-History-Restore-Request");

    /// <summary>Whether the page may be asked for again: what a form answered, such as a new key, stays as it is.</summary>
    public bool IsLive => User is not null && HttpMethods.IsGet(context.Request.Method);

    public bool May(Role least) => Role >= least;

    /// <summary>A path of the dashboard as browsers ask for it.</summary>
    public string Url(string path) => services.GetRequiredService<Mount>().Url(context.Request.PathBase, path);

    public string Asset(string name) => Url(services.GetRequiredService<Assets>().PathOf(name));

    /// <summary>The token that each form carries.</summary>
    public string FormToken => formToken ??= services.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context).RequestToken!;

    public string? Query(string name) => context.Request.Query[name].ToString().Trim() is { Length: > 0 } value ? value : null;

    public string? Form(string name) => context.Request.Form[name].ToString().Trim() is { Length: > 0 } value ? value : null;

    /// <summary>A password as it was typed, white space too.</summary>
    public string Secret(string name) => context.Request.Form[name].ToString();

    /// <summary>What was just done, to be said once at the top of the page that follows.</summary>
    public string? Done => Query("done") is { } done && T.Has("done." + done) ? T["done." + done] : null;

    /// <summary>Shows a page.</summary>
    /// <param name="title">Its title.</param>
    /// <param name="body">What is inside the frame.</param>
    /// <param name="status">The status.</param>
    public Task ShowAsync(string title, RazorSlice body, int status = StatusCodes.Status200OK)
    {
        // The token's cookie is set before the first byte is out.
        _ = FormToken;
        var page = IsPartial ? body : new Pages_Frame { Model = new(title, body), Visit = this };
        page.StatusCode = status;
        return ((IResult)page).ExecuteAsync(context);
    }

    /// <summary>A page with one sentence.</summary>
    public Task MessageAsync(int status, string titleKey, string text) => ShowAsync(T[titleKey], new Pages_Message { Model = new(T[titleKey], text), Visit = this }, status);

    /// <summary>Goes to a page after something was done, so that reloading does not do it again.</summary>
    public Task GoAsync(string path)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = Url(path);
        return Task.CompletedTask;
    }
}
