namespace DockFlare.Testing;

/// <summary>How the emulator is set up.</summary>
public sealed class FakeCloudflareOptions
{
    /// <summary>The port on 127.0.0.1. Default 0: any free one.</summary>
    public int Port { get; set; }

    /// <summary>The clock for time stamps, expiry and the rate limit. Default: the system's. Latency and delays never use it.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>How long every call takes at least, by the system's monotonic clock. Default: no longer than it takes.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>The rate limit that is enforced. Default null: none is, and the headers tell Cloudflare's own with all calls left.</summary>
    public FakeRateLimit? RateLimit { get; set; }

    /// <summary>How long the edge goes on believing in a connector that has left. Default: not at all.</summary>
    public TimeSpan ConnectorLag { get; set; }

    /// <summary>What ids, secrets and tokens are derived from. Equal seeds and equal calls give equal ids. Default 1.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>
    /// Refuses configurations that cloudflared's own rules as they are known here take: given the value of <c>config</c> as JSON it answers the
    /// validator's text, or null. Default null: none. May be changed at any time.
    /// </summary>
    public Func<string, string?>? ConfigurationFault { get; set; }

    /// <summary>How many calls the log keeps; the oldest are dropped first. Default 100,000.</summary>
    public int LogCapacity { get; set; } = 100_000;
}
