using System.Net;
using System.Text.RegularExpressions;
using Docker.DotNet;
using Docker.DotNet.Models;
using DockFlare.Hosting.Agents;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Docker;

/// <summary>The calls to the engine that running connectors takes. Each states an end, so that it can be made again after a crash.</summary>
internal sealed partial class ConnectorEngine(IDockerClient client, DockerOptions options, ILogger logger)
{
    private const int LogLines = 8;
    private readonly HashSet<string> unjoined = new(StringComparer.Ordinal);

    /// <summary>Every connector of ours in any state, and what an older agent or master left in our place.</summary>
    public async Task<List<ContainerInspectResponse>> FindAsync(string? tunnelName, CancellationToken cancellationToken)
    {
        List<ContainerInspectResponse> found = [];
        foreach (var id in await ListAsync("label", $"{ConnectorPlan.ConnectorLabel}={options.ConnectorName}", cancellationToken).ConfigureAwait(false))
        {
            if (await InspectAsync(id, cancellationToken).ConfigureAwait(false) is { } container && ConnectorPlan.IsOurs(container))
            {
                found.Add(container);
            }
        }

        foreach (var name in (string?[])[options.ConnectorName, tunnelName is null ? null : $"cloudflared-agent-{tunnelName}"])
        {
            if (name is not null && await InspectAsync(name, cancellationToken).ConfigureAwait(false) is { } container && ConnectorPlan.IsPredecessor(container))
            {
                found.Add(container);
            }
        }

        return found;
    }

