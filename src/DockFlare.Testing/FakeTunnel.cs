using DockFlare.Core;

namespace DockFlare.Testing;

/// <summary>A tunnel at one moment.</summary>
/// <param name="Id">Its UUID.</param>
/// <param name="AccountId">The account it is in.</param>
/// <param name="Name">Its name.</param>
public sealed record FakeTunnel(string Id, string AccountId, string Name)
{
    /// <summary><c>cloudflare</c> or <c>local</c>.</summary>
    public required string ConfigSource { get; init; }

    /// <summary><c>inactive</c>, <c>healthy</c> or <c>down</c>.</summary>
    public required string Status { get; init; }

    /// <summary>When it was deleted; null while it lives.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>The connector token. Secret: left out of <see cref="ToString"/>.</summary>
    public required string Token { get; init; }

    /// <summary>The newest configuration.</summary>
    public required FakeConfiguration Configuration { get; init; }

    /// <summary>The ids of the connectors the edge sees.</summary>
    public EquatableArray<string> ConnectorIds { get; init; }

    /// <summary>Leaves the token out.</summary>
    public override string ToString() => $"FakeTunnel {{ {Name} ({Id}), {Status}, version {Configuration.Version} }}";
}
