namespace DockFlare.Testing;

/// <summary>A zone's plan: it decides the limits of a batch, a comment, tags and the number of records.</summary>
public enum FakePlan
{
    /// <summary>200 changes in a batch, 100 characters in a comment, no tags, 200 records.</summary>
    Free,

    /// <summary>3,500 changes in a batch, 500 characters in a comment, 20 tags, 3,500 records.</summary>
    Pro,

    /// <summary>The limits of Pro.</summary>
    Business,

    /// <summary>The limits of Pro, and a TTL from 30 seconds.</summary>
    Enterprise,
}
