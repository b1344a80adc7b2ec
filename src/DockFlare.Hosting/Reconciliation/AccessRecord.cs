using System.Text.Json.Serialization;
using DockFlare.Core;
using DockFlare.Core.Access;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>
/// That an Access application or policy is ours. It is written before the object is made, so that an answer that is lost never leaves a twin:
/// an object that was not there before, and is what we sent, is then known to be ours.
/// </summary>
internal sealed record AccessRecord
{
    /// <summary>The rule of an application, or group and number of a policy.</summary>
    public required string Key { get; init; }

    /// <summary>Null while it is being made.</summary>
    public string? Id { get; init; }

    /// <summary>What was sent, as <see cref="AccessStore"/> compares it; null once the id is known.</summary>
    public string? Sent { get; init; }

    /// <summary>When it was sent, where that counts; null otherwise.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The objects that looked like that before.</summary>
    public EquatableArray<string> Before { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    UseStringEnumConverter = true,
    Converters =
    [
        typeof(EquatableArrayConverter<string>), typeof(EquatableArrayConverter<AccessPolicy>), typeof(EquatableArrayConverter<AccessSelector>),
        typeof(EquatableArrayConverter<AccessPolicyField>),
    ])]
[JsonSerializable(typeof(AccessRecord))]
[JsonSerializable(typeof(AccessGroup))]
[JsonSerializable(typeof(ZoneDefault))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(AccessPolicy[]))]
[JsonSerializable(typeof(AccessSelector[]))]
[JsonSerializable(typeof(AccessPolicyField[]))]
internal sealed partial class AccessStateJson : JsonSerializerContext;
