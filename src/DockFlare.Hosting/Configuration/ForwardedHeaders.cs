using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace DockFlare.Hosting.Configuration;

/// <summary>
/// Takes the caller's address, and the scheme and host they asked for, from a trusted proxy's headers, before anything else looks at them. <c>X-Forwarded-For</c> is read from its end,
/// as far as it was written by trusted proxies; <c>CF-Connecting-IP</c> is Cloudflare's own word for the caller and wins. From anybody else they are ignored.
/// </summary>
internal sealed class ForwardedHeaders(TrustedProxies trusted) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        if (trusted.Networks.Count > 0)
        {
            app.Use(following => context =>
            {
                Apply(context);
                return following(context);
            });
        }

        next(app);
    };

    private void Apply(HttpContext context)
    {
        if (!trusted.Contains(context.Connection.RemoteIpAddress))
        {
            return;
        }

        var headers = context.Request.Headers;
        if (FindCaller(headers["X-Forwarded-For"].ToString()) is { } caller)
        {
            context.Connection.RemoteIpAddress = caller;
        }

        if (IPAddress.TryParse(headers["CF-Connecting-IP"].ToString(), out var visitor))
        {
            context.Connection.RemoteIpAddress = visitor;
        }

        // The proxy next to us adds its own word at the end.
        if (headers["X-Forwarded-Proto"].ToString().Split(',')[^1].Trim().ToLowerInvariant() is ("http" or "https") and var scheme)
        {
            context.Request.Scheme = scheme;
        }

        if (headers["X-Forwarded-Host"].ToString().Split(',')[^1].Trim() is { Length: > 0 } host && Uri.TryCreate($"http://{host}/", UriKind.Absolute, out var named) && named.PathAndQuery == "/" && named.UserInfo.Length == 0)
        {
            context.Request.Host = new(host);
        }
    }

    private IPAddress? FindCaller(string forwardedFor)
    {
        IPAddress? caller = null;
        foreach (var part in forwardedFor.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            if (!IPAddress.TryParse(part, out var address))
            {
                break;
            }

            caller = address;
            if (!trusted.Contains(address))
            {
                break;
            }
        }

        return caller;
    }
}
