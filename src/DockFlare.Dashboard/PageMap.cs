using System.Security.Claims;
using DockFlare.Dashboard.Login;
using DockFlare.Hosting.Commands;
using DockFlare.Hosting.Persistence;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DockFlare.Dashboard;

/// <summary>
/// The one way to map a page. Whatever is mapped asks for a login and a role, sends the security headers, and, when it changes something, asks for the form's token;
/// only <see cref="Open"/> does not ask who it is.
/// </summary>
internal sealed class PageMap(RouteGroupBuilder group, IServiceProvider services)
{
    // Bytes; the login is open to everybody, and no form here has more to say.
    private const long LargestForm = 256 * 1024;
    private readonly IAntiforgery antiforgery = services.GetRequiredService<IAntiforgery>();

    /// <summary>A page that somebody with at least this role may see.</summary>
    public void Get(string path, Role least, Func<Visit, Task> show) =>
        group.MapMethods(path, ["GET"], Guarded(show)).RequireAuthorization(PolicyOf(least));

    /// <summary>A form that somebody with at least this role may send.</summary>
    public void Post(string path, Role least, Func<Visit, Task> act) =>
        group.MapMethods(path, ["POST"], Guarded(WithToken(act))).RequireAuthorization(PolicyOf(least));

    /// <summary>For everybody: the login itself and what it looks like.</summary>
    public void Open(string method, string path, RequestDelegate handle) =>
        group.MapMethods(path, [method], (RequestDelegate)(context =>
        {
            SecurityHeaders.Add(context);
            return handle(context);
        })).AllowAnonymous();

    public void OpenPage(string path, Func<Visit, Task> show) => Open("GET", path, context => show(new(context, services)));

    public void OpenForm(string path, Func<Visit, Task> act) => Open("POST", path, context => WithToken(act)(new(context, services)));

    public static AuthorizationPolicy PolicyOf(Role least) =>
        new AuthorizationPolicyBuilder(SessionCookie.Scheme)
            .RequireAuthenticatedUser()
            .RequireClaim(ClaimTypes.Role, Enum.GetValues<Role>().Where(role => role >= least).Select(static role => role.ToString()))
            .Build();

    private RequestDelegate Guarded(Func<Visit, Task> handle) => async context =>
    {
        SecurityHeaders.Add(context);
        var visit = new Visit(context, services);
        try
        {
            await handle(visit).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is StateStoreException or CommandQueueException && !context.Response.HasStarted)
        {
            await visit.MessageAsync(StatusCodes.Status503ServiceUnavailable, "error.store", exception.Message).ConfigureAwait(false);
        }
    };

    private Func<Visit, Task> WithToken(Func<Visit, Task> act) => async visit =>
    {
        if (visit.Context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
        {
            body.MaxRequestBodySize = LargestForm;
        }

        if (!await HasTokenAsync(visit.Context).ConfigureAwait(false))
        {
            await visit.MessageAsync(StatusCodes.Status400BadRequest, "error.token", visit.T["error.token.text"]).ConfigureAwait(false);
            return;
        }

        await act(visit).ConfigureAwait(false);
    };

    private async Task<bool> HasTokenAsync(HttpContext context)
    {
        try
        {
            return await antiforgery.IsRequestValidAsync(context).ConfigureAwait(false);
        }
        catch (AntiforgeryValidationException)
        {
            // What was sent is not even a form.
            return false;
        }
    }
}
