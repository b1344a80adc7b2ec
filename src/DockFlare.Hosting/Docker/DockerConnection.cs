using System.Net.Sockets;
using System.Text.Json;
using Docker.DotNet;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Docker;

/// <summary>The one client of the engine at <c>DOCKER_HOST</c>. It opens connections as it needs them, so it outlives a restart of the engine.</summary>
internal sealed class DockerConnection(IOptions<DockerOptions> options) : IDisposable
{
    private readonly DockerClient client = new DockerClientBuilder()
        .WithEndpoint(options.Value.Host)
        .WithTimeout(options.Value.CallTimeout)
        .Build();

    public IDockerClient Client => client;

    public Uri Host => options.Value.Host;

    /// <summary>Whether the engine refused, failed or could not be reached: all of it can pass, none of it is ours to repair.</summary>
    public static bool IsTrouble(Exception error, CancellationToken cancellationToken) =>
        error is HttpRequestException or IOException or SocketException or TimeoutException or DockerApiException or JsonException
        || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        // Over TCP every address of the host was tried, and each try says why it failed.
        || (error is AggregateException all && all.InnerExceptions.All(inner => IsTrouble(inner, cancellationToken)));

    /// <summary>Says what is wrong and what to do, for the operator.</summary>
    public string Explain(Exception error)
    {
        if (error is DockerApiException { StatusCode: System.Net.HttpStatusCode.Forbidden })
        {
            return $"the Docker API at {Host} refuses the call; behind a socket proxy, set CONTAINERS=1, EVENTS=1, NETWORKS=1, IMAGES=1 and POST=1";
        }

        var cause = error.GetBaseException().Message.TrimEnd('.', '\n');
        return Host.Scheme is "unix"
            ? $"the Docker Engine at {Host} does not answer ({cause}); check that it runs and that its socket is mounted and readable for this user, or set DOCKER_HOST"
            : $"the Docker Engine at {Host} does not answer ({cause}); check that it runs and can be reached from here, or set DOCKER_HOST";
    }

    public void Dispose() => client.Dispose();
}
