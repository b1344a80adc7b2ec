namespace DockFlare.Hosting.Docker;

/// <summary>Which Docker Engine is watched and which of its containers are looked at.</summary>
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
