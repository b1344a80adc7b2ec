using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Docker;
using DockFlare.Hosting.Reconciliation;
using DockFlare.Hosting.Redis;

namespace DockFlare.Hosting.Api;

/// <summary>Something that has to work for the master to be ready.</summary>
internal interface IReadinessPart
{
    /// <summary>Why it does not; null when it does.</summary>
    string? FindFault();
}

internal sealed class RedisReadiness(RedisConnection connection) : IReadinessPart
{
    public string? FindFault() => connection.FindFault();
}

/// <summary>The engine of the master's own host, where it is watched.</summary>
internal sealed class DockerReadiness(IContainerSource source) : IReadinessPart
{
    public string? FindFault() => (source as DockerContainerSource)?.Trouble is { } trouble ? $"Containers cannot be watched: {trouble}." : null;
}

/// <summary>What of Cloudflare's API is not asked because calls fail there.</summary>
internal sealed class CloudflareReadiness(CloudflareClient client) : IReadinessPart
{
    public string? FindFault() => client.Paused is { Count: > 0 } paused
        ? string.Join(' ', paused.Select(static area => $"Calls to Cloudflare about {area.Name} fail and are tried again every minute at the latest: {area.Reason}"))
        : null;
}

internal static class Readiness
{
    /// <summary>Why the last pass leaves the master not ready; null when it does not.</summary>
    public static string? Of(PassSnapshot pass) => pass.Number == 0 && pass.Trouble is null ? "The first pass has not ended yet." : pass.Trouble;
}
