using DockFlare.Testing.Tunnels;

namespace DockFlare.Testing;

/// <summary>A simulated cloudflared that is connected to a tunnel of the emulator.</summary>
public sealed class FakeConnector
{
    private readonly FakeCloudflare fake;
    private readonly TunnelState tunnel;
    private readonly Action<FakeConfiguration>? onConfiguration;

    internal FakeConnector(FakeCloudflare fake, TunnelState tunnel, string id, string version, DateTimeOffset runAt, bool follows, Action<FakeConfiguration>? onConfiguration)
    {
        (this.fake, this.tunnel, this.onConfiguration) = (fake, tunnel, onConfiguration);
        (Id, Version, RunAt, Follows) = (id, version, runAt, follows);
    }

    /// <summary>The connector's UUID.</summary>
    public string Id { get; }

    /// <summary>The tunnel it serves.</summary>
    public string TunnelId => tunnel.Id;

    /// <summary>The version it says it is.</summary>
    public string Version { get; }

    /// <summary>When it connected.</summary>
    public DateTimeOffset RunAt { get; }

    /// <summary>Whether it puts each pushed configuration into force by itself. When not, a test does it with <see cref="Report"/>.</summary>
    public bool Follows { get; }

    /// <summary>The version of the configuration it has in force; null before the first.</summary>
    public long? ConfigVersion { get; private set; }

    /// <summary>Whether it is connected. False once it left or its tunnel was deleted.</summary>
    public bool IsConnected => DisconnectedAt is null;

    internal DateTimeOffset? DisconnectedAt { get; set; }

    /// <summary>The secret it connected with.</summary>
    internal string Secret { get; init; } = "";

    /// <summary>Tells the edge which version it has in force, as a cloudflared that lags or that refused a document would.</summary>
    public void Report(long? configVersion) => ConfigVersion = configVersion;

    /// <summary>Leaves the tunnel. Safe to repeat.</summary>
    public void Disconnect() => fake.Disconnect(this);

    /// <summary>What a push does. The version is set under the state's lock, the callback runs outside it.</summary>
    internal Action? Receive(FakeConfiguration configuration)
    {
        if (Follows)
        {
            ConfigVersion = configuration.Version;
        }

        return onConfiguration is null ? null : () => onConfiguration(configuration);
    }
}
