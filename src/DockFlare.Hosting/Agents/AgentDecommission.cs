using System.Globalization;
using DockFlare.Core.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DockFlare.Hosting.Agents;

/// <summary>The removal of an agent of protocol 2 as its wire has it: two commands, each repeated until it is acknowledged.</summary>
internal sealed class AgentDecommission(AgentRegistry registry, AgentCalls calls)
{
    /// <summary>What the agent is to do now; null for nothing.</summary>
    public static WireCommand? CommandOf(AgentRemoval removal) => removal switch
    {
        { IsForced: true } => null,
        { Phase: RemovalPhase.Stopping } => Command(removal, WireCommand.Prepare, removal.PrepareId.Value) with
        {
            ExpectedTunnelId = removal.TunnelId,
            CreatedAt = removal.BegunAt.ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture),
        },
        { Phase: RemovalPhase.Finishing } => Command(removal, WireCommand.Finalize, removal.FinalizeId.Value),
        _ => null,
    };

    /// <summary><c>POST {id}/decommission/{operation}/ack</c>. Saying it again changes nothing.</summary>
    public async ValueTask<AgentAnswer> AckAsync(HttpContext context, AgentKey key)
    {
        var agent = calls.Caller(context, key);
        if (agent.Removal is not { } removal || !string.Equals(removal.OperationId, context.GetRouteValue("operation") as string, StringComparison.Ordinal))
        {
            throw new ProtocolException(404, "operation_not_found", "There is no such decommissioning of this agent.");
        }

        var ack = await AgentBody.ReadAsync(context, static root => new Ack(
            AgentMessageReader.Text(root, "command_id"),
            AgentMessageReader.Text(root, "phase"),
            AgentMessageReader.Flag(root, "tombstone_persisted") ?? false,
            AgentMessageReader.Text(root, "tunnel_container"),
            AgentMessageReader.Text(root, "error_code"))).ConfigureAwait(false);
        registry.Touch(agent.Id);
        if (!removal.IsForced)
        {
            await registry.RemovedToAsync(agent.Id, Take(removal, ack), context.RequestAborted).ConfigureAwait(false);
            registry.Progressed(agent);
        }

        return AgentAnswer.Success(200, "acknowledged");
    }

    private static Func<AgentRemoval, AgentRemoval> Take(AgentRemoval removal, Ack ack) => ack.Phase switch
    {
        "prepared" when ack.CommandId == removal.PrepareId.Value => now => now.Phase != RemovalPhase.Stopping ? now
            : ack is { Tombstone: true, Container: "stopped" or "absent" } ? now.To(RemovalPhase.Deleting) with { Connector = ack.Container }
            : now with { Connector = ack.Container, Note = $"The agent could not stop its connector ({ack.ErrorCode ?? ack.Container ?? "no reason given"}); it is asked again. Stop it on the host, or force the removal." },
        "shutdown_scheduled" when ack.CommandId == removal.FinalizeId.Value => static now => now.Phase == RemovalPhase.Finishing ? now.To(RemovalPhase.Done) : now,
        "prepared" or "shutdown_scheduled" => throw new ProtocolException(409, "command_mismatch", $"'command_id' is not that of the phase '{ack.Phase}' of this decommissioning."),
        _ => throw ProtocolException.Invalid("'phase' must be prepared or shutdown_scheduled."),
    };

    private static WireCommand Command(AgentRemoval removal, string action, string id) =>
        new() { Action = action, ProtocolVersion = 1, OperationId = removal.OperationId, CommandId = id, RequestedSelfAction = "stop" };

    private sealed record Ack(string? CommandId, string? Phase, bool Tombstone, string? Container, string? ErrorCode);
}
