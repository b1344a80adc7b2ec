namespace DockFlare.Core.Access;

/// <summary>What a machine logs in with. Its secret is shown once, when it is made or rotated, and is nowhere else.</summary>
/// <param name="Id">Its UUID.</param>
/// <param name="Name">What people call it.</param>
public sealed record ServiceToken(string Id, string Name)
{
    /// <summary>What goes in the header <c>CF-Access-Client-Id</c>.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>How long it works from its making or refreshing on, such as <c>8760h</c> or <c>forever</c>; null when Cloudflare does not say.</summary>
    public string? Duration { get; init; }

    /// <summary>When it stops to work; null when it never does.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}
