using DockFlare.Core;

namespace DockFlare.Hosting.Agents;

/// <summary>How the master deals with agents.</summary>
public sealed class AgentPlaneOptions
{
    /// <summary><c>AGENT_HEARTBEAT_TIMEOUT</c>: an agent is never shown offline sooner than this after its last sign of life. Default 60 seconds; 10 seconds and more.</summary>
    public TimeSpan HeartbeatTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary><c>AGENT_ENROLLMENT_REQUIRED</c>: a new agent waits for an operator. Default true; when false it gets a new tunnel of its own, <c>dockflare-&lt;agent id&gt;</c>.</summary>
    public bool EnrollmentRequired { get; set; } = true;

    /// <summary><c>DOCKFLARE_PUBLIC_URL</c>: where agents reach the master; goes into deploy files. Default none: a placeholder.</summary>
    public string? PublicUrl { get; set; }

    /// <summary>The label prefixes that agents are to report. Default <c>dockflare.</c> and <c>cloudflare.tunnel.</c>.</summary>
    public EquatableArray<string> LabelPrefixes { get; set; } = ["dockflare.", "cloudflare.tunnel."];

    /// <summary>Further label keys that agents are to report, for templates and filters. Default compose's project and service.</summary>
    public EquatableArray<string> LabelKeys { get; set; } = ["com.docker.compose.project", "com.docker.compose.service"];
}
