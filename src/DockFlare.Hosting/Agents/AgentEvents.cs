using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using Microsoft.AspNetCore.Http;

namespace DockFlare.Hosting.Agents;

/// <summary><c>POST {id}/events</c> of all protocols. Whatever way an agent tells, what comes out is a report.</summary>
internal sealed class AgentEvents(AgentRegistry registry, AgentCalls calls, LegacyCommands legacy)
{
    public async ValueTask<AgentAnswer> ReceiveAsync(HttpContext context, AgentKey key)
    {
        var agent = calls.Caller(context, key);
        var message = AgentMessageReader.ReadEvent(await AgentBody.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false));
        var pace = registry.Touch(agent.Id);
        if (agent.Protocol >= 2 && CheckSequence(registry.Presence(agent.Id), message) is { } answer)
        {
            return answer;
        }

        var (status, code, leftOut) = await TakeAsync(agent, message.Event, context.RequestAborted).ConfigureAwait(false);
        return AgentAnswer.Of(
            agent.Protocol == 1 ? 202 : status,
            new WireAnswer
            {
                Status = "success",
                Code = code,
                Message = agent.Protocol == 1 ? "Event accepted" : null,
                LeftOut = leftOut,
                HeartbeatInterval = agent.Protocol >= 3 ? pace.TotalSeconds : 0,
            });
    }

    /// <summary>Answers what to say when the message is not to be taken, and takes note of its number otherwise.</summary>
    private static AgentAnswer? CheckSequence(AgentPresence presence, AgentMessage message)
    {
        lock (presence.Gate)
        {
            if (presence.SessionId is not { } session || !string.Equals(session, message.SessionId, StringComparison.Ordinal))
            {
                return AgentAnswer.Error(409, "registration_required", "This session is not known: register again.");
            }

            var isReport = message.Event is AgentEvent.Listing;
            var name = isReport ? "report_sequence" : "event_sequence";
            var last = isReport ? presence.ReportSequence : presence.EventSequence;
            var number = (isReport ? message.ReportSequence : message.EventSequence)
                ?? throw ProtocolException.Invalid($"'{name}' must be a whole number from 1.");
            if (number == last)
            {
                return AgentAnswer.Success(200, "duplicate_sequence");
            }

            if (number < last)
            {
                return AgentAnswer.Error(409, "stale_sequence", $"'{name}' {number} is older than {last}, which was seen already.");
            }

            if (isReport)
            {
                presence.ReportSequence = number;
            }
            else
            {
                presence.EventSequence = number;
            }

            return null;
        }
    }

    private async ValueTask<(int Status, string Code, IReadOnlyList<string>? LeftOut)> TakeAsync(AgentRecord agent, AgentEvent what, CancellationToken cancellationToken)
    {
        if (agent is { Protocol: 2, Removal: not null } && what is not (AgentEvent.Heartbeat or AgentEvent.Hello or AgentEvent.TunnelState))
        {
            throw new ProtocolException(409, "agent_decommissioning", "This agent is being decommissioned: what its host runs is not published any more.");
        }

        switch (what)
        {
            case AgentEvent.Heartbeat or AgentEvent.Hello:
                return (202, "accepted_noop", null);
            case AgentEvent.ContainerStarted started:
                Tell(agent.Id, inventory => inventory.Started(started.Container));
                return (200, "accepted", null);
            case AgentEvent.ContainerStopped stopped:
                Tell(agent.Id, inventory => inventory.Stopped(stopped.Container));
                return (200, "accepted", null);
            case AgentEvent.ContainerLeftOut left:
                return (200, "accepted", [left.Which]);
            case AgentEvent.TunnelState state:
                var generation = await legacy.TunnelReportedAsync(agent.Id, state, cancellationToken).ConfigureAwait(false);
                Tell(agent.Id, inventory => inventory.TunnelGeneration = generation);
                registry.Progressed(agent);
                return (200, "accepted", null);
            case AgentEvent.Listing listing:
                TakeListing(agent, listing);
                return (listing.IsComplete ? 200 : 202, listing.IsComplete ? "accepted" : "inventory_incomplete", listing.LeftOut.IsEmpty ? null : [.. listing.LeftOut]);
            default:
                throw ProtocolException.Invalid("This master does not know this event.");
        }
    }

    private void TakeListing(AgentRecord agent, AgentEvent.Listing listing)
    {
        if (agent.Protocol >= 3)
        {
            registry.Accept(new(agent.Id, listing.IsComplete, listing.TunnelGeneration, listing.Containers) { Connector = listing.Connector, ConnectorNetwork = listing.ConnectorNetwork, JoinsNetworks = listing.JoinsNetworks });
        }
        else
        {
            // Protocol 1 has no complete listing: one of its reports can be empty because Docker hiccupped.
            Tell(agent.Id, inventory => inventory.Listed(listing.Containers, listing.IsComplete && agent.Protocol >= 2));
        }
    }

    private void Tell(AgentId agent, Action<LegacyInventory> change)
    {
        var presence = registry.Presence(agent);
        lock (presence.Gate)
        {
            change(presence.Inventory);
            registry.Accept(presence.Inventory.ToReport(agent));
        }
    }
}
