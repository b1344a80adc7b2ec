using DockFlare.Core.Protocol;
using DockFlare.Hosting.Commands;
using DockFlare.Hosting.Persistence;
using DockFlare.Hosting.Reconciliation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Extensions.DependencyInjection;

namespace DockFlare.Hosting.Agents;

/// <summary>The endpoints that agents of protocols 1, 2 and 3, and the scripts of their operators, call.</summary>
public static class AgentEndpoints
{
    private const string Root = "/api/v2/agents";

    /// <summary>
    /// Maps <c>/api/v2/agents/…</c>. Agents authenticate with their own keys, scripts with the master API key; what is added to the answer, such as
    /// rate limits, holds for all of them. Paths that begin with several slashes work too: old agents put the path behind a URL that may end in one.
    /// </summary>
    public static IEndpointConventionBuilder MapDockFlareAgents(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);

        var services = endpoints.ServiceProvider;
        var calls = services.GetRequiredService<AgentCalls>();
        var events = services.GetRequiredService<AgentEvents>();
        var admin = services.GetRequiredService<AgentAdminCalls>();
        var keys = services.GetRequiredService<AgentKeyCalls>();
        var decommission = services.GetRequiredService<AgentDecommission>();
        var door = new AgentDoor(
            services.GetRequiredService<AgentRegistry>(), services.GetRequiredService<AgentKeys>(), services.GetRequiredService<MasterApiKey>(), services.GetRequiredService<CallLimits>(), services.GetRequiredService<OperatorNotes>());

        Route[] routes =
        [
            new("POST", "register", door.Agent(calls.RegisterAsync)),
            new("GET", "{id}/commands", door.Agent(calls.CommandsAsync)),
            new("POST", "{id}/events", door.Agent(events.ReceiveAsync)),
            new("POST", "{id}/commands/{command}/ack", door.Agent(calls.AckAsync)),
            new("POST", "{id}/commands/{command}/nack", door.Agent(calls.NackAsync)),
            new("POST", "{id}/commands/{command}/renew", door.Agent(calls.RenewAsync)),
            new("GET", "{id}/tunnel-token", door.Agent(calls.TunnelTokenAsync)),
            new("POST", "{id}/decommission/{operation}/ack", door.Agent(decommission.AckAsync)),
            new("GET", "", door.Operator(admin.ListAsync)),
            new("POST", "generate-key", door.Operator(keys.GenerateAsync)),
            new("POST", "revoke-key", door.Operator(keys.RevokeAsync)),
            new("DELETE", "keys/{key}", door.Operator(keys.RevokeAsync)),
            new("GET", "deploy-info/{key}", door.Operator(keys.DeployInfoAsync)),
            new("GET", "deploy-script/{key}", door.Operator(keys.DeployScriptAsync)),
            new("POST", "{id}/enroll", door.Operator(admin.EnrolAsync)),
            new("POST", "{id}/redeploy-tunnel", door.Operator(admin.RedeployTunnelAsync)),
            new("POST", "{id}/roll-key", door.Operator(keys.RollAsync)),
            new("POST", "{id}/rename", door.Operator(admin.RenameAsync)),
            new("POST", "{id}/remove", door.Operator(admin.RemoveAsync)),
            new("GET", "{id}/removal", door.Operator(admin.RemovalAsync)),
            new("POST", "{id}/authority", door.Operator(admin.AuthorizeAsync)),
            new("POST", "{id}/containers/{container}/end", door.Operator(admin.EndContainerAsync)),
            new("GET", "{id}/queue", door.Operator(admin.QueueAsync)),
            new("POST", "{id}/dead-letters/{command}/retry", door.Operator(admin.RetryAsync)),
        ];

        var group = endpoints.MapGroup(string.Empty);
        foreach (var route in routes)
        {
            group.MapMethods(route.Pattern, [route.Method], route.Handle);
        }

