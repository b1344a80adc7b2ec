using System.Globalization;
using System.Net;
using DockFlare.Core;

namespace DockFlare.Hosting.Redis;

/// <summary>
/// What <c>REDIS_URL</c> says: <c>scheme://[[user]:password@]host[:port][,host[:port]…][/path]</c>. <see cref="Uri"/> knows no lists of hosts.
/// The path is the database's number, or with Sentinel the service and then the number.
/// </summary>
internal sealed class RedisUrlParts
{
    public required EquatableArray<DnsEndPoint> Hosts { get; init; }

    public required bool IsTls { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    public string? SentinelService { get; init; }

    public int? Database { get; init; }

    /// <param name="url">The whole text.</param>
    /// <param name="fault">Makes the exception from the rest of a sentence that begins with <c>REDIS_URL</c>.</param>
    public static RedisUrlParts Parse(string url, Func<string, FormatException> fault)
    {
        var schemeEnd = url.IndexOf("://", StringComparison.Ordinal);
        if (schemeEnd < 0)
        {
            throw fault("has no scheme such as redis:// at its beginning.");
        }

        var (isTls, isSentinel) = url[..schemeEnd].ToLowerInvariant() switch
        {
            "redis" => (false, false),
            "rediss" => (true, false),
            "redis+sentinel" => (false, true),
            "rediss+sentinel" => (true, true),
            _ => throw fault($"has the unknown scheme '{url[..schemeEnd]}'."),
        };
        var rest = url[(schemeEnd + 3)..];

        // The last @: one in a password that was not encoded is still the password's.
        var at = rest.LastIndexOf('@');
        var (user, password) = at < 0 ? (null, null) : Credentials(rest[..at]);
        rest = rest[(at + 1)..];
        if (rest.IndexOfAny(['?', '#']) >= 0)
        {
            throw fault("has a '?' or '#' after the host, which means nothing here; in a password write %3F or %23.");
        }

        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var path = slash < 0 ? [] : rest[(slash + 1)..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (path.Length > (isSentinel ? 2 : 1))
        {
            throw fault($"has more after the host than {(isSentinel ? "a service and a database" : "a database")}.");
        }

        if (isSentinel && path.Length == 0)
        {
            throw fault("names no service after the Sentinel hosts.");
        }

        var number = isSentinel ? path.ElementAtOrDefault(1) : path.ElementAtOrDefault(0);
        return new RedisUrlParts
        {
            Hosts = (slash < 0 ? rest : rest[..slash]).Split(',').Select(host => Host(host.Trim(), isSentinel ? 26379 : 6379, fault)).ToEquatableArray(),
            IsTls = isTls,
            User = user,
            Password = password,
            SentinelService = isSentinel ? Uri.UnescapeDataString(path[0]) : null,
            Database = number is null ? null : Number(number, fault),
        };
    }

    private static (string? User, string? Password) Credentials(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var user = Uri.UnescapeDataString(colon < 0 ? text : text[..colon]);
        var password = colon < 0 ? null : Uri.UnescapeDataString(text[(colon + 1)..]);
        return (user.Length == 0 ? null : user, string.IsNullOrEmpty(password) ? null : password);
    }

    private static DnsEndPoint Host(string text, int defaultPort, Func<string, FormatException> fault)
    {
        var colon = text.LastIndexOf(':');
        var hasPort = colon >= 0 && !text.EndsWith(']');
        var host = (hasPort ? text[..colon] : text).Trim('[', ']');
        if (host.Length == 0)
        {
            throw fault("has an empty host.");
        }

        if (!hasPort)
        {
            return new DnsEndPoint(host, defaultPort);
        }

        var port = text[(colon + 1)..];
        return int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 65535
            ? new DnsEndPoint(host, number)
            : throw fault($"has '{port}' as the port of '{host}'; a port is a number from 1 to 65535.");
    }

    private static int Number(string text, Func<string, FormatException> fault) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw fault($"has '{text}' after the host where the number of a database belongs.");
}
