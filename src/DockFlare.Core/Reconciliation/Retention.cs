namespace DockFlare.Core.Reconciliation;

/// <summary>Decides what becomes of a route that nobody claims in this pass.</summary>
public static class Retention
{
    /// <summary>
    /// Answers the route as it is to be kept, or null when it ends.
    /// A missing or incomplete report ends nothing; a holder that is there and no longer claims the key ends it at once;
    /// a holder that is gone ends it when the grace period is over.
    /// </summary>
    /// <param name="route">The route as it was.</param>
    /// <param name="holder">What is known of its holder.</param>
    /// <param name="now">Now.</param>
    /// <param name="grace">The grace period.</param>
    public static DesiredRoute? Decide(DesiredRoute route, HolderPresence holder, DateTimeOffset now, TimeSpan grace)
    {
        ArgumentNullException.ThrowIfNull(route);

        switch (holder)
        {
            case HolderPresence.Unknown:
                return route;
            case HolderPresence.Renounced:
                return null;
        }

        var since = route.GoneSince ?? now;
        return now - since >= grace ? null : route with { GoneSince = since };
    }
}

/// <summary>What is known of the workload that holds a route.</summary>
public enum HolderPresence
{
    /// <summary>Its host has not reported, or not completely.</summary>
    Unknown,

    /// <summary>It is not on its host any more, or waits for its health check.</summary>
    Gone,

    /// <summary>It is there and does not claim the key any more, or its claim was refused.</summary>
    Renounced,
}
