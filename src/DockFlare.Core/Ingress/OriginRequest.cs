namespace DockFlare.Core.Ingress;

/// <summary>
/// How cloudflared talks to an origin: the keys of <c>originRequest</c>. A null property is absent and means cloudflared's default.
/// Durations are whole seconds in the API's JSON and Go duration strings in cloudflared's YAML.
/// </summary>
public sealed record OriginRequest
{
    /// <summary>Nothing set.</summary>
    public static OriginRequest None { get; } = new();

    /// <summary><c>connectTimeout</c>, default 30 s.</summary>
    public TimeSpan? ConnectTimeout { get; init; }

    /// <summary><c>tlsTimeout</c>, default 10 s.</summary>
    public TimeSpan? TlsTimeout { get; init; }

    /// <summary><c>tcpKeepAlive</c>, default 30 s.</summary>
    public TimeSpan? TcpKeepAlive { get; init; }

    /// <summary><c>keepAliveTimeout</c>, default 90 s.</summary>
    public TimeSpan? KeepAliveTimeout { get; init; }

    /// <summary><c>keepAliveConnections</c>, default 100.</summary>
    public int? KeepAliveConnections { get; init; }

    /// <summary><c>noHappyEyeballs</c>.</summary>
    public bool? NoHappyEyeballs { get; init; }

    /// <summary><c>httpHostHeader</c>.</summary>
    public string? HttpHostHeader { get; init; }

    /// <summary><c>originServerName</c>.</summary>
    public string? OriginServerName { get; init; }

    /// <summary><c>matchSNItoHost</c>.</summary>
    public bool? MatchSniToHost { get; init; }

    /// <summary><c>caPool</c>: a path on the connector's host. A file that is missing makes cloudflared refuse the whole document.</summary>
    public string? CaPool { get; init; }

    /// <summary><c>noTLSVerify</c>.</summary>
    public bool? NoTlsVerify { get; init; }

    /// <summary><c>disableChunkedEncoding</c>.</summary>
    public bool? DisableChunkedEncoding { get; init; }

    /// <summary><c>http2Origin</c>.</summary>
    public bool? Http2Origin { get; init; }

    /// <summary><c>proxyType</c>: empty or <c>socks</c>.</summary>
    public string? ProxyType { get; init; }

    /// <summary><c>proxyAddress</c>.</summary>
    public string? ProxyAddress { get; init; }

    /// <summary><c>proxyPort</c>.</summary>
    public int? ProxyPort { get; init; }

    /// <summary><c>bastionMode</c>.</summary>
    public bool? BastionMode { get; init; }

    /// <summary><c>ipRules</c>: who may be reached through <c>socks-proxy</c>.</summary>
    public EquatableArray<IpRule> IpRules { get; init; }

    /// <summary><c>access</c>: requests without a valid Access token are refused by cloudflared itself.</summary>
    public OriginAccess? Access { get; init; }
}

/// <summary>One entry of <c>ipRules</c>.</summary>
/// <param name="Prefix">A CIDR prefix.</param>
/// <param name="Ports">The ports it is about, 1 to 65535; none means all.</param>
/// <param name="Allow">Whether they may be reached.</param>
public sealed record IpRule(string Prefix, EquatableArray<int> Ports, bool Allow);

/// <summary><c>originRequest.access</c>.</summary>
/// <param name="Required">Whether a token is demanded.</param>
/// <param name="TeamName">The organisation's <c>auth_domain</c> without <c>.cloudflareaccess.com</c>.</param>
/// <param name="AudTag">The <c>aud</c> of each application that may have issued the token.</param>
public sealed record OriginAccess(bool Required, string? TeamName, EquatableArray<string> AudTag);
