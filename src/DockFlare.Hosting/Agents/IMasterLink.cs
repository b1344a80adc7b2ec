using DockFlare.Core;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;

namespace DockFlare.Hosting.Agents;

/// <summary>An agent's way to its master: within one process, or over HTTP.</summary>
public interface IMasterLink
{
    /// <summary>Makes the agent known. Safe to repeat; needed again after <see cref="MasterLinkException.RegistrationRequired"/>.</summary>
    /// <exception cref="MasterLinkException">The master refused or could not be reached.</exception>
    ValueTask<AgentSession> RegisterAsync(AgentHello hello, CancellationToken cancellationToken);

    /// <summary>Hands over everything the agent sees. The newest report replaces the ones before it.</summary>
    /// <exception cref="MasterLinkException">The master refused or could not be reached.</exception>
    ValueTask ReportAsync(AgentReport report, CancellationToken cancellationToken);

    /// <summary>Says that the agent is alive.</summary>
    /// <exception cref="MasterLinkException">The master refused or could not be reached.</exception>
    ValueTask HeartbeatAsync(CancellationToken cancellationToken);

    /// <summary>Takes the next command; waits up to <paramref name="wait"/> for one and answers null when none came.</summary>
    /// <exception cref="MasterLinkException">The master refused or could not be reached.</exception>
    ValueTask<CommandLease?> LeaseAsync(TimeSpan visibilityTimeout, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Keeps a command for another while; false when the lease is lost.</summary>
    /// <exception cref="MasterLinkException">The master could not be reached.</exception>
    ValueTask<bool> RenewAsync(LeaseToken token, TimeSpan visibilityTimeout, CancellationToken cancellationToken);

    /// <summary>Says that the end is reached; false when the lease is lost.</summary>
    /// <exception cref="MasterLinkException">The master could not be reached.</exception>
    ValueTask<bool> AckAsync(LeaseToken token, CancellationToken cancellationToken);

    /// <summary>Gives the command back with the reason; false when the lease is lost.</summary>
    /// <exception cref="MasterLinkException">The master could not be reached.</exception>
    ValueTask<bool> NackAsync(LeaseToken token, string reason, CancellationToken cancellationToken);

    /// <summary>The connector token of the agent's own tunnel.</summary>
    /// <exception cref="MasterLinkException">The tunnel is not this agent's, or the master could not be reached.</exception>
    ValueTask<string> GetTunnelTokenAsync(string tunnelId, CancellationToken cancellationToken);
}

/// <summary>How an agent introduces itself.</summary>
/// <param name="Id">Its id when it has one; null the first time.</param>
/// <param name="DisplayName">What people call the host.</param>
/// <param name="Version">The agent's version.</param>
public sealed record AgentHello(AgentId? Id, string DisplayName, string Version);

/// <summary>What a registration gives.</summary>
/// <param name="Id">The agent's id, to be kept.</param>
/// <param name="ProtocolVersion">The protocol spoken from now on.</param>
/// <param name="HeartbeatInterval">How often the master wants a sign of life.</param>
public sealed record AgentSession(AgentId Id, int ProtocolVersion, TimeSpan HeartbeatInterval)
{
    /// <summary>Beginnings of the label keys the master wants to see, such as <c>dockflare.</c>; a container without any such label is left out of reports. Empty: every label of every container.</summary>
    public EquatableArray<string> LabelPrefixes { get; init; }

    /// <summary>Further label keys it wants of the containers that are reported.</summary>
    public EquatableArray<string> LabelKeys { get; init; }
}

/// <summary>The master refused or could not be reached. The message is for the operator and holds no secret.</summary>
public sealed class MasterLinkException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The master does not know this session: register again.</summary>
    public bool RegistrationRequired { get; init; }

    /// <summary>The key was refused: re-read it, say so once, keep serving.</summary>
    public bool Unauthorized { get; init; }

    /// <summary>The master heard this message and does not take it: the same again gets the same answer.</summary>
    internal bool IsRefused { get; init; }

    /// <summary>The master is removing this agent and takes no report of it.</summary>
    internal bool IsLeaving { get; init; }

    /// <summary>The master has removed this agent: nothing is asked of it any more.</summary>
    internal bool HasLeft { get; init; }

    /// <summary>How long the master asks to wait, when it does.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
