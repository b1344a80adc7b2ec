using DockFlare.Core.Commands;

namespace DockFlare.Core.Reconciliation;

/// <summary>Which tunnel carries an agent's routes.</summary>
/// <param name="TunnelId">The tunnel's UUID, or <see cref="Planned(string)"/> while it does not exist.</param>
/// <param name="Agent">Whose tunnel it is.</param>
/// <param name="Generation">The number of its desired spec, from 1; goes up when its connector has to change.</param>
public sealed record TunnelAssignment(string TunnelId, AgentId Agent, long Generation)
{
    private const string PlannedPrefix = "new:";

    /// <summary>The tunnel's name at Cloudflare.</summary>
    public string Name { get; init; } = TunnelId;

    /// <summary>Whether it has yet to be made.</summary>
    public bool IsPlanned => IsPlannedId(TunnelId);

    /// <summary>Whether its connector is run by someone else, so that no command is sent for it.</summary>
    public bool IsExternal { get; init; }

    /// <summary>Stands for the id of a tunnel that a plan has yet to make.</summary>
    public static string Planned(string name) => PlannedPrefix + name;

    /// <summary>Whether an id stands for a tunnel that has yet to be made.</summary>
    public static bool IsPlannedId(string tunnelId)
    {
        ArgumentNullException.ThrowIfNull(tunnelId);
        return tunnelId.StartsWith(PlannedPrefix, StringComparison.Ordinal);
    }
}
