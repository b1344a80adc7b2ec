using System.Buffers;
using System.Globalization;

namespace DockFlare.Core.Labels;

/// <summary>Advice on origins that cloudflared does not take.</summary>
internal static class ServiceText
{
    private static readonly SearchValues<char> HostEnd = SearchValues.Create("/?#");
    private static readonly SearchValues<char> NotInHost = SearchValues.Create(" \"%\\^`{|}<>");
    private static readonly string[] Words = ["hello_world", "hello-world", "socks-proxy", "bastion"];

    /// <summary>Whether an address names a port above 65535, which cloudflared accepts and can never reach.</summary>
    public static bool HasImpossiblePort(string service)
    {
        var end = service.Length;
        while (end > 0 && char.IsAsciiDigit(service[end - 1]))
        {
            end--;
        }

        return service.Length - end >= 5 && end > 0 && service[end - 1] == ':' && FindFault(service) is not null;
    }

    /// <summary>What is wrong with a service and what to write instead; null when nothing is seen.</summary>
    public static string? FindFault(string service)
    {
        if (service.StartsWith("unix:", StringComparison.Ordinal) || service.StartsWith("unix+tls:", StringComparison.Ordinal) || Words.AsSpan().Contains(service))
        {
            return null;
        }

        if (service.StartsWith("http_status:", StringComparison.Ordinal))
        {
            return int.TryParse(service.AsSpan("http_status:".Length), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var status) && status is >= 100 and <= 999
                ? null
                : "its status is not a number from 100 to 999: write a status such as http_status:404";
        }

        var scheme = service.IndexOf("://", StringComparison.Ordinal);
        if (scheme <= 0 || !IsScheme(service.AsSpan(0, scheme)))
        {
            return FindSchemeFault(service);
        }

        var rest = service.AsSpan(scheme + 3);
        var end = rest.IndexOfAny(HostEnd);
        if (end >= 0 && rest[end] == '/')
        {
            return rest[..end].IsEmpty
                ? "it has no host: write scheme, host and port, such as http://app:8080"
                : $"it has a path, and cloudflared passes on the path of the request: write {Redact(service[..(scheme + 3 + end)])}";
        }

        var authority = end < 0 ? rest : rest[..end];
        return FindHostFault(authority[(authority.LastIndexOf('@') + 1)..]);
    }

    /// <summary>A URL as it may be shown: without user and password.</summary>
    public static string Redact(string url)
    {
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        return scheme < 0 ? url : Redact(url, scheme + 3);
    }

    /// <summary>A service as it may be shown; also one whose scheme was forgotten.</summary>
    public static string RedactService(string service) =>
        service.Contains("://", StringComparison.Ordinal) ? Redact(service) : Redact(service, 0);

    private static string Redact(string url, int user)
    {
        var at = url.LastIndexOf('@');
        return at > user ? string.Concat(url.AsSpan(0, user), "***", url.AsSpan(at)) : url;
    }

    /// <summary>Whether it is the scheme of a URL.</summary>
    public static bool IsScheme(ReadOnlySpan<char> scheme)
    {
        foreach (var c in scheme)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.'))
            {
                return false;
            }
        }

        return !scheme.IsEmpty && char.IsAsciiLetter(scheme[0]);
    }

    private static string FindSchemeFault(string service)
    {
        if (service.Length == 0)
        {
            return "it is empty: write scheme, host and port, such as http://app:8080";
        }

        var plain = service.Replace('-', '_').ToLowerInvariant();
        if (plain.StartsWith("http_status", StringComparison.Ordinal))
        {
            return "a fixed answer is written http_status:404";
        }

        foreach (var word in Words)
        {
            if (string.Equals(plain.Split(':')[0], word.Replace('-', '_'), StringComparison.Ordinal) || string.Equals(plain, word.Replace("_", "", StringComparison.Ordinal), StringComparison.Ordinal))
            {
                return $"it is written {word}";
            }
        }

        if (service[0] == '/' && !service.StartsWith("//", StringComparison.Ordinal))
        {
            return $"it has no scheme: write unix:{service} for a socket, or http://app:8080 for a container";
        }

        // "tcp:db:5432" has the scheme, "localhost:8080" has none.
        var colon = service.IndexOf(':', StringComparison.Ordinal);
        var start = service.IndexOf("://", StringComparison.Ordinal);
        var (scheme, rest) = start >= 0 ? ("http", service[(start + 3)..])
            : colon > 0 && service[..colon] is "http" or "https" or "tcp" or "ssh" or "rdp" or "smb" or "ws" or "wss" ? (service[..colon], service[(colon + 1)..])
            : ("http", service);
        return $"it does not begin with a scheme: write for example {scheme}://{RedactService(rest.Trim('/'))}";
    }

    private static string? FindHostFault(ReadOnlySpan<char> host)
    {
        if (host.Count(':') > 1 && host[0] != '[')
        {
            return "an IPv6 address needs brackets: write for example http://[::1]:8080";
        }

        if (host.IsEmpty || host[0] == ':')
        {
            return "it has no host: write scheme, host and port, such as http://app:8080";
        }

        ReadOnlySpan<char> port;
        if (host[0] == '[')
        {
            var close = host.LastIndexOf(']');
            if (close < 0)
            {
                return "its IPv6 address has no closing bracket: write for example http://[::1]:8080";
            }

            port = host[(close + 1)..];
            host = host[1..close];
        }
        else
        {
            var colon = host.IndexOf(':');
            port = colon < 0 ? [] : host[colon..];
            host = colon < 0 ? host : host[..colon];
        }

        if (host.ContainsAny(NotInHost) || host.ContainsAnyInRange('\0', '\u001f') || host.Contains('\u007f'))
        {
            return "its host has a character that no host has: write scheme, host and port, such as http://app:8080";
        }

        if (port.IsEmpty || port is ":")
        {
            return null;
        }

        return port[0] == ':' && !port[1..].ContainsAnyExceptInRange('0', '9') && port.Length <= 7 && int.Parse(port[1..], NumberStyles.None, CultureInfo.InvariantCulture) <= 65535
            ? null
            : $"its port '{port.TrimStart(':')}' is not a number from 1 to 65535: write for example http://app:8080";
    }
}
