using System.Text.RegularExpressions;

namespace DockFlare.Core.Labels;

/// <summary>The last word on what cloudflared takes, behind the advice that labels get from here.</summary>
internal static class CloudflaredSyntax
{
    /// <summary>Why cloudflared's engine does not take an expression, in its words; null when it does.</summary>
    public static string? FindPathFault(string expression)
    {
        try
        {
            _ = new Regex(expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return null;
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return exception.Message;
        }
    }

    /// <summary>Why cloudflared does not take a service, in its words; null when it does.</summary>
    public static string? FindServiceFault(string service) => ServiceText.FindFault(service);
}
