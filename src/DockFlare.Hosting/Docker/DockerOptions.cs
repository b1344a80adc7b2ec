namespace DockFlare.Hosting.Docker;

/// <summary>Which Docker Engine is watched, which of its containers are looked at, and how cloudflared runs in it.</summary>
public sealed class DockerOptions
{
    /// <summary><c>DOCKER_HOST</c>: where the engine listens, <c>unix://</c> and a path or <c>tcp://host:port</c>. Default <c>unix:///var/run/docker.sock</c>.</summary>
    public Uri Host { get; set; } = new("unix:///var/run/docker.sock");

    /// <summary><c>DOCKFLARE_CONTAINER_FILTER</c>: only containers that match are looked at, such as <c>label=team=web</c> or <c>name=blog-*</c>. Default all.</summary>
    public ContainerFilter Filter { get; set; } = ContainerFilter.All;

    /// <summary>How often everything is listed without any event, to undo what an event did not say. Default 10 minutes; 10 seconds and more.</summary>
    public TimeSpan ResyncInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long one call to the engine may take. Default 30 seconds.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary><c>CLOUDFLARED_IMAGE</c>. Default a pinned release of <c>cloudflare/cloudflared</c>.</summary>
    public ConnectorImage ConnectorImage { get; set; } = ConnectorImage.Default;

    /// <summary><c>CLOUDFLARED_NETWORK_NAME</c>: the network connectors join; created when missing. Default <c>cloudflare-net</c>.</summary>
    public string ConnectorNetwork { get; set; } = "cloudflare-net";

    /// <summary><c>CLOUDFLARED_REPLICAS</c>: how many connectors run side by side. Default 1; 1 to 25.</summary>
    public int ConnectorReplicas { get; set; } = 1;

    /// <summary><c>CLOUDFLARED_ATTACH</c>: connectors also join the networks of the containers they serve. Default false.</summary>
    public bool ConnectorAttach { get; set; }

    /// <summary>
    /// The name of the connector's container; further replicas get <c>-2</c> and so on. Default <c>dockflare-agent-tunnel</c>, the name existing
    /// agents use, so that theirs is taken over. Two that share an engine need two names.
    /// </summary>
    public string ConnectorName { get; set; } = "dockflare-agent-tunnel";

    /// <summary>The port of the connectors' metrics in their own network. Default 20241.</summary>
    public int ConnectorMetricsPort { get; set; } = 20241;

    /// <summary>How long a new connector may take until it is connected to Cloudflare. Default 60 seconds.</summary>
    public TimeSpan ConnectorReadyTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a connector whose metrics cannot be reached must run without a restart to count as connected. Default 15 seconds.</summary>
    public TimeSpan ConnectorStableTime { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a connector that is replaced may finish its requests. Default 30 seconds, as cloudflared's own.</summary>
    public TimeSpan ConnectorGracePeriod { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Reads <c>DOCKER_HOST</c>.</summary>
    /// <exception cref="FormatException">It is not <c>unix://</c> and a path or <c>tcp://host:port</c>; the message says what to write.</exception>
    public static Uri ParseHost(string value)
    {
        ArgumentNullException.ThrowIfNull(value);

        var trimmed = value.Trim();
        if (Uri.TryCreate(trimmed, UriKind.Absolute, out var uri))
        {
            if (uri.Scheme is "unix" && uri.AbsolutePath.Length > 1)
            {
                return uri;
            }

            if (uri.Scheme is "tcp" or "http" && uri.Host.Length > 0 && uri.AbsolutePath is "/" or "")
            {
                return uri;
            }
        }

        throw new FormatException(
            $"DOCKER_HOST is '{trimmed}', which is neither a unix socket nor a TCP address: write 'unix:///var/run/docker.sock' or 'tcp://docker-socket-proxy:2375'.");
    }
}
