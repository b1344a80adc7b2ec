using System.Net;
using System.Text;

namespace DockFlare.Core.Ingress;

/// <summary>
/// A URL as Go's net/url takes it apart (since Go 1.26, which takes no colon in a host). .NET's <see cref="Uri"/> decides otherwise on
/// ports, spaces and letters, so it cannot stand in.
/// </summary>
internal sealed record GoUrl(string Scheme, string Host, string Path)
{
    private enum Part
    {
        Path,
        User,
        Host,
        Zone,
    }

    /// <summary>The host without the port and without the brackets of an address.</summary>
    public string Hostname
    {
        get
        {
            var end = Host.LastIndexOf(']');
            if (Host is ['[', ..] && end > 0)
            {
                return Host[1..end];
            }

            var colon = Host.IndexOf(':', StringComparison.Ordinal);
            return colon < 0 ? Host : Host[..colon];
        }
    }

    /// <summary>Takes a URL apart; otherwise null, and <paramref name="fault"/> is Go's message.</summary>
    public static GoUrl? Parse(string text, out string? fault)
    {
        var hash = text.IndexOf('#', StringComparison.Ordinal);
        var address = hash < 0 ? text : text[..hash];
        var url = ParseAddress(address, out var reason);
        if (url is null)
        {
            fault = $"parse {GoText.Quote(address)}: {reason}";
            return null;
        }

        if (hash >= 0 && Unescape(text[(hash + 1)..], Part.Path, out reason) is null)
        {
            fault = $"parse {GoText.Quote(text)}: {reason}";
            return null;
        }

        fault = null;
        return url;
    }

    private static GoUrl? ParseAddress(string text, out string? fault)
    {
        fault = null;
        foreach (var c in text)
        {
            if (c is < ' ' or '\x7F')
            {
                fault = "net/url: invalid control character in URL";
                return null;
            }
        }

        if (text is "*")
        {
            return new("", "", "*");
        }

        if (text is [':', ..])
        {
            fault = "missing protocol scheme";
            return null;
        }

        var scheme = SchemeOf(text);
        var rest = scheme.Length == 0 ? text : text[(scheme.Length + 1)..];
        var query = rest.IndexOf('?', StringComparison.Ordinal);
        rest = query < 0 ? rest : rest[..query];
        if (rest is not ['/', ..])
        {
            return Rootless(scheme, rest, out fault);
        }

        var host = "";
        if (rest.StartsWith("//", StringComparison.Ordinal) && (scheme.Length > 0 || !rest.StartsWith("///", StringComparison.Ordinal)))
        {
            var end = rest.IndexOf('/', 2);
            var authority = end < 0 ? rest[2..] : rest[2..end];
            rest = end < 0 ? "" : rest[end..];
            if (ParseAuthority(authority, out fault) is not { } parsed)
            {
                return null;
            }

            host = parsed;
        }

        return Unescape(rest, Part.Path, out fault) is { } path ? new(scheme, host, path) : null;
    }

    private static GoUrl? Rootless(string scheme, string rest, out string? fault)
    {
        fault = null;
        if (scheme.Length > 0)
        {
            // Opaque, as in 'mailto:someone': neither host nor path.
            return new(scheme, "", "");
        }

        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        if ((slash < 0 ? rest : rest[..slash]).Contains(':', StringComparison.Ordinal))
        {
            fault = "first path segment in URL cannot contain colon";
            return null;
        }

        return Unescape(rest, Part.Path, out fault) is { } path ? new("", "", path) : null;
    }

    private static string SchemeOf(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == ':')
            {
                return text[..i];
            }

