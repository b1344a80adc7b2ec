using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace DockFlare.Hosting;

/// <summary>The command <c>healthcheck</c> of both hosts: asks the one that runs on this machine, for a container's <c>HEALTHCHECK</c>.</summary>
internal static class HealthCheckCommand
{
    private const int DefaultPort = 5000;
    private const int DefaultAgentPort = 8080;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>Asks the master: <c>GET /healthz</c> at the port of <c>ASPNETCORE_URLS</c>, by default 5000.</summary>
    /// <returns>0 when it answers 200; 1 otherwise, with the reason on the error output.</returns>
    public static Task<int> AskMasterAsync(IConfiguration configuration) => AskAsync(PortOf(configuration) ?? DefaultPort, "/healthz");

    /// <summary>Asks the agent: <c>GET /health</c> at <c>HEALTH_CHECK_PORT</c>, by default 8080.</summary>
    /// <returns>0 when it is registered and its master answers; 1 otherwise, with the reason on the error output.</returns>
    public static Task<int> AskAgentAsync(IConfiguration configuration) => AskAsync(AgentPortOf(configuration), "/health");

    internal static int AgentPortOf(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return PortOf(configuration)
            ?? (int.TryParse(configuration["DockFlare:HealthPort"], out var port) && port is > 0 and <= IPEndPoint.MaxPort ? port : DefaultAgentPort);
    }

    /// <summary>The port of the first plain address the host is told to listen at; null when it is told none.</summary>
    internal static int? PortOf(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        foreach (var url in configuration["urls"]?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            if (BindingAddress.Parse(url) is { Scheme: "http", IsUnixPipe: false } address)
            {
                return address.Port;
            }
        }

        return null;
    }

    internal static async Task<int> AskAsync(int port, string path)
    {
        var address = new Uri($"http://127.0.0.1:{port}{path}");

        // A proxy of the environment is not to be asked about this machine.
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
        try
        {
            using var answer = await client.GetAsync(address).ConfigureAwait(false);
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                return 0;
            }

            var body = await answer.Content.ReadAsStringAsync().ConfigureAwait(false);
            await Console.Error.WriteLineAsync($"{address} answered {(int)answer.StatusCode}: {body}").ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"{address} does not answer: {exception.Message}").ConfigureAwait(false);
        }

        return 1;
    }
}
