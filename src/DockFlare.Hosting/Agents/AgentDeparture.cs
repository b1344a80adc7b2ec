using System.Net;
using System.Security.Cryptography;
using System.Text;
using DockFlare.Core.Protocol;

namespace DockFlare.Hosting.Agents;

/// <summary>
/// How this agent leaves a master of protocol 2: its connector stops, it says so, and from then on it neither registers nor serves with that key.
/// It never stops its own container, which an operator may want to look at: that is left to people, and said to the master as <c>manual</c>.
/// </summary>
internal sealed class AgentDeparture(MasterHttp http, AgentFiles files)
{
    /// <summary>The newest of the commands that ask this agent to leave; null when none does.</summary>
    public static WireCommand? Find(IReadOnlyList<WireCommand> commands) => commands.LastOrDefault(static command => IsOne(command));

    /// <summary>Whether it is <c>prepare_decommission</c> or <c>finalize_decommission</c>, whole.</summary>
    public static bool IsOne(WireCommand command) =>
        command is { Action: WireCommand.Prepare or WireCommand.Finalize, OperationId.Length: > 0, CommandId.Length: > 0 };

    /// <summary>Does nothing unless the agent has left and still has the key that it left with: one with another key begins anew.</summary>
    /// <exception cref="MasterLinkException">It has left.</exception>
    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        if (await files.FindTombstoneAsync(cancellationToken).ConfigureAwait(false) is { HasLeft: true } tombstone
            && string.Equals(tombstone.Key, await KeyAsync(cancellationToken).ConfigureAwait(false), StringComparison.Ordinal))
        {
            throw new MasterLinkException($"{http.Where} has removed this agent, and its connector is stopped. Remove the agent's container, or set another DOCKFLARE_API_KEY to enrol this host again.")
            {
                RegistrationRequired = true,
                HasLeft = true,
            };
        }
    }

    /// <summary>Keeps that the agent is leaving, before anything is stopped for it.</summary>
    public async ValueTask BeginAsync(WireCommand command, CancellationToken cancellationToken)
    {
        var stored = await files.FindTunnelAsync(cancellationToken).ConfigureAwait(false);
        var before = await files.FindTombstoneAsync(cancellationToken).ConfigureAwait(false);
        var isRepeated = string.Equals(before?.OperationId, command.OperationId, StringComparison.Ordinal);
        await files.SaveTombstoneAsync(
            new()
            {
                OperationId = command.OperationId,
                Key = await KeyAsync(cancellationToken).ConfigureAwait(false),
                HadConnector = stored is { IsToRun: true } || (isRepeated && before!.HadConnector),
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says that the connector is stopped, or that it could not be; after the last command the agent has left.</summary>
    /// <returns>False when the master does not know the operation any more.</returns>
    public async ValueTask<bool> AnswerAsync(HttpMasterLink.Session session, WireCommand command, bool isStopped, CancellationToken cancellationToken)
    {
        var tombstone = await files.FindTombstoneAsync(cancellationToken).ConfigureAwait(false);
        if (!isStopped && command.Action == WireCommand.Finalize)
        {
            // There is no word for this on the wire: not answered, it is asked again.
            return true;
        }

        var answer = new WireDecommissionAck
        {
            OperationId = command.OperationId!,
            CommandId = command.CommandId!,
            Phase = command.Action == WireCommand.Finalize ? "shutdown_scheduled" : "prepared",
            TombstonePersisted = tombstone is not null && files.IsKept(AgentFiles.TombstoneFile),
            TunnelContainer = !isStopped ? "failed" : tombstone is { HadConnector: true } ? "stopped" : "absent",
            SelfStopCapability = "manual",
            ErrorCode = isStopped ? null : "connector_not_stopped",
            AgentSessionId = session.Id,
        };
        try
        {
            await http.SendAsync(
                HttpMethod.Post, session.Path($"decommission/{Uri.EscapeDataString(command.OperationId!)}/ack"), answer,
                ProtocolJsonContext.Default.WireDecommissionAck, ProtocolJsonContext.Default.WireAnswer, cancellationToken).ConfigureAwait(false);
        }
        catch (MasterLinkException exception) when (exception.InnerException is HttpRequestException { StatusCode: HttpStatusCode.NotFound or HttpStatusCode.Conflict })
        {
            return false;
        }

        // After the answer: one that has left asks no more, and could not say it again.
        if (command.Action == WireCommand.Finalize && tombstone is not null)
        {
            await files.SaveTombstoneAsync(tombstone with { HasLeft = true }, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    private async ValueTask<string> KeyAsync(CancellationToken cancellationToken) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(await http.ReadKeyAsync(cancellationToken).ConfigureAwait(false))));
}
