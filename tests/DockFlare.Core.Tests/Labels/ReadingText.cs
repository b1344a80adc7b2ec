using System.Globalization;
using System.Text;
using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;

namespace DockFlare.Tests.Labels;

/// <summary>Writes a reading as text, all of it, so that a case compares the whole outcome.</summary>
internal static class ReadingText
{
    public static string Of(LabelReading reading)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{(reading.IsLabelled ? "labelled" : "unlabelled")}, {(reading.IsEnabled ? "enabled" : "not enabled")}\n");
        foreach (var rule in reading.Rules)
        {
            Append(text, rule);
        }

        Append(text, "error", reading.Errors);
        Append(text, "note", reading.Notes);
        return text.ToString();
    }

    private static void Append(StringBuilder text, LabelRule rule)
    {
        text.Append(CultureInfo.InvariantCulture, $"rule {rule.Key} -> {rule.Service}\n");
        Line(text, "path", rule.Key.Path.ToCloudflared());
        Append(text, rule.Origin);
        Line(text, "priority", rule.Priority == 0 ? null : rule.Priority);
        Line(text, "zone", rule.ZoneName);
        Line(text, "tunnel", rule.Tunnel);
        Line(text, "proxied", rule.DnsProxied ? null : false);
        Line(text, "comment", rule.DnsComment);
        Line(text, "publish", rule.PublishWhenHealthy ? "when healthy" : null);
        Append(text, rule.Access);
    }

    private static void Append(StringBuilder text, OriginRequest origin)
    {
        Line(text, "connectTimeout", origin.ConnectTimeout);
        Line(text, "tlsTimeout", origin.TlsTimeout);
        Line(text, "tcpKeepAlive", origin.TcpKeepAlive);
        Line(text, "keepAliveTimeout", origin.KeepAliveTimeout);
        Line(text, "keepAliveConnections", origin.KeepAliveConnections);
        Line(text, "noHappyEyeballs", origin.NoHappyEyeballs);
        Line(text, "httpHostHeader", origin.HttpHostHeader);
        Line(text, "originServerName", origin.OriginServerName);
        Line(text, "matchSNItoHost", origin.MatchSniToHost);
        Line(text, "caPool", origin.CaPool);
        Line(text, "noTLSVerify", origin.NoTlsVerify);
        Line(text, "disableChunkedEncoding", origin.DisableChunkedEncoding);
        Line(text, "http2Origin", origin.Http2Origin);
        Line(text, "proxyType", origin.ProxyType);
        Line(text, "proxyAddress", origin.ProxyAddress);
        Line(text, "proxyPort", origin.ProxyPort);
        Line(text, "bastionMode", origin.BastionMode);
        foreach (var rule in origin.IpRules)
        {
            Line(text, "ipRule", $"{rule.Prefix} ports [{string.Join(' ', rule.Ports.Select(port => port.ToString(CultureInfo.InvariantCulture)))}] {(rule.Allow ? "allow" : "deny")}");
        }

        Line(text, "access", origin.Access);
    }

    private static void Append(StringBuilder text, AccessWish? wish)
    {
        if (wish is null)
        {
            return;
        }

        Line(text, "guard", wish.Groups.IsEmpty ? wish.CustomRules is null ? wish.Policy.ToString() : "custom rules" : $"groups {string.Join(' ', wish.Groups)}");
        Line(text, "guard rules", wish.CustomRules);
        Line(text, "guard name", wish.Name);
        Line(text, "guard session", wish.SessionDuration == "24h" ? null : wish.SessionDuration);
        Line(text, "guard launcher", wish.AppLauncherVisible ? "visible" : null);
        Line(text, "guard idps", wish.AllowedIdps.IsEmpty ? null : string.Join(" | ", wish.AllowedIdps));
        Line(text, "guard redirect", wish.AutoRedirectToIdentity ? "at once" : null);
        Line(text, "guard jwt", wish.RequireJwt ? "required" : null);
    }

    private static void Append(StringBuilder text, string kind, EquatableArray<LabelError> entries)
    {
        foreach (var entry in entries)
        {
            text.Append(CultureInfo.InvariantCulture, $"{kind} {entry.Label}{(entry.Value is null ? "" : $"={entry.Value.ReplaceLineEndings("\\n")}")}{(entry.Host is null ? "" : $" ({entry.Host})")}\n  {entry.Message.ReplaceLineEndings("\\n")}\n");
        }
    }

    private static void Line(StringBuilder text, string name, object? value)
    {
        if (value is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {name}: {value}\n");
        }
    }
}