    /// <summary>The container with this id or name; null when there is none.</summary>
    public async Task<ContainerInspectResponse?> InspectAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await client.Containers.InspectContainerAsync(id, cancellationToken).ConfigureAwait(false);
        }
        catch (DockerContainerNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Creates the network that connectors join, when it is missing.</summary>
    public async Task EnsureNetworkAsync(CancellationToken cancellationToken)
    {
        try
        {
            await client.Networks.InspectNetworkAsync(options.ConnectorNetwork, cancellationToken).ConfigureAwait(false);
        }
        catch (DockerNetworkNotFoundException)
        {
            await client.Networks.CreateNetworkAsync(
                new() { Name = options.ConnectorNetwork, Driver = "bridge", Attachable = true, Labels = new Dictionary<string, string> { [ConnectorPlan.ManagedBy] = ConnectorPlan.ManagedByUs } },
                cancellationToken).ConfigureAwait(false);
            LogNetworkCreated(options.ConnectorNetwork);
        }
    }

    /// <summary>Pulls the image when the engine does not have it.</summary>
    /// <exception cref="TunnelException">It cannot be pulled.</exception>
    public async Task EnsureImageAsync(CancellationToken cancellationToken)
    {
        var image = options.ConnectorImage;
        try
        {
            await client.Images.InspectImageAsync(image.ToString(), cancellationToken).ConfigureAwait(false);
            return;
        }
        catch (DockerImageNotFoundException)
        {
            LogPulling(image.ToString());
        }

        var progress = new PullProgress(this);
        try
        {
            var what = image.IsDigest ? new ImagesCreateParameters { FromImage = image.ToString() } : new() { FromImage = image.Repository, Tag = image.Reference };
            await client.Images.CreateImageAsync(what, new AuthConfig(), progress, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (DockerConnection.IsTrouble(error, cancellationToken))
        {
            throw PullFailed(error.Message, error);
        }

        if (progress.Failure is { } failure)
        {
            throw PullFailed(failure, null);
        }

        LogPulled(image.ToString());
    }

    /// <summary>Creates and starts a connector; gives its id.</summary>
    public async Task<string> StartAsync(TunnelSpec spec, int replica, string name, CancellationToken cancellationToken)
    {
        var created = await client.Containers.CreateContainerAsync(ConnectorPlan.ToContainer(spec, options, replica, name), cancellationToken).ConfigureAwait(false);
        try
        {
            await client.Containers.StartContainerAsync(created.ID, new(), cancellationToken).ConfigureAwait(false);
        }
        catch (DockerApiException error) when (error.StatusCode is HttpStatusCode.InternalServerError)
        {
            // The engine's runtime fails a start now and then ("write init-p: broken pipe"): a second try tells a hiccup from a fault.
            await client.Containers.StartContainerAsync(created.ID, new(), cancellationToken).ConfigureAwait(false);
        }

        return created.ID;
    }

    /// <summary>Lets a connector finish its requests and removes it; one that is gone is gone.</summary>
    public async Task RetireAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await client.Containers.StopContainerAsync(id, new() { WaitBeforeKillSeconds = (uint)options.ConnectorGracePeriod.TotalSeconds + 1 }, cancellationToken).ConfigureAwait(false);
            await client.Containers.RemoveContainerAsync(id, new() { Force = true, RemoveVolumes = true }, cancellationToken).ConfigureAwait(false);
        }
        catch (DockerContainerNotFoundException)
        {
            // Somebody else removed it.
        }
        catch (DockerApiException error) when (error.StatusCode is HttpStatusCode.Conflict)
        {
            // It is being removed already.
        }
    }

    /// <summary>Gives a connector its lasting name.</summary>
    public async Task RenameAsync(ContainerInspectResponse container, string name, CancellationToken cancellationToken)
    {
        if (container.Name.TrimStart('/') != name)
        {
            await client.Containers.RenameContainerAsync(container.ID, new() { NewName = name }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Connects a connector to the networks it is not on yet.</summary>
    public async Task JoinAsync(ContainerInspectResponse container, IEnumerable<string> networks, CancellationToken cancellationToken)
    {
        foreach (var network in networks.Where(network => container.NetworkSettings?.Networks?.ContainsKey(network) != true))
        {
            try
            {
                await client.Networks.ConnectNetworkAsync(network, new() { Container = container.ID }, cancellationToken).ConfigureAwait(false);
                unjoined.Remove(network);
                LogJoined(container.Name.TrimStart('/'), network);
            }
            catch (DockerApiException error)
            {
                if (unjoined.Add(network))
                {
                    LogNotJoined(container.Name.TrimStart('/'), network, error.Message);
                }
            }
        }
    }

    /// <summary>Takes a connector off networks; one that is gone is gone.</summary>
    public async Task LeaveAsync(ContainerInspectResponse container, IEnumerable<string> networks, CancellationToken cancellationToken)
    {
        foreach (var network in networks.Where(network => container.NetworkSettings?.Networks?.ContainsKey(network) == true))
        {
            try
            {
                await client.Networks.DisconnectNetworkAsync(network, new() { Container = container.ID }, cancellationToken).ConfigureAwait(false);
                LogLeft(container.Name.TrimStart('/'), network);
            }
            catch (DockerApiException error) when (error.StatusCode is HttpStatusCode.NotFound)
            {
                // The network or the container went meanwhile.
            }
        }
    }

    /// <summary>The last lines a connector wrote, without the token.</summary>
    public async Task<string> LastLogAsync(string id, string token, CancellationToken cancellationToken)
    {
        try
        {
            using var stream = await client.Containers.GetContainerLogsAsync(id, new() { ShowStdout = true, ShowStderr = true, Tail = $"{LogLines}" }, cancellationToken).ConfigureAwait(false);
            var (output, error) = await stream.ReadOutputToEndAsync(cancellationToken).ConfigureAwait(false);
            return Redact($"{output}{error}", token);
        }
        catch (Exception error) when (DockerConnection.IsTrouble(error, cancellationToken))
        {
            return $"(its log cannot be read: {error.Message})";
        }
    }

    /// <summary>Takes out the token and anything that looks like one.</summary>
    internal static string Redact(string text, string token) =>
        TokenLike().Replace(text.Replace(token, "[redacted]", StringComparison.Ordinal), "[redacted]").Trim();

    [GeneratedRegex("eyJ[A-Za-z0-9+/=_-]{16,}", RegexOptions.CultureInvariant)]
    private static partial Regex TokenLike();

    private async Task<IEnumerable<string>> ListAsync(string filter, string value, CancellationToken cancellationToken)
    {
        var filters = new Dictionary<string, IDictionary<string, bool>> { [filter] = new Dictionary<string, bool> { [value] = true } };
        var listed = await client.Containers.ListContainersAsync(new() { All = true, Filters = filters }, cancellationToken).ConfigureAwait(false);
        return listed.Select(container => container.ID);
    }

    private TunnelException PullFailed(string cause, Exception? error) =>
        new($"The image '{options.ConnectorImage}' cannot be pulled: {cause.Trim()}. Check CLOUDFLARED_IMAGE and that the Docker Engine can reach its registry, or pull it there by hand.", error);

    [LoggerMessage(Level = LogLevel.Information, Message = "Created the network {Network} for connectors.")]
    private partial void LogNetworkCreated(string network);

    [LoggerMessage(Level = LogLevel.Information, Message = "The connector {Name} joined the network {Network}.")]
    private partial void LogJoined(string name, string network);

    [LoggerMessage(Level = LogLevel.Information, Message = "The connector {Name} left the network {Network}, as nothing it serves is there any more.")]
    private partial void LogLeft(string name, string network);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connector {Name} cannot join the network {Network}: {Cause}. Containers there are not reached by name.")]
    private partial void LogNotJoined(string name, string network, string cause);

    [LoggerMessage(Level = LogLevel.Information, Message = "Pulling {Image}.")]
    private partial void LogPulling(string image);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Pulling: {Status}.")]
    private partial void LogPullStatus(string status);

    [LoggerMessage(Level = LogLevel.Information, Message = "Pulled {Image}.")]
    private partial void LogPulled(string image);

    /// <summary>Notes each step once; the engine repeats them for every layer and many times a second.</summary>
    private sealed class PullProgress(ConnectorEngine owner) : IProgress<JSONMessage>
    {
        private readonly HashSet<string> said = new(StringComparer.Ordinal);

        public string? Failure { get; private set; }

        public void Report(JSONMessage value)
        {
            Failure ??= value.Error?.Message;
            if (value.Status is { Length: > 0 } status && said.Add(status))
            {
                owner.LogPullStatus(status);
            }
        }
    }
}
