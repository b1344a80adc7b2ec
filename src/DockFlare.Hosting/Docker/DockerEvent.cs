using System.Text.Json.Serialization;

namespace DockFlare.Hosting.Docker;

/// <summary>One line of the engine's event stream, as far as it is read.</summary>
internal sealed record DockerEvent(string? Type, string? Action, DockerEventActor? Actor)
{
    private const string HealthStatus = "health_status";

    /// <summary>What the stream is asked for. <c>kill</c> is not in it: a signal is not a stop, and a stop says <c>die</c>.</summary>
    public static IDictionary<string, IDictionary<string, bool>> Filters { get; } = new Dictionary<string, IDictionary<string, bool>>
    {
        ["type"] = new Dictionary<string, bool> { ["container"] = true, ["network"] = true, ["service"] = true },
        ["event"] = new[] { "start", "die", "stop", "pause", "unpause", "rename", "destroy", HealthStatus, "connect", "disconnect", "create", "update", "remove" }
            .ToDictionary(name => name, _ => true),
    };

    /// <summary>The container to look at again; null when there is none.</summary>
    public string? Container => Type switch
    {
        "container" => Actor?.Id,
        "network" when Actor?.Attributes?.TryGetValue("container", out var id) == true => id,
        _ => null,
    };

    /// <summary>Whether it is about a service of a Swarm, or about a task of one that is on this engine.</summary>
    public bool IsOfService => Type is "service" || (Type is "container" && Actor?.Attributes?.ContainsKey("com.docker.swarm.service.id") == true);

    /// <summary>
    /// Whether a container that is not in the set may enter it by this. Every other event matters for a known one alone:
    /// an engine attaches the networks before it says <c>start</c>, and looking then would be a call for nothing.
    /// </summary>
    public bool CanAdd => Type is "container" && Action is "start" or "rename" or "unpause";
}

/// <summary>What an event is about.</summary>
internal sealed record DockerEventActor([property: JsonPropertyName("ID")] string? Id, Dictionary<string, string>? Attributes);

[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = false)]
[JsonSerializable(typeof(DockerEvent))]
internal sealed partial class DockerEventJsonContext : JsonSerializerContext;
