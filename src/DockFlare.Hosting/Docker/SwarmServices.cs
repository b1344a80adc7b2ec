using System.Globalization;
using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using DockFlare.Core;
using DockFlare.Core.Protocol;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Docker;

/// <summary>
/// The services of a Swarm, where the engine is one of its managers. A service with a running task is in the set as a container is, by its own name and
/// labels: its tasks come and go on whatever node without any change.
/// </summary>
internal sealed partial class SwarmServices(IDockerClient client, Uri host, ILogger logger)
{
    private string? said;
    private bool wasSeen;

    /// <summary>Whether the engine is a manager, as far as it may be asked.</summary>
    public bool IsManager { get; private set; }

    /// <summary>Asks the engine whether it is a manager.</summary>
    public async Task AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            var info = await client.System.GetSystemInfoAsync(cancellationToken).ConfigureAwait(false);
            IsManager = info.Swarm is { ControlAvailable: true };
            wasSeen &= IsManager;
        }
        catch (DockerApiException error) when (error.StatusCode == HttpStatusCode.Forbidden)
        {
            // Most engines behind a proxy are in no swarm: worth a line, not a warning.
            Say(LogNotAsked, error);
            IsManager = false;
        }
        catch (DockerApiException error)
        {
            // The containers do not wait for it, and what it was it still is.
            Say(LogNotSeen, error);
        }
    }

    /// <summary>The services that have a running task; null when they cannot be seen just now.</summary>
    public async Task<IReadOnlyList<ContainerSnapshot>?> ListAsync(CancellationToken cancellationToken)
    {
        if (!IsManager)
        {
            return [];
        }

        try
        {
            var services = await client.Swarm.ListServicesAsync(null, cancellationToken).ConfigureAwait(false);
            var running = await client.Tasks.ListAsync(new TasksListParameters { Filters = Wanted }, cancellationToken).ConfigureAwait(false);
            var tasks = running.Where(static task => task.Status?.State == TaskState.Running).ToLookup(static task => task.ServiceID, StringComparer.Ordinal);
            (said, wasSeen) = (null, true);
            return [.. services.Where(service => service.Spec?.Name is not null && tasks.Contains(service.ID)).Select(service => ToSnapshot(service, [.. tasks[service.ID]]))];
        }
        catch (DockerApiException error) when (error.StatusCode == HttpStatusCode.Forbidden && !wasSeen)
        {
            Say(LogRefused, error);
            IsManager = false;
            return [];
        }
        catch (DockerApiException error)
        {
            Say(LogNotSeen, error);
            return null;
        }
    }

    private static IDictionary<string, IDictionary<string, bool>> Wanted { get; } = new Dictionary<string, IDictionary<string, bool>>
    {
        ["desired-state"] = new Dictionary<string, bool> { ["running"] = true },
    };

    /// <summary>The service as one container: at its virtual address where it has one, else at that of one of its tasks.</summary>
    internal static ContainerSnapshot ToSnapshot(SwarmService service, IReadOnlyList<TaskResponse> tasks)
    {
        var spec = service.Spec!;
        var attachments = tasks.SelectMany(static task => task.NetworksAttachments ?? []).Select(Read).OfType<Attachment>().ToList();
        var usesHostNetwork = attachments.Exists(static attachment => attachment.Network is "host");
        return new(service.ID, spec.Name!, new LabelMap(spec.Labels ?? new Dictionary<string, string>()))
        {
            // A task with a health check runs only when that passes.
            Health = spec.TaskTemplate?.ContainerSpec?.Healthcheck?.Test is { Count: > 0 } test && test[0] is not "NONE" ? ContainerHealth.Healthy : ContainerHealth.None,
            UsesHostNetwork = usesHostNetwork,
            Networks = usesHostNetwork ? [] : NetworksOf(service, attachments),
            Ports = (service.Endpoint?.Ports ?? []).Where(static port => port.Protocol is "tcp" && port.TargetPort > 0).Select(static port => (int)port.TargetPort!.Value).Distinct().Order().ToEquatableArray(),
        };
    }

    private static EquatableArray<ContainerNetwork> NetworksOf(SwarmService service, IEnumerable<Attachment> attachments)
    {
        var virtualAddresses = (service.Endpoint?.VirtualIPs ?? []).Where(static address => !string.IsNullOrEmpty(address.Addr)).ToLookup(static address => address.NetworkID, static address => address.Addr!, StringComparer.Ordinal);
        return attachments
            .GroupBy(static attachment => (attachment.Id, attachment.Network))
            .OrderBy(static network => network.Key.Network, StringComparer.Ordinal)
            .Select(network => new ContainerNetwork(
                network.Key.Network,
                WithoutLength(virtualAddresses[network.Key.Id].Concat(network.SelectMany(static attachment => attachment.Addresses).Order(StringComparer.Ordinal)).FirstOrDefault() ?? "")))
            .ToEquatableArray();
    }

    // No connector is on the network that published ports come in by.
    private static Attachment? Read(NetworkAttachment attachment) => attachment.Network is { ID: { } id, Spec: { Name: { } name, Ingress: not true } } ? new(id, name, attachment.Addresses ?? []) : null;

    private sealed record Attachment(string Id, string Network, IEnumerable<string> Addresses);

    private static string WithoutLength(string address) => address.Split('/')[0];

    // The same once: it is asked again and again.
    private void Say(Action<Uri, string> log, DockerApiException error)
    {
        // A proxy answers with a page, the engine with its reason.
        var reason = error.ResponseBody?.Trim() is { Length: > 0 } body && body[0] != '<' ? $" {body}" : "";
        var text = string.Create(CultureInfo.InvariantCulture, $"{(int)error.StatusCode}{reason}");
        if (!string.Equals(said, text, StringComparison.Ordinal))
        {
            said = text;
            log(host, text);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Services of a Swarm are not looked at: the Docker API at {Host} does not say whether it is a manager ({Cause}). If it is one, set INFO=1, SERVICES=1 and TASKS=1 at the socket proxy.")]
    private partial void LogNotAsked(Uri host, string cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Services of the Swarm are not looked at: the Docker API at {Host} refuses them ({Cause}). Set SERVICES=1 and TASKS=1 beside INFO=1 at the socket proxy.")]
    private partial void LogRefused(Uri host, string cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The services of the Swarm cannot be seen: the Docker API at {Host} answers {Cause}. Their routes stay as they are; the report is marked incomplete until it answers.")]
    private partial void LogNotSeen(Uri host, string cause);
}
