using System.Globalization;
using System.Text.Json.Serialization;
using DockFlare.Hosting.Agents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting;

/// <summary>What the agent says of itself on its host.</summary>
public static class AgentHealthEndpoints
{
    /// <summary>Listens on <c>HEALTH_CHECK_PORT</c> of every address, unless <c>ASPNETCORE_URLS</c> or <c>--urls</c> says where to listen.</summary>
    public static WebApplication UseDockFlareHealthPort(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);

        if (string.IsNullOrEmpty(app.Configuration[WebHostDefaults.ServerUrlsKey]))
        {
            app.Urls.Add(string.Create(CultureInfo.InvariantCulture, $"http://*:{app.Services.GetRequiredService<IOptions<AgentOptions>>().Value.HealthPort}"));
        }

        return app;
    }

    /// <summary>Maps <c>GET /health</c>: 200 while the agent is registered and the master answers, 503 with the reason otherwise. It holds no secret.</summary>
    public static IEndpointConventionBuilder MapDockFlareAgentHealth(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);

        var connection = endpoints.ServiceProvider.GetRequiredService<AgentConnection>();
        var tunnel = endpoints.ServiceProvider.GetRequiredService<TunnelWatch>();
        return endpoints.MapMethods("/health", ["GET"], context =>
        {
            var session = connection.Current;
            var trouble = connection.Trouble ?? (session is null ? "The agent is not registered yet." : null);
            var health = new AgentHealth(
                trouble is null ? "healthy" : "unhealthy", session?.Id.Value, session?.ProtocolVersion, tunnel.Running?.Connector?.ReadyConnections, trouble);
            context.Response.StatusCode = trouble is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return context.Response.WriteAsJsonAsync(health, AgentHealthJson.Default.AgentHealth, cancellationToken: context.RequestAborted);
        });
    }
}

/// <summary>The body of <c>/health</c>.</summary>
internal sealed record AgentHealth(string Status, string? AgentId, int? Protocol, int? ReadyConnections, string? Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AgentHealth))]
internal sealed partial class AgentHealthJson : JsonSerializerContext;
