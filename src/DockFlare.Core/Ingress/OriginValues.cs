namespace DockFlare.Core.Ingress;

/// <summary>The keys of an <c>originRequest</c> that are set, in cloudflared's spelling and order.</summary>
internal static class OriginValues
{
    public static IEnumerable<(string Name, object Value)> Of(OriginRequest origin)
    {
        foreach (var name in OriginKeys.Names)
        {
            if (Find(origin, name) is { } value)
            {
                yield return (name, value);
            }
        }
    }

    private static object? Find(OriginRequest origin, string name) => name switch
    {
        "connectTimeout" => origin.ConnectTimeout,
        "tlsTimeout" => origin.TlsTimeout,
        "tcpKeepAlive" => origin.TcpKeepAlive,
        "keepAliveTimeout" => origin.KeepAliveTimeout,
        "keepAliveConnections" => origin.KeepAliveConnections,
        "proxyPort" => origin.ProxyPort,
        "noHappyEyeballs" => origin.NoHappyEyeballs,
        "matchSNItoHost" => origin.MatchSniToHost,
        "noTLSVerify" => origin.NoTlsVerify,
        "disableChunkedEncoding" => origin.DisableChunkedEncoding,
        "bastionMode" => origin.BastionMode,
        "http2Origin" => origin.Http2Origin,
        "httpHostHeader" => origin.HttpHostHeader,
        "originServerName" => origin.OriginServerName,
        "caPool" => origin.CaPool,
        "proxyAddress" => origin.ProxyAddress,
        "proxyType" => origin.ProxyType,
        "ipRules" => origin.IpRules.IsEmpty ? null : origin.IpRules,
        _ => origin.Access,
    };
}
