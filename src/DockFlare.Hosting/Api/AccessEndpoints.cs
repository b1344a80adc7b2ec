using DockFlare.Hosting.Agents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DockFlare.Hosting.Api;

/// <summary>The operators' calls about Access.</summary>
internal static class AccessEndpoints
{
    /// <param name="group">Where they go.</param>
    /// <param name="guarded">Asks for the key, and answers refusals.</param>
    public static void Map(RouteGroupBuilder group, Func<Func<HttpContext, Task>, RequestDelegate> guarded)
    {
        var services = ((IEndpointRouteBuilder)group).ServiceProvider;
        var calls = services.GetRequiredService<AccessCalls>();
        var tokens = services.GetRequiredService<ServiceTokenCalls>();

        Map("GET", "groups", async context => await ApiEndpoints.WriteAsync(context, await calls.ListGroupsAsync(context.RequestAborted).ConfigureAwait(false), ApiJson.Default.IReadOnlyListGroupDocument).ConfigureAwait(false));
        Map("PUT", "groups/{id}", async context => await ApiEndpoints.WriteAsync(context, await calls.PutGroupAsync(Named(context, "id"), await BodyAsync(context).ConfigureAwait(false), context.RequestAborted).ConfigureAwait(false), ApiJson.Default.GroupDocument).ConfigureAwait(false));
        Map("DELETE", "groups/{id}", context => GoneAsync(context, calls.DeleteGroupAsync(Named(context, "id"), context.RequestAborted)));
        Map("GET", "zone-defaults", async context => await ApiEndpoints.WriteAsync(context, await calls.ListZoneDefaultsAsync(context.RequestAborted).ConfigureAwait(false), ApiJson.Default.IReadOnlyListZoneDefaultDocument).ConfigureAwait(false));
        Map("PUT", "zone-defaults/{zone}", async context => await ApiEndpoints.WriteAsync(context, await calls.PutZoneDefaultAsync(Named(context, "zone"), await BodyAsync(context).ConfigureAwait(false), context.RequestAborted).ConfigureAwait(false), ApiJson.Default.ZoneDefaultDocument).ConfigureAwait(false));
        Map("DELETE", "zone-defaults/{zone}", context => GoneAsync(context, calls.DeleteZoneDefaultAsync(Named(context, "zone"), context.RequestAborted)));
        Map("GET", "identity-providers", async context => await ApiEndpoints.WriteAsync(context, await calls.ListIdentityProvidersAsync(context.RequestAborted).ConfigureAwait(false), ApiJson.Default.IReadOnlyListIdentityProviderDocument).ConfigureAwait(false));
        Map("GET", "service-tokens", async context => await ApiEndpoints.WriteAsync(context, await tokens.ListAsync(context.RequestAborted).ConfigureAwait(false), ApiJson.Default.IReadOnlyListServiceTokenDocument).ConfigureAwait(false));
        Map("POST", "service-tokens", async context => await ApiEndpoints.WriteAsync(context, await tokens.CreateAsync(await BodyAsync(context).ConfigureAwait(false), context.RequestAborted).ConfigureAwait(false), ApiJson.Default.NewServiceTokenDocument, 201).ConfigureAwait(false));
        Map("POST", "service-tokens/{id}/rotate", async context => await ApiEndpoints.WriteAsync(context, await tokens.RotateAsync(Named(context, "id"), await BodyAsync(context).ConfigureAwait(false), context.RequestAborted).ConfigureAwait(false), ApiJson.Default.NewServiceTokenDocument).ConfigureAwait(false));
        Map("DELETE", "service-tokens/{id}", context => GoneAsync(context, tokens.DeleteAsync(Named(context, "id"), context.RequestAborted)));

        void Map(string method, string path, Func<HttpContext, Task> handle) => group.MapMethods("access/" + path, [method], guarded(handle));
    }

    private static string Named(HttpContext context, string name) => Uri.UnescapeDataString((string)context.GetRouteValue(name)!);

    private static async Task<ReadOnlyMemory<byte>> BodyAsync(HttpContext context) => await AgentBody.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false);

    private static async Task GoneAsync(HttpContext context, ValueTask act)
    {
        await act.ConfigureAwait(false);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
