namespace DockFlare.Hosting.Cloudflared;

/// <summary>Who runs cloudflared, and how it runs as a process.</summary>
public sealed class CloudflaredOptions
{
    /// <summary><c>CLOUDFLARED_MODE</c>. Default <see cref="CloudflaredMode.Docker"/>.</summary>
    public CloudflaredMode Mode { get; set; }

    /// <summary><c>CLOUDFLARED_BIN</c>: the program for <see cref="CloudflaredMode.Process"/>, a path or a name found by <c>PATH</c>. Default <c>cloudflared</c>.</summary>
    public string Binary { get; set; } = "cloudflared";

    /// <summary>How long a new connector may take until it is connected to Cloudflare. Default 60 seconds.</summary>
    public TimeSpan ReadyTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a connector that is stopped may finish its requests. Default 30 seconds, as cloudflared's own.</summary>
    public TimeSpan GracePeriod { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>Who runs cloudflared.</summary>
public enum CloudflaredMode
{
    /// <summary>Containers of the Docker Engine.</summary>
    Docker,

    /// <summary>Processes of ours.</summary>
    Process,

    /// <summary>Someone else; we start and stop nothing.</summary>
    External,
}
