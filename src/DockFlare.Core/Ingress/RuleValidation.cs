using System.Globalization;

namespace DockFlare.Core.Ingress;

/// <summary>cloudflared's tests on a decoded document, in its order: rule by rule service, access, hostname, position, path.</summary>
internal static class RuleValidation
{
    public const string NoRules = "The config file doesn't contain any ingress rules";

    public static string? FindFault(DocumentFacts document)
    {
        if (document.Rules.Count == 0)
        {
            return Failed(NoRules);
        }

        for (var i = 0; i < document.Rules.Count; i++)
        {
            var rule = document.Rules[i];
            var fault = FindServiceFault(rule, document.Origin)
                ?? FindAccessFault(rule.Origin)
                ?? FindHostnameFault(rule.Hostname)
                ?? FindPositionFault(rule, i, document.Rules.Count)
                ?? FindPathFault(rule, i);
            if (fault is not null)
            {
                return Failed(fault);
            }
        }

        return null;
    }

    private static string Failed(string fault) => $"Validation failed: {fault}";

    private static string? FindServiceFault(RuleFacts rule, OriginFacts defaults)
    {
        if (rule.Service is "socks-proxy")
        {
            foreach (var ipRule in rule.Origin.IpRules)
            {
                if (FindFault(ipRule) is { } fault)
                {
                    return $"unable to create ip rule for socks-proxy: {fault}";
                }
            }
        }

        var isBastion = (rule.Origin.BastionMode ?? defaults.BastionMode) == true;
        return isBastion && IngressService.IsAddress(rule.Service) ? null : IngressService.FindFault(rule.Service);
    }

    private static string? FindFault(IpRuleFacts rule)
    {
        if (rule.Prefix.Length == 0)
        {
            return "no prefix provided";
        }

        if (!IsCidr(rule.Prefix))
        {
            return $"unable to parse cidr: {rule.Prefix}";
        }

        foreach (var port in rule.Ports)
        {
            if (port is < 1 or > 65535)
            {
                return string.Create(CultureInfo.InvariantCulture, $"invalid port {port}, needs to be between 1 and 65535");
            }
        }

        return null;
    }

    private static string? FindAccessFault(OriginFacts origin) =>
        origin is { IsAccessRequired: true, TeamName: "", AudTags: > 0 } ? "access.TeamName cannot be blank when access.audTags are present" : null;

    private static string? FindHostnameFault(string hostname)
    {
        if (HasPort(hostname))
        {
            return "Hostname cannot contain a port";
        }

        return hostname.LastIndexOf('*') > 0
            ? "Hostname patterns can have at most one wildcard character (\"*\") and it can only be used for subdomains, e.g. \"*.example.com\""
            : null;
    }

    private static string? FindPositionFault(RuleFacts rule, int index, int count)
    {
        var isCatchAll = HostPattern.IsAny(rule.Hostname) && rule.Path.Length == 0;
        var isLast = index == count - 1;
        if (isLast && !isCatchAll)
        {
            return "The last ingress rule must match all URLs (i.e. it should not have a hostname or path filter)";
        }

        return isCatchAll && !isLast
            ? string.Create(CultureInfo.InvariantCulture, $"Rule #{index + 1} is matching the hostname '{rule.Hostname}', but this will match every hostname, meaning the rules which follow it will never be triggered.")
            : null;
    }

    private static string? FindPathFault(RuleFacts rule, int index) =>
        rule.Path.Length > 0 && Re2Syntax.FindFault(rule.Path) is { } fault
            ? string.Create(CultureInfo.InvariantCulture, $"Rule #{index + 1} has an invalid regex: {fault}")
            : null;

    /// <summary>Whether Go's net.SplitHostPort can take the text apart; what stands for a port need not be a number.</summary>
    private static bool HasPort(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0)
        {
            return false;
        }

        if (text[0] != '[')
        {
            return text.IndexOf(':', StringComparison.Ordinal) == colon && text.AsSpan().IndexOfAny('[', ']') < 0;
        }

        var end = text.IndexOf(']', StringComparison.Ordinal);
        return end >= 0 && end + 1 == colon && text.IndexOf('[', 1) < 0 && text.IndexOf(']', end + 1) < 0;
    }

    /// <summary>Whether Go's net.ParseCIDR takes the text.</summary>
    private static bool IsCidr(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return false;
        }

        var address = text[..slash];
        var length = text.AsSpan(slash + 1);
        if (length.IsEmpty || length.Length > 9 || length.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        var bits = int.Parse(length, NumberStyles.None, CultureInfo.InvariantCulture);
        return IsAddress4(address) ? bits <= 32 : GoUrl.IsAddress6(address) && bits <= 128;
    }

    private static bool IsAddress4(string text)
    {
        var parts = text.Split('.');
        return parts.Length == 4 && Array.TrueForAll(parts, static part =>
            part.Length is > 0 and <= 3
            && !part.AsSpan().ContainsAnyExceptInRange('0', '9')
            && (part.Length == 1 || part[0] != '0')
            && int.Parse(part, NumberStyles.None, CultureInfo.InvariantCulture) <= 255);
    }
}
