namespace DockFlare.Hosting.Agents;

/// <summary>How an agent finds its master and what it keeps.</summary>
public sealed class AgentOptions
{
    /// <summary><c>DOCKFLARE_MASTER_URL</c>: where the master is, such as <c>https://dockflare.example.com</c>. Required unless the master is in the same process.</summary>
    public string? MasterUrl { get; set; }

    /// <summary><c>DOCKFLARE_API_KEY</c>: the agent's key. Secret. This or <see cref="ApiKeyFile"/> is required with a <see cref="MasterUrl"/>.</summary>
    public string? ApiKey { get; set; }

    /// <summary><c>DOCKFLARE_API_KEY_FILE</c>: a file that holds the agent's key; read again when the master refuses the key.</summary>
    public string? ApiKeyFile { get; set; }

    /// <summary><c>AGENT_DISPLAY_NAME</c>: what people call this host. Default the host's name.</summary>
    public string? DisplayName { get; set; }

    /// <summary><c>DOCKFLARE_DATA</c>: the folder for the agent's id and its tunnel's state. Default <c>/app/data</c> in the image, <c>./data</c> otherwise; null keeps nothing.</summary>
    public string? DataPath { get; set; }

    /// <summary><c>HEALTH_CHECK_PORT</c>: the port of <c>/health</c>. Default 8080; 1 to 65535.</summary>
    public int HealthPort { get; set; } = 8080;

    /// <summary><c>CF_ACCESS_CLIENT_ID</c>: sent with every call when the master is behind Cloudflare Access.</summary>
    public string? AccessClientId { get; set; }

    /// <summary><c>CF_ACCESS_CLIENT_SECRET</c>: sent with every call when the master is behind Cloudflare Access. Secret.</summary>
    public string? AccessClientSecret { get; set; }

    /// <summary><c>REPORT_INTERVAL_SECONDS</c>: pace of reports and heartbeats towards a master that sets none (protocols 1 and 2). Default 30 seconds; 5 seconds to 1 hour.</summary>
    public TimeSpan ReportInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often the connector is looked at when nothing gives cause. Default 15 seconds; 1 second and more.</summary>
    public TimeSpan TunnelCheckInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a command is held before it must be renewed. Default 60 seconds; 10 to 600 seconds.</summary>
    public TimeSpan CommandLease { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a poll for commands waits. Default 30 seconds; 1 to 60 seconds.</summary>
    public TimeSpan CommandWait { get; set; } = TimeSpan.FromSeconds(30);
}
