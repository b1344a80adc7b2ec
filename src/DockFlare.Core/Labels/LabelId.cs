namespace DockFlare.Core.Labels;

/// <summary>The rows of <see cref="LabelNames.All"/>, in its order.</summary>
internal enum LabelId
{
    Enable, Hostname, Service, Port, Scheme, Path, ZoneName, Tunnel, Priority, PublishWhen, DnsProxied, DnsComment,
    NoTlsVerify, OriginSrvName, HttpHostHeader, Http2Origin, DisableChunkedEncoding, MatchSniToHost,
    AccessGroup, AccessGroups, AccessPolicy, AccessName, AccessSessionDuration, AccessAppLauncherVisible, AccessAllowedIdps,
    AccessAutoRedirectToIdentity, AccessCustomRules,
    OriginConnectTimeout, OriginTlsTimeout, OriginTcpKeepAlive, OriginKeepAliveTimeout, OriginKeepAliveConnections, OriginNoHappyEyeballs,
    OriginHttpHostHeader, OriginOriginServerName, OriginMatchSniToHost, OriginCaPool, OriginNoTlsVerify, OriginDisableChunkedEncoding,
    OriginHttp2Origin, OriginProxyType, OriginProxyAddress, OriginProxyPort, OriginBastionMode, OriginIpRules, OriginAccess,
}
