using System.Text;
using DockFlare.Core.Access;
using DockFlare.Core.Reconciliation;
using static DockFlare.Tests.Access.AccessSetting;

namespace DockFlare.Tests.Access;

/// <summary>Golden cases: labels above the line, what guards the routes below. Lines that begin with '#' change the catalog.</summary>
public sealed class AccessResolverCases
{
    private static readonly string Folder = Snapshot.PathBeside(["cases"]);

    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Folder, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Labels_are_guarded_as_the_case_says(string name) => Snapshot.MatchCase(Path.Combine(Folder, name + ".txt"), Render);

    private static string Render(string input)
    {
        var catalog = Catalog;
        var labels = new List<string>();
        foreach (var line in input.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            switch (line)
            {
                case "#no-email":
                    catalog = catalog with { AccountEmail = null };
                    break;
                case "#no-pin":
                    catalog = catalog with { IdentityProviders = [new(GitHub, "GitHub", "github")] };
                    break;
                case "#unread-idps":
                    catalog = catalog with { IdentityProviders = [], UnreadIdentityProviders = "Cloudflare did not list the identity providers." };
                    break;
                default:
                    labels.Add(line);
                    break;
            }
        }

        var desired = Desired(catalog, string.Join('\n', labels));
        var text = new StringBuilder();
        foreach (var route in desired.Routes)
        {
            text.Append(route.Key).Append('\n');
            Append(text, route.Guard);
        }

        foreach (var outcome in desired.Outcomes.Where(static outcome => outcome.State == RouteState.Rejected))
        {
            text.Append("rejected ").Append(outcome.Route).Append(": ").Append(outcome.Reason).Append('\n');
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, RouteGuard? guard)
    {
        switch (guard)
        {
            case null:
                text.Append("  public\n");
                break;
            case RouteGuard.Unresolved { Reason: var reason }:
                text.Append("  not exposed: ").Append(reason).Append('\n');
                break;
            case RouteGuard.ZoneDefault { Zone: var zone }:
                text.Append("  the application of *.").Append(zone).Append(guard.RequireJwt ? ", token checked" : "").Append('\n');
                break;
            case RouteGuard.Application { App: var app }:
                text.Append("  ").Append(app.Name).Append(" (").AppendJoin(", ", app.Destinations).Append(')').Append(guard.RequireJwt ? ", token checked" : "").Append('\n');
                text.Append("  ").Append(app.SessionDuration).Append(app.AppLauncherVisible ? ", in the launcher" : "").Append(app.AutoRedirectToIdentity ? ", straight to the login" : "")
                    .Append(app.AllowedIdps.IsEmpty ? "" : ", " + string.Join(' ', app.AllowedIdps)).Append('\n');
                foreach (var policy in app.Policies)
                {
                    Append(text, policy.Key + " ", policy.Policy);
                }

                foreach (var policy in app.Inline)
                {
                    Append(text, "", policy);
                }

                break;
        }
    }

    private static void Append(StringBuilder text, string key, AccessPolicy policy)
    {
        text.Append("  - ").Append(key).Append(policy.Name).Append(": ").Append(policy.Decision);
        foreach (var (word, selectors) in new[] { ("", policy.Include), (" except", policy.Exclude), (" only", policy.Require) })
        {
            text.Append(selectors.IsEmpty ? "" : $"{word} {string.Join(' ', selectors.Select(static selector => selector.ToJson()))}");
        }

        text.AppendJoin("", policy.Other.Select(static field => $" {field.Name}={field.Json}")).Append('\n');
    }
}
