using System.Text.Json;
using System.Text.Json.Serialization;

namespace DockFlare.Core.Commands;

/// <summary>
/// Commands as JSON, for queues and for the agent protocol: one object with <c>kind</c> (<c>ensure_tunnel</c>, <c>stop_tunnel</c>),
/// <c>id</c> and the kind's own members in snake case. Equal commands give equal text.
/// </summary>
public static class AgentCommandJson
{
    /// <summary>The command as one line of JSON.</summary>
    public static string Serialize(AgentCommand command) => JsonSerializer.Serialize(Shape(command), CommandJsonContext.Default.CommandShape);

    /// <summary>Reads what <see cref="Serialize"/> wrote.</summary>
    /// <exception cref="JsonException">It is not a command, or one of a kind that only a newer DockFlare knows.</exception>
    public static AgentCommand Deserialize(string json) => Command(JsonSerializer.Deserialize(json, CommandJsonContext.Default.CommandShape));

    internal static CommandShape Shape(AgentCommand command) => command switch
    {
        AgentCommand.EnsureTunnel ensure => new(EnsureTunnel, ensure.Id.Value)
        {
            TunnelId = ensure.TunnelId,
            TunnelName = ensure.TunnelName,
            Generation = ensure.Generation,
            Restart = ensure.Restart ? true : null,
        },
        AgentCommand.StopTunnel stop => new(StopTunnel, stop.Id.Value),
        null => throw new ArgumentNullException(nameof(command)),
        _ => throw new ArgumentException($"There is no JSON for a command of type {command.GetType().Name}.", nameof(command)),
    };

    internal static AgentCommand Command(CommandShape? shape) => shape switch
    {
        { Id.Length: 0 } or { Id: null } => throw new JsonException("A command has no 'id'."),
        { Kind: EnsureTunnel, TunnelId: { } id, TunnelName: { } name, Generation: { } generation } =>
            new AgentCommand.EnsureTunnel(new CommandId(shape.Id), id, name, generation) { Restart = shape.Restart ?? false },
        { Kind: EnsureTunnel } => throw new JsonException($"The command '{shape.Id}' lacks 'tunnel_id', 'tunnel_name' or 'generation'."),
        { Kind: StopTunnel } => new AgentCommand.StopTunnel(new CommandId(shape.Id)),
        null => throw new JsonException("A command is null."),
        _ => throw new JsonException($"The command '{shape.Id}' is of the unknown kind '{shape.Kind}': a newer DockFlare wrote it. Update this one."),
    };

    private const string EnsureTunnel = "ensure_tunnel";
    private const string StopTunnel = "stop_tunnel";
}

/// <summary>Lets a serializer context read and write <see cref="AgentCommand"/> inside other shapes, in the form of <see cref="AgentCommandJson"/>.</summary>
public sealed class AgentCommandConverter : JsonConverter<AgentCommand>
{
    /// <inheritdoc />
    public override AgentCommand Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        AgentCommandJson.Command(JsonSerializer.Deserialize(ref reader, CommandJsonContext.Default.CommandShape));

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, AgentCommand value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, AgentCommandJson.Shape(value), CommandJsonContext.Default.CommandShape);
}

internal sealed record CommandShape(string Kind, string Id)
{
    public string? TunnelId { get; init; }

    public string? TunnelName { get; init; }

    public long? Generation { get; init; }

    public bool? Restart { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CommandShape))]
internal sealed partial class CommandJsonContext : JsonSerializerContext;