            if (!char.IsAsciiLetter(c) && (i == 0 || !(char.IsAsciiDigit(c) || c is '+' or '-' or '.')))
            {
                return "";
            }
        }

        return "";
    }

    private static string? ParseAuthority(string authority, out string? fault)
    {
        var at = authority.LastIndexOf('@');
        var host = ParseHost(authority[(at + 1)..], out fault);
        if (host is null || at < 0)
        {
            return host;
        }

        var user = authority[..at];
        foreach (var c in user)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !"-._:~!$&'()*+,;=%@".Contains(c, StringComparison.Ordinal))
            {
                fault = "net/url: invalid userinfo";
                return null;
            }
        }

        return Unescape(user, Part.User, out fault) is null ? null : host;
    }

    private static string? ParseHost(string host, out string? fault)
    {
        var open = host.LastIndexOf('[');
        if (open >= 0)
        {
            return ParseAddressHost(host, open, out fault);
        }

        var colon = host.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0 && !IsOptionalPort(host[colon..]))
        {
            fault = $"invalid port {GoText.Quote(host[colon..])} after host";
            return null;
        }

        return Unescape(host, Part.Host, out fault);
    }

    private static string? ParseAddressHost(string host, int open, out string? fault)
    {
        var close = host.LastIndexOf(']');
        if (close < 0)
        {
            fault = "missing ']' in host";
            return null;
        }

        var port = host[(close + 1)..];
        if (!IsOptionalPort(port))
        {
            fault = $"invalid port {GoText.Quote(port)} after host";
            return null;
        }

        var inside = open < close ? host[(open + 1)..close] : "";
        var zone = inside.IndexOf("%25", StringComparison.Ordinal);
        var address = Unescape(zone < 0 ? inside : inside[..zone], Part.Host, out fault);
        if (address is null)
        {
            return null;
        }

        var name = zone < 0 ? "" : Unescape(inside[zone..], Part.Zone, out fault);
        if (name is null)
        {
            return null;
        }

        if (open > 0 || !IsAddress6(address))
        {
            fault = open > 0 || address.IndexOf(':', StringComparison.Ordinal) < 0 && IPAddress.TryParse(address, out _)
                ? "invalid IP-literal"
                : $"invalid host: ParseAddr({GoText.Quote(address)}): unable to parse IP";
            return null;
        }

        return $"[{address}{name}]{port}";
    }

    /// <summary>An IPv6 address without a zone, as Go's netip takes it.</summary>
    internal static bool IsAddress6(string text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiHexDigit(c) && c is not (':' or '.'))
            {
                return false;
            }
        }

        return text.Contains(':', StringComparison.Ordinal) && IPAddress.TryParse(text, out _);
    }

    private static bool IsOptionalPort(string port) => port.Length == 0 || (port[0] == ':' && !port.AsSpan(1).ContainsAnyExceptInRange('0', '9'));

    /// <summary>Undoes %XX; null with Go's message when one is malformed or a character may not stand there.</summary>
    private static string? Unescape(string text, Part part, out string? fault)
    {
        fault = null;
        var isHost = part is Part.Host or Part.Zone;
        List<byte>? bytes = null;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '%')
            {
                bytes ??= [.. Encoding.UTF8.GetBytes(text[..i])];
                if (!TryReadByte(text, i, part, out var value))
                {
                    fault = $"invalid URL escape {GoText.Quote(text.Substring(i, Math.Min(3, text.Length - i)))}";
                    return null;
                }

                bytes.Add(value);
                i += 2;
                continue;
            }

            if (isHost && c < 0x80 && !IsHostCharacter(c))
            {
                fault = $"invalid character {GoText.Quote(c.ToString())} in host name";
                return null;
            }

            if (bytes is not null)
            {
                var length = char.IsHighSurrogate(c) && i + 1 < text.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(text.Substring(i, length)));
                i += length - 1;
            }
        }

        return bytes is null ? text : Encoding.UTF8.GetString([.. bytes]);
    }

    private static bool TryReadByte(string text, int at, Part part, out byte value)
    {
        value = 0;
        if (at + 2 >= text.Length || !char.IsAsciiHexDigit(text[at + 1]) || !char.IsAsciiHexDigit(text[at + 2]))
        {
            return false;
        }

        value = Convert.ToByte(text.Substring(at + 1, 2), 16);
        return part switch
        {
            // A host may escape only what is not ASCII, and the percent sign of a zone.
            Part.Host => value >= 0x80 || value == (byte)'%',
            Part.Zone => value == (byte)'%' || value == (byte)' ' || value >= 0x80 || IsHostCharacter((char)value),
            _ => true,
        };
    }

    private static bool IsHostCharacter(char c) => char.IsAsciiLetterOrDigit(c) || "!$&'()*+,;=:[]<>\"-_.~".Contains(c, StringComparison.Ordinal);
}
