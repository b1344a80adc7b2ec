namespace DockFlare.Core.Access;

/// <summary>What guards a route. A route without one is public because its labels ask for nothing else.</summary>
public abstract record RouteGuard
{
    private RouteGuard()
    {
    }

    /// <summary>Whether cloudflared itself refuses requests without the application's token.</summary>
    public bool RequireJwt { get; init; }

    /// <summary>An application of ours.</summary>
    /// <param name="App">The application.</param>
    public sealed record Application(DesiredApp App) : RouteGuard;

    /// <summary>The zone's own <c>*.zone</c> application, whoever made it.</summary>
    /// <param name="Zone">The zone's name; null while the zone cannot be seen.</param>
    public sealed record ZoneDefault(string? Zone) : RouteGuard;

    /// <summary>What is asked for cannot be made out: the route is not exposed, unless it is live under its last application.</summary>
    /// <param name="Reason">Why, and what to write instead.</param>
    public sealed record Unresolved(string Reason) : RouteGuard;
}
