using System.Globalization;
using Docker.DotNet.Models;
using DockFlare.Core;
using DockFlare.Core.Protocol;
using ContainerState = DockFlare.Core.Protocol.ContainerState;

namespace DockFlare.Hosting.Docker;

/// <summary>Turns what the engine says of a container into a snapshot.</summary>
internal static class ContainerMapping
{
    /// <summary>The container as a report shows it; null when it does not run, and so is in no report.</summary>
    public static ContainerSnapshot? ToSnapshot(ContainerInspectResponse container)
    {
        // A container between two runs, or paused, also says that it is running.
        if (container.State is not { Running: true } state)
        {
            return null;
        }

        var usesHostNetwork = container.HostConfig?.NetworkMode is "host";
        return new(ShortId(container.ID), NameOf(container), new LabelMap(container.Config?.Labels ?? new Dictionary<string, string>()))
        {
            State = state.Restarting ? ContainerState.Restarting : state.Paused ? ContainerState.Paused : ContainerState.Running,
            Health = HealthOf(state.Health?.Status),
            UsesHostNetwork = usesHostNetwork,
            Networks = usesHostNetwork ? [] : NetworksOf(container.NetworkSettings),
            Ports = PortsOf(container),
        };
    }

    // A task of a Swarm service has a name that no other task ever has: what it is called by is its service, which outlives it.
    private static string NameOf(ContainerInspectResponse container) =>
        container.Config?.Labels?.TryGetValue("com.docker.swarm.service.name", out var service) == true && service.Length > 0 ? service : container.Name.TrimStart('/');

    private static string ShortId(string id) => id.Length > 12 ? id[..12] : id;

    private static ContainerHealth HealthOf(string? status) => status switch
    {
        "starting" => ContainerHealth.Starting,
        "healthy" => ContainerHealth.Healthy,
        "unhealthy" => ContainerHealth.Unhealthy,
        _ => ContainerHealth.None,
    };

    private static EquatableArray<ContainerNetwork> NetworksOf(NetworkSettings? settings) =>
        (settings?.Networks ?? new Dictionary<string, EndpointSettings>())
            .OrderBy(network => network.Key, StringComparer.Ordinal)
            .Select(network => new ContainerNetwork(network.Key, AddressOf(network.Value)))
            .ToEquatableArray();

    private static string AddressOf(EndpointSettings? endpoint)
    {
        if (!string.IsNullOrEmpty(endpoint?.IPAddress))
        {
            return endpoint.IPAddress;
        }

        return endpoint?.GlobalIPv6Address ?? "";
    }

    private static EquatableArray<int> PortsOf(ContainerInspectResponse container) =>
        (container.Config?.ExposedPorts?.Keys ?? Enumerable.Empty<string>())
            .Concat(container.HostConfig?.PortBindings?.Keys ?? Enumerable.Empty<string>())
            .Concat(container.NetworkSettings?.Ports?.Keys ?? Enumerable.Empty<string>())
            .Select(PortOf)
            .Where(port => port > 0)
            .Distinct()
            .Order()
            .ToEquatableArray();

    /// <summary>The number in <c>8080/tcp</c>; 0 for another protocol, which no tunnel can reach over HTTP or TCP.</summary>
    private static int PortOf(string port)
    {
        var slash = port.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0 && port.AsSpan(slash + 1) is not "tcp")
        {
            return 0;
        }

        return int.TryParse(slash < 0 ? port : port.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