        group.Map(ExtraSlashes.Pattern, new ExtraSlashes(routes).HandleAsync);
        return group;
    }

    internal static ProtocolException Unauthorized() => new(401, "unauthorized", "The key is missing, unknown, expired or revoked.");

    private sealed record Route(string Method, string Path, RequestDelegate Handle)
    {
        public string Pattern => Path.Length == 0 ? Root : $"{Root}/{Path}";
    }

    /// <summary>Routing never matches an empty segment; a path that has one in front is matched here against the same table.</summary>
    private sealed class ExtraSlashes(Route[] routes) : IRouteConstraint
    {
        private readonly (Route Route, TemplateMatcher Matcher)[] table =
            [.. routes.Select(static route => (route, new TemplateMatcher(TemplateParser.Parse(route.Pattern[1..]), [])))];

        public static RoutePattern Pattern { get; } = RoutePatternFactory.Parse("/{**path}", defaults: null, new RouteValueDictionary { ["path"] = new ExtraSlashes([]) });

        public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
            values.TryGetValue(routeKey, out var path) && path is string text && text.StartsWith('/') && text.TrimStart('/').StartsWith(Root[1..], StringComparison.OrdinalIgnoreCase);

        public Task HandleAsync(HttpContext context)
        {
            var path = new PathString("/" + context.Request.Path.Value!.TrimStart('/'));
            var isThere = false;
            foreach (var (route, matcher) in table)
            {
                var values = new RouteValueDictionary();
                if (!matcher.TryMatch(path, values))
                {
                    continue;
                }

                isThere = true;
                if (HttpMethods.Equals(route.Method, context.Request.Method))
                {
                    context.Request.RouteValues = values;
                    return route.Handle(context);
                }
            }

            context.Response.StatusCode = isThere ? StatusCodes.Status405MethodNotAllowed : StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }
    }
}

/// <summary>Who may come in, and the shape of every error.</summary>
internal sealed class AgentDoor(AgentRegistry registry, AgentKeys keys, MasterApiKey masterKey, CallLimits limits, OperatorNotes notes)
{
    public RequestDelegate Agent(Func<HttpContext, AgentKey, ValueTask<AgentAnswer>> handle) => context => AnswerAsync(context, async () =>
    {
        await keys.LoadAsync(context.RequestAborted).ConfigureAwait(false);
        await registry.LoadAsync(context.RequestAborted).ConfigureAwait(false);
        if ((Bearer(context) is { } presented ? keys.FindValid(presented) : null) is not { } key)
        {
            return Refuse(context);
        }

        return limits.Take(key) is { } wait ? AgentAnswer.TooMany(wait) : await handle(context, key).ConfigureAwait(false);
    });

    public RequestDelegate Operator(Func<HttpContext, ValueTask<AgentAnswer>> handle)
    {
        var answer = OfOperator(handle);
        return async context =>
        {
            await answer(context).ConfigureAwait(false);
            await notes.CalledAsync(context).ConfigureAwait(false);
        };
    }

    private RequestDelegate OfOperator(Func<HttpContext, ValueTask<AgentAnswer>> handle) => context => AnswerAsync(context, async () =>
    {
        if (masterKey.Value is not { Length: > 0 })
        {
            throw new ProtocolException(503, "master_api_key_not_configured", "The master has no API key: set DOCKFLARE_API_KEY.");
        }

        if (Bearer(context) is not { } presented || !masterKey.Is(presented))
        {
            if (Bearer(context) is not null)
            {
                await notes.RefusedAsync(context, "a call with the master API key", "it is not the key").ConfigureAwait(false);
            }

            return Refuse(context);
        }

        await keys.LoadAsync(context.RequestAborted).ConfigureAwait(false);
        await registry.LoadAsync(context.RequestAborted).ConfigureAwait(false);
        return await handle(context).ConfigureAwait(false);
    });

    private AgentAnswer Refuse(HttpContext context) =>
        limits.TakeRefused(context.Connection.RemoteIpAddress) is { } wait ? AgentAnswer.TooMany(wait) : throw AgentEndpoints.Unauthorized();

    private static async Task AnswerAsync(HttpContext context, Func<Task<AgentAnswer>> handle)
    {
        AgentAnswer answer;
        try
        {
            answer = await handle().ConfigureAwait(false);
        }
        catch (ProtocolException exception)
        {
            answer = AgentAnswer.Error(exception.Status, exception.Code, exception.Message);
        }
        catch (StateStoreException exception)
        {
            answer = AgentAnswer.Error(503, "persistence_failed", exception.Message);
        }
        catch (CommandQueueException exception)
        {
            answer = AgentAnswer.Error(503, "queue_unavailable", exception.Message);
        }
        catch (Exception exception) when (context.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException)
        {
            // The caller is gone: there is nobody to answer.
            return;
        }

        await answer.WriteAsync(context.Response, context.RequestAborted).ConfigureAwait(false);
    }

    private static string? Bearer(HttpContext context)
    {
        const string Scheme = "Bearer ";
        var header = context.Request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && header[Scheme.Length..].Trim() is { Length: > 0 } key ? key : null;
    }
}
