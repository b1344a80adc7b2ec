using DockFlare.Core.Ingress;

namespace DockFlare.Core.Labels;

/// <summary>Reads how cloudflared is to talk to the origin.</summary>
internal static class OriginLabels
{
    private const int First = (int)LabelId.OriginConnectTimeout;
    private const int Last = (int)LabelId.OriginIpRules;

    public static OriginRequest Read(ref readonly LabelScope scope)
    {
        if (!IsAnySet(in scope))
        {
            return OriginRequest.None;
        }

        var origin = new OriginRequest
        {
            ConnectTimeout = scope.Seconds(LabelId.OriginConnectTimeout),
            TlsTimeout = scope.Seconds(LabelId.OriginTlsTimeout),
            TcpKeepAlive = scope.Seconds(LabelId.OriginTcpKeepAlive),
            KeepAliveTimeout = scope.Seconds(LabelId.OriginKeepAliveTimeout),
            KeepAliveConnections = scope.Number(LabelId.OriginKeepAliveConnections),
            NoHappyEyeballs = scope.Flag(scope.Find(LabelId.OriginNoHappyEyeballs)),
            HttpHostHeader = scope.Text(scope.Find(LabelId.OriginHttpHostHeader, LabelId.HttpHostHeader)),
            OriginServerName = scope.Text(scope.Find(LabelId.OriginOriginServerName, LabelId.OriginSrvName)),
            MatchSniToHost = scope.Flag(scope.Find(LabelId.OriginMatchSniToHost, LabelId.MatchSniToHost)),
            CaPool = ReadCaPool(in scope),
            NoTlsVerify = scope.Flag(scope.Find(LabelId.OriginNoTlsVerify, LabelId.NoTlsVerify)),
            DisableChunkedEncoding = scope.Flag(scope.Find(LabelId.OriginDisableChunkedEncoding, LabelId.DisableChunkedEncoding)),
            Http2Origin = scope.Flag(scope.Find(LabelId.OriginHttp2Origin, LabelId.Http2Origin)),
            ProxyType = WordLabel.Read(in scope, LabelId.OriginProxyType),
            ProxyAddress = scope.Text(scope.Find(LabelId.OriginProxyAddress)),
            ProxyPort = scope.Number(LabelId.OriginProxyPort),
            BastionMode = scope.Flag(scope.Find(LabelId.OriginBastionMode)),
            IpRules = ReadIpRules(in scope),
        };
        return origin == OriginRequest.None ? OriginRequest.None : origin;
    }

    private static bool IsAnySet(ref readonly LabelScope scope)
    {
        for (var id = (int)LabelId.NoTlsVerify; id <= (int)LabelId.MatchSniToHost; id++)
        {
            if (scope.Find((LabelId)id) >= 0)
            {
                return true;
            }
        }

        for (var id = First; id <= Last; id++)
        {
            if (scope.Find((LabelId)id) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    private static string? ReadCaPool(ref readonly LabelScope scope)
    {
        var position = scope.Find(LabelId.OriginCaPool);
        if (scope.Text(position) is not { } path || scope.Options.CaPools.AsSpan().Contains(path))
        {
            return position < 0 ? null : scope.Text(position);
        }

        var advice = scope.Options.CaPools.IsEmpty
            ? "which lists none"
            : $"which lists {string.Join(", ", scope.Options.CaPools.AsSpan().ToArray())}";
        scope.Fail(position, $"{scope.Key(position)} is '{path}', which is not in the agent's CLOUDFLARED_CA_POOLS, {advice}: add the path there once the connector can read the file. A missing file would make cloudflared refuse the whole configuration.");
        return null;
    }

    private static EquatableArray<IpRule> ReadIpRules(ref readonly LabelScope scope)
    {
        var position = scope.Find(LabelId.OriginIpRules);
        if (position < 0 || scope.Value(position) is not { Length: > 0 } json)
        {
            return [];
        }

        if (IpRulesText.TryRead(json, out var rules, out var fault))
        {
            return rules;
        }

        scope.Fail(position, $"{scope.Key(position)} {fault}: write such as {LabelNames.Get(LabelId.OriginIpRules).Example}.");
        return [];
    }
}
