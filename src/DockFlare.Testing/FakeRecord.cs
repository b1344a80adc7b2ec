using DockFlare.Core;

namespace DockFlare.Testing;

/// <summary>A DNS record as the API would show it.</summary>
/// <param name="Id">32 hex digits.</param>
/// <param name="ZoneId">The zone it is in.</param>
/// <param name="Name">The whole name, punycode, lower case.</param>
/// <param name="Type">Such as <c>CNAME</c>.</param>
/// <param name="Content">What it points to.</param>
public sealed record FakeRecord(string Id, string ZoneId, string Name, string Type, string Content)
{
    /// <summary>Whether Cloudflare stands in front.</summary>
    public bool Proxied { get; init; }

    /// <summary>Seconds; 1 means automatic.</summary>
    public int Ttl { get; init; } = 1;

    /// <summary>The comment; null for none.</summary>
    public string? Comment { get; init; }

    /// <summary><c>name:value</c>.</summary>
    public EquatableArray<string> Tags { get; init; }

    /// <summary>For MX and URI.</summary>
    public int? Priority { get; init; }

    /// <summary>The JSON of <c>data</c> for structured types.</summary>
    public string? DataJson { get; init; }

    /// <summary>The JSON of <c>settings</c>.</summary>
    public string? SettingsJson { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedOn { get; init; }

    /// <summary>When it was last written.</summary>
    public DateTimeOffset ModifiedOn { get; init; }

    /// <summary>When its comment was last set.</summary>
    public DateTimeOffset? CommentModifiedOn { get; init; }

    /// <summary>When its tags were last set.</summary>
    public DateTimeOffset? TagsModifiedOn { get; init; }
}
