using DockFlare.Core.Access;
using DockFlare.Core.Commands;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Reconciliation;

/// <summary>What Cloudflare and the agents say there is.</summary>
public sealed record ObservedState
{
    /// <summary>Nothing at all.</summary>
    public static ObservedState Empty { get; } = new();

    /// <summary>The tunnels looked at.</summary>
    public EquatableArray<ObservedTunnel> Tunnels { get; init; }

    /// <summary>The A, AAAA and CNAME records of the zones looked at.</summary>
    public EquatableArray<ObservedRecord> Dns { get; init; }

    /// <summary>The zones whose records could not be read: new hosts in them wait, and those that are served stay.</summary>
    public EquatableArray<UnreadObject> UnreadZones { get; init; }

    /// <summary>The tunnels whose configuration could not be read: new routes on them wait, and those that are served stay.</summary>
    public EquatableArray<UnreadObject> UnreadTunnels { get; init; }

    /// <summary>The tunnels of others that have the name of one of ours which is to be made.</summary>
    public EquatableArray<TakenTunnel> TakenTunnels { get; init; }

    /// <summary>The rules that Cloudflare does not take: each blocks its own route.</summary>
    public EquatableArray<RefusedRule> RefusedRules { get; init; }

    /// <summary>What the account has in Access; null while nothing asks for it.</summary>
    public ObservedAccess? Access { get; init; }

    /// <summary>What each agent runs and has been told.</summary>
    public EquatableArray<ObservedAgent> Agents { get; init; }
}

/// <summary>Something at Cloudflare that could not be read.</summary>
/// <param name="Id">The zone's or tunnel's id.</param>
/// <param name="Reason">Cloudflare's message.</param>
public sealed record UnreadObject(string Id, string Reason);

/// <summary>A rule for which Cloudflare refused a tunnel's document.</summary>
/// <param name="TunnelId">The tunnel.</param>
/// <param name="Rule">The rule as it was sent; another form of it is tried again.</param>
/// <param name="Reason">Cloudflare's message.</param>
public sealed record RefusedRule(string TunnelId, IngressRule Rule, string Reason);

/// <summary>A tunnel of somebody else that has a name that one of ours is to have.</summary>
/// <param name="Name">The name.</param>
/// <param name="TunnelId">Its id.</param>
public sealed record TakenTunnel(string Name, string TunnelId);

/// <summary>A tunnel's ingress document as last read or written.</summary>
/// <param name="TunnelId">The tunnel.</param>
/// <param name="Document">Its configuration.</param>
/// <param name="Version">The configuration's version; 0 before the first.</param>
public sealed record ObservedTunnel(string TunnelId, IngressDocument Document, long Version)
{
    /// <summary>The rules in it that are ours.</summary>
    public EquatableArray<RuleIdentity> Owned { get; init; }
}

/// <summary>A DNS record as Cloudflare shows it.</summary>
/// <param name="Id">Cloudflare's id.</param>
/// <param name="ZoneId">The zone.</param>
/// <param name="Name">The full name in lower-case ASCII.</param>
/// <param name="Type"><c>A</c>, <c>AAAA</c> or <c>CNAME</c>.</param>
/// <param name="Content">An address or a target.</param>
public sealed record ObservedRecord(string Id, string ZoneId, string Name, string Type, string Content)
{
    /// <summary>Whether Cloudflare proxies it.</summary>
    public bool Proxied { get; init; }

    /// <summary>Its comment.</summary>
    public string? Comment { get; init; }

    /// <summary>Made by this installation and still pointing to a tunnel of ours; nothing else is ever changed or deleted.</summary>
    public bool IsOwned { get; init; }
}

/// <summary>What an agent runs and has been told.</summary>
/// <param name="Agent">Which one.</param>
/// <param name="TunnelGeneration">The generation its connector runs; 0 when none does.</param>
/// <param name="TunnelId">The tunnel its connector serves, when it says.</param>
public sealed record ObservedAgent(AgentId Agent, long TunnelGeneration, string? TunnelId)
{
    /// <summary>Commands that wait, are out on lease, or were given up: none of them is sent again.</summary>
    public EquatableArray<AgentCommand> Commands { get; init; }
}
