namespace DockFlare.Core.Commands;

/// <summary>
/// An end that an agent is to reach, never a step to take: carrying one out twice is carrying it out once.
/// A command that waits is superseded by a newer one with the same <see cref="Key"/>. No command carries a secret.
/// </summary>
public abstract record AgentCommand
{
    private AgentCommand(CommandId id) => Id = id;

    /// <summary>The command's name.</summary>
    public CommandId Id { get; }

    /// <summary>What the command is about, such as <c>tunnel</c>: of several that wait with one key, only the newest is kept.</summary>
    public abstract string Key { get; }

    /// <summary>A connector runs for this tunnel, with the token of this generation.</summary>
    /// <param name="Id">The command's name.</param>
    /// <param name="TunnelId">The tunnel's UUID at Cloudflare.</param>
    /// <param name="TunnelName">The tunnel's name at Cloudflare.</param>
    /// <param name="Generation">The number of the tunnel's desired spec; goes up when it changes.</param>
    public sealed record EnsureTunnel(CommandId Id, string TunnelId, string TunnelName, long Generation) : AgentCommand(Id)
    {
        /// <summary>When true, a connector that already runs this generation is replaced too. Operators ask for this.</summary>
        public bool Restart { get; init; }

        /// <inheritdoc />
        public override string Key => "tunnel";
    }

    /// <summary>No connector of ours runs on this host and its token is forgotten.</summary>
    /// <param name="Id">The command's name.</param>
    public sealed record StopTunnel(CommandId Id) : AgentCommand(Id)
    {
        /// <inheritdoc />
        public override string Key => "tunnel";
    }
}
