using DockFlare.Core.Access;
using DockFlare.Core.Ingress;
using DockFlare.Core.Reconciliation;
using DockFlare.Core.Zones;

namespace DockFlare.Core.Existing;

/// <summary>What an account holds that has to do with tunnels, as it was read.</summary>
public sealed record ExistingAccount
{
    /// <summary>Its tunnels.</summary>
    public EquatableArray<ExistingTunnel> Tunnels { get; init; }

    /// <summary>Its records that point to a tunnel.</summary>
    public EquatableArray<ObservedRecord> Records { get; init; }

    /// <summary>Its self-hosted Access applications.</summary>
    public EquatableArray<ObservedApp> Apps { get; init; }

    /// <summary>Its reusable Access policies.</summary>
    public EquatableArray<ObservedPolicy> Policies { get; init; }

    /// <summary>Its zones.</summary>
    public ZoneMap Zones { get; init; } = ZoneMap.Empty;

    /// <summary>This installation's mark.</summary>
    public string Owner { get; init; } = "";

    /// <summary>Whether all tunnels are in the list, so that a record to any other one is an orphan.</summary>
    public bool HasAllTunnels { get; init; } = true;

    /// <summary>Whether all applications are in the list, so that a rule without one is public.</summary>
    public bool HasAllApps { get; init; } = true;

    /// <summary>What could not be read, in sentences.</summary>
    public EquatableArray<string> Unread { get; init; }
}

/// <summary>A tunnel of the account.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
public sealed record ExistingTunnel(string Id, string Name)
{
    /// <summary>Whether the store knows that it is ours.</summary>
    public bool IsOurs { get; init; }

    /// <summary>Whether it takes its rules from a local file, so that those at Cloudflare mean nothing.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Its rules; null when they could not be read.</summary>
    public IngressDocument? Document { get; init; }

    /// <summary>Those of them that are ours.</summary>
    public EquatableArray<RuleIdentity> Owned { get; init; }
}
