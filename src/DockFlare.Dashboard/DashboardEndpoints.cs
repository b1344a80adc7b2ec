using DockFlare.Dashboard.Login;
using DockFlare.Dashboard.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DockFlare.Dashboard;

/// <summary>The dashboard's pages.</summary>
public static class DashboardEndpoints
{
    /// <summary>
    /// Maps the dashboard: <c>/</c>, <c>/login</c>, <c>/routes</c> and what else it shows. Everything but the login and the assets asks for a login, each form for its
    /// antiforgery token. Needs <see cref="DashboardServiceCollectionExtensions.AddDockFlareDashboard"/>.
    /// </summary>
    /// <param name="endpoints">The host.</param>
    /// <param name="prefix">In front of every path: empty for the root, or such as <c>/dockflare</c>.</param>
    public static IEndpointConventionBuilder MapDockFlareDashboard(this IEndpointRouteBuilder endpoints, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);

        var services = endpoints.ServiceProvider;
        services.GetRequiredService<Mount>().Prefix = prefix.TrimEnd('/');
        var group = endpoints.MapGroup(prefix.TrimEnd('/'));
        var map = new PageMap(group, services);
        var assets = services.GetRequiredService<Assets>();
        map.Open("GET", "/assets/{file}", assets.WriteAsync);
        services.GetRequiredService<LoginPages>().Map(map);
        services.GetRequiredService<OverviewPage>().Map(map);
        services.GetRequiredService<RoutesPage>().Map(map);
        services.GetRequiredService<ContainersPage>().Map(map);
        services.GetRequiredService<PlanPage>().Map(map);
        services.GetRequiredService<AgentsPage>().Map(map);
        services.GetRequiredService<KeysPage>().Map(map);
        services.GetRequiredService<AccessPage>().Map(map);
        services.GetRequiredService<SettingsPage>().Map(map);
        services.GetRequiredService<HistoryPage>().Map(map);
        services.GetRequiredService<AccountPage>().Map(map);
        services.GetRequiredService<UsersPage>().Map(map);
        services.GetRequiredService<LiveFeed>().Map(map);
        return group;
    }
}
