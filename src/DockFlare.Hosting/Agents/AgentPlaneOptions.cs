using DockFlare.Core;
using DockFlare.Core.Reconciliation;

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

    /// <summary><c>DOCKFLARE_AUTHORITY</c>: what an agent may claim unless its record says otherwise. Default any host and group, and its own tunnel alone.</summary>
    public AgentAuthority Authority { get; set; } = AgentAuthority.Default;

    /// <summary>How many calls a second one agent key may make in the long run; beyond it the answer is 429. Default 50; 1 and more.</summary>
    public int CallsPerSecond { get; set; } = 50;

    /// <summary>How many calls one agent key may make at once, as an agent of protocol 1 does at its start, one for each container. Default 6,000; 1 and more.</summary>
    public int CallBurst { get; set; } = 6_000;

    /// <summary>The agent's image in deploy files. Default <c>dockflare-agent:0.1.0</c>.</summary>
    public string AgentImage { get; set; } = "dockflare-agent:0.1.0";

    /// <summary>The folder of an operator's own deploy templates. Default <c>templates</c> in the data directory; null for none.</summary>
    public string? TemplatesPath { get; set; }

    /// <summary>The label prefixes that agents are to report. Default <c>dockflare.</c> and <c>cloudflare.tunnel.</c>.</summary>
    public EquatableArray<string> LabelPrefixes { get; set; } = ["dockflare.", "cloudflare.tunnel."];

    /// <summary>Further label keys that agents are to report, for templates and filters. Default compose's project and service.</summary>
    public EquatableArray<string> LabelKeys { get; set; } = ["com.docker.compose.project", "com.docker.compose.service"];
}
