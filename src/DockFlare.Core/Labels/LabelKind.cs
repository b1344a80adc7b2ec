namespace DockFlare.Core.Labels;

/// <summary>What a label's value has to be.</summary>
public enum LabelKind
{
    /// <summary>Any text on one line.</summary>
    Text,

    /// <summary><c>true</c>, <c>1</c>, <c>t</c>, <c>yes</c> or <c>false</c>, <c>0</c>, <c>f</c>, <c>no</c>, in any case.</summary>
    Boolean,

    /// <summary>A whole number between <see cref="LabelName.Least"/> and <see cref="LabelName.Most"/>.</summary>
    Integer,

    /// <summary>A Go duration such as <c>30s</c> or <c>1h30m</c>.</summary>
    Duration,

    /// <summary>A host name.</summary>
    Host,

    /// <summary>An origin as cloudflared takes it.</summary>
    Service,

    /// <summary>A path prefix, or an RE2 expression.</summary>
    Path,

    /// <summary>A comma-separated list.</summary>
    List,

    /// <summary>One of <see cref="LabelName.Words"/>.</summary>
    Word,

    /// <summary>A JSON array.</summary>
    Json,
}
