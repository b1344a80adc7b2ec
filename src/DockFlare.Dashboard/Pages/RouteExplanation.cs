using DockFlare.Core.Ingress;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Reconciliation;

namespace DockFlare.Dashboard.Pages;

/// <summary>Which route answers a URL, and why.</summary>
/// <param name="Url">What was asked.</param>
/// <param name="Text">The answer, or why there is none.</param>
/// <param name="Route">The route that answers; null when none does.</param>
internal sealed record RouteExplanation(string Url, string Text, string? Route)
{
    /// <summary>Asks the matcher about the tunnel that the host's record points to, with our own rules.</summary>
    public static RouteExplanation Of(string url, PassSnapshot pass, Texts texts)
    {
        var asked = url.Contains("://", StringComparison.Ordinal) ? url : "https://" + url;
        if (!Uri.TryCreate(asked, UriKind.Absolute, out var parsed) || parsed.Host.Length == 0)
        {
            return new(url, texts["explain.noUrl"], null);
        }

        var host = parsed.IdnHost.ToLowerInvariant();
        if (FindRecord(pass.Desired, host) is not { } record)
        {
            return new(url, texts.Say("explain.noRecord", host), null);
        }

        var rules = pass.Desired.Routes.Where(route => string.Equals(route.TunnelId, record.TunnelId, StringComparison.Ordinal)).Select(static route => route.Rule).ToList();
        var answer = new IngressMatcher(IngressDocument.FromRules(rules)).Explain($"https://{host}{parsed.AbsolutePath}", out var fault);
        return answer is null
            ? new(url, fault ?? texts["explain.noUrl"], null)
            : new(url, $"{answer.Why} {(answer.Entry.IsCatchAll ? texts["explain.notFound"] : texts.Say("explain.goes", answer.Entry.Service))}", answer.Entry.IsCatchAll ? null : host);
    }

    private static DesiredRecord? FindRecord(DesiredState desired, string host)
    {
        for (var name = host; ; name = "*" + name[name.IndexOf('.', name[0] == '*' ? 2 : 0)..])
        {
            if (desired.Dns.FirstOrDefault(record => string.Equals(record.Name, name, StringComparison.Ordinal)) is { } found)
            {
                return found;
            }

            if (name.IndexOf('.', name[0] == '*' ? 2 : 0) < 0)
            {
                return null;
            }
        }
    }
}
