namespace DockFlare.Core.Zones;

/// <summary>A DNS zone at Cloudflare.</summary>
/// <param name="Id">Cloudflare's id, 32 hex digits.</param>
/// <param name="Name">The name in lower-case ASCII, such as <c>example.com</c>.</param>
public sealed record Zone(string Id, string Name)
{
    /// <summary>Cloudflare's word for its state; only <c>active</c> zones serve. An open string.</summary>
    public string Status { get; init; } = "active";

    /// <summary>The account it belongs to.</summary>
    public string? AccountId { get; init; }

    /// <summary>Whether it is on the Free plan, where a batch takes 200 changes and a comment 100 characters.</summary>
    public bool IsFree { get; init; }

    /// <summary>Whether Cloudflare serves it.</summary>
    public bool IsActive => string.Equals(Status, "active", StringComparison.Ordinal);
}
