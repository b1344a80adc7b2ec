using DockFlare.Core.Reconciliation;

namespace DockFlare.Hosting;

/// <summary>What the master does and how patiently.</summary>
public sealed class MasterOptions
{
    /// <summary><c>TUNNEL_NAME</c>: the tunnel of the master's own Docker host. Default <c>dockflare-tunnel</c>; setting it adopts a tunnel of that name.</summary>
    public string? TunnelName { get; set; }

    /// <summary><c>DOCKFLARE_LOCAL_AGENT</c>: watch the Docker Engine from the master itself. Default true.</summary>
    public bool LocalAgent { get; set; } = true;

    /// <summary><c>GRACE_PERIOD</c>: how long a vanished container's routes stay. Default 10 minutes; 0 and more.</summary>
    public TimeSpan GracePeriod { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary><c>RESYNC_INTERVAL</c>: a full pass without any event, to undo drift. Default 10 minutes; 10 seconds and more.</summary>
    public TimeSpan ResyncInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary><c>LABEL_PREFIX</c>: an extra label prefix.</summary>
    public string? LabelPrefix { get; set; }

    /// <summary><c>DOCKFLARE_OWNER_ID</c>: marks what this installation owns in Cloudflare. Made once and kept when absent; 4 to 32 of <c>a-z 0-9 -</c>.</summary>
    public string? OwnerId { get; set; }

    /// <summary><c>DOCKFLARE_DRY_RUN</c>: plan, show, apply nothing. Default false.</summary>
    public bool DryRun { get; set; }

    /// <summary><c>DOCKFLARE_POLICY</c>: what a plan may do. Default everything.</summary>
    public PlanMode Policy { get; set; }

    /// <summary><c>DOCKFLARE_MAX_DELETE_PERCENT</c>: a plan that deletes more of what is owned waits for a confirmation. Default 30; 0 to 100.</summary>
    public int MaxDeletePercent { get; set; } = 30;

    /// <summary><c>DOCKFLARE_HISTORY</c>: how long the history of changes is kept. Default 30 days; 0 keeps none.</summary>
    public TimeSpan HistoryRetention { get; set; } = TimeSpan.FromDays(30);

    /// <summary><c>USE_EXTERNAL_CLOUDFLARED</c>: the connector of the master's own tunnel is run by someone else. Default false.</summary>
    public bool ExternalCloudflared { get; set; }

    /// <summary><c>EXTERNAL_TUNNEL_ID</c>: the tunnel of the external connector.</summary>
    public string? ExternalTunnelId { get; set; }

    /// <summary><c>METRICS_OPEN</c>: <c>/metrics</c> answers without the API key. Default false.</summary>
    public bool MetricsOpen { get; set; }

    /// <summary>The name of the default tunnel when none is set.</summary>
    public const string DefaultTunnelName = "dockflare-tunnel";
}
