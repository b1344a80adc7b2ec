using System.Globalization;

namespace DockFlare.Core.Ingress;

/// <summary>The <c>service</c> of a rule: where cloudflared sends its requests.</summary>
public static class IngressService
{
    /// <summary>
    /// What cloudflared says of a service, such as <c>localhost:8080 is an invalid address, please make sure it has a scheme and a
    /// hostname</c>; null when it takes it. Its <c>Validation failed: </c> is not in front.
    /// </summary>
    public static string? FindFault(string service)
    {
        ArgumentNullException.ThrowIfNull(service);

        const string Status = "http_status:";
        if (service.StartsWith("unix:", StringComparison.Ordinal) || service.StartsWith("unix+tls:", StringComparison.Ordinal))
        {
            return null;
        }

        if (service.StartsWith(Status, StringComparison.Ordinal))
        {
            return FindStatusFault(service[Status.Length..]);
        }

        return service is "hello_world" or "hello-world" or "socks-proxy" or "bastion" ? null : FindAddressFault(service);
    }

    /// <summary>Whether the service is tested for an address at all; in bastion mode an address is not looked at.</summary>
    internal static bool IsAddress(string service) =>
        !service.StartsWith("unix:", StringComparison.Ordinal)
        && !service.StartsWith("unix+tls:", StringComparison.Ordinal)
        && !service.StartsWith("http_status:", StringComparison.Ordinal)
        && service is not ("hello_world" or "hello-world" or "socks-proxy" or "bastion");

    private static string? FindStatusFault(string code)
    {
        var fault = GoText.FindIntegerFault("Atoi", code, out var status);
        if (fault is not null)
        {
            return $"invalid HTTP status code: {fault}";
        }

        return status is < 100 or > 999 ? string.Create(CultureInfo.InvariantCulture, $"invalid HTTP status code: {status}") : null;
    }

    private static string? FindAddressFault(string service)
    {
        if (GoUrl.Parse(service, out var fault) is not { } url)
        {
            return fault;
        }

        if (url.Scheme.Length == 0 || url.Hostname.Length == 0)
        {
            return $"{service} is an invalid address, please make sure it has a scheme and a hostname";
        }

        return url.Path.Length == 0
            ? null
            : $"{service} is an invalid address, ingress rules don't support proxying to a different path on the origin service. The path will be the same as the eyeball request's path";
    }
}
