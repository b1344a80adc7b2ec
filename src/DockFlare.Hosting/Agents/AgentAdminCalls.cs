using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Commands;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DockFlare.Hosting.Agents;

/// <summary>What scripts of operators do with agents.</summary>
internal sealed class AgentAdminCalls(AgentRegistry registry, AgentKeys keys, AgentTunnels tunnels, ICommandQueue queue)
{
    /// <summary><c>GET agents</c></summary>
    public ValueTask<AgentAnswer> ListAsync(HttpContext context) =>
        ValueTask.FromResult(AdminAnswer.Of(200, new() { Agents = [.. registry.All.Select(Describe)] }));

    /// <summary><c>POST agents/{id}/enroll {tunnel_name}</c>: the operator names the tunnel, so one that exists is thereby adopted.</summary>
    public async ValueTask<AgentAnswer> EnrolAsync(HttpContext context)
    {
        var agent = Staying(context);
        var name = await AgentBody.ReadAsync(context, static root => AgentMessageReader.Text(root, "tunnel_name")).ConfigureAwait(false)
            ?? throw ProtocolException.Invalid("'tunnel_name' must name the tunnel, such as \"nas\".");
        await registry.EnrolAsync(agent.Id, name, adopt: true, context.RequestAborted).ConfigureAwait(false);
        return AdminAnswer.Of(200, new() { Agent = Describe(Agent(context)) });
    }

    /// <summary><c>POST agents/{id}/redeploy-tunnel</c>: the connector is replaced even if it runs.</summary>
    public async ValueTask<AgentAnswer> RedeployTunnelAsync(HttpContext context)
    {
        var command = await RedeployTunnelAsync(Staying(context), context.RequestAborted).ConfigureAwait(false);
        return AdminAnswer.Of(202, new() { CommandId = command.Value });
    }

    public async ValueTask<CommandId> RedeployTunnelAsync(AgentRecord agent, CancellationToken cancellationToken)
    {
        var tunnel = tunnels.Find(agent.Id) ?? throw new ProtocolException(409, "tunnel_not_found", $"Agent '{agent.Id}' has no tunnel yet: enrol it and wait for the next pass.");
        var command = new CommandId($"restart-{Guid.NewGuid():N}");
        await queue.EnqueueAsync(
            agent.Id, new AgentCommand.EnsureTunnel(command, tunnel.TunnelId, tunnel.Name, tunnel.Generation) { Restart = true }, cancellationToken).ConfigureAwait(false);
        return command;
    }

    /// <summary><c>POST agents/{id}/rename {display_name}</c></summary>
    public async ValueTask<AgentAnswer> RenameAsync(HttpContext context)
    {
        var agent = Agent(context);
        var name = await AgentBody.ReadAsync(context, static root => AgentMessageReader.Text(root, "display_name")).ConfigureAwait(false)
            ?? throw ProtocolException.Invalid("'display_name' must be the new name.");
        await registry.RenameAsync(agent.Id, name, context.RequestAborted).ConfigureAwait(false);
        return AdminAnswer.Of(200, new() { Agent = Describe(Agent(context)) });
    }

    /// <summary><c>POST agents/{id}/authority {authority}</c>: what its containers may claim; null or absent for what <c>DOCKFLARE_AUTHORITY</c> says.</summary>
    public async ValueTask<AgentAnswer> AuthorizeAsync(HttpContext context)
    {
        var agent = Staying(context);
        var text = await AgentBody.ReadAsync(context, static root => AgentMessageReader.Text(root, "authority", most: 64 * 1024)).ConfigureAwait(false);
        try
        {
            await registry.AuthorizeAsync(agent.Id, text is null ? null : AgentAuthority.Parse(text).ToString(), context.RequestAborted).ConfigureAwait(false);
        }
        catch (FormatException exception)
        {
            throw ProtocolException.Invalid($"'authority' is '{text}': {exception.Message}");
        }

        return AdminAnswer.Of(200, new() { Agent = Describe(Agent(context)) });
    }

    /// <summary>
    /// <c>POST agents/{id}/remove {force?}</c>: its routes are withdrawn, its connector stops, the tunnel made for it alone is deleted, and its keys
    /// end. With <c>force</c> nothing of that waits for the agent. Asking again answers how far it is.
    /// </summary>
    public async ValueTask<AgentAnswer> RemoveAsync(HttpContext context)
    {
        var agent = Agent(context);
        var force = await AgentBody.ReadAsync(context, static root => AgentMessageReader.Flag(root, "force")).ConfigureAwait(false) ?? false;
        var removal = await RemoveAsync(agent, force, context.RequestAborted).ConfigureAwait(false);
        return AdminAnswer.Of(202, new() { OperationId = removal?.OperationId, Removal = DescribedRemoval.Of(removal) });
    }

    public async ValueTask<AgentRemoval?> RemoveAsync(AgentRecord agent, bool force, CancellationToken cancellationToken)
    {
        if (agent.IsLocal)
        {
            throw new ProtocolException(409, "agent_is_local", "The agent of the master's own process cannot be removed: set DOCKFLARE_LOCAL_AGENT=false.");
        }

        if (force)
        {
            foreach (var key in keys.Of(agent.Id).ToList())
            {
                await keys.RevokeAsync(key, cancellationToken).ConfigureAwait(false);
            }
        }

        if (force || agent.Removal is null)
        {
            await queue.ClearAsync(agent.Id, cancellationToken).ConfigureAwait(false);
        }

        return await registry.BeginRemovalAsync(agent.Id, force, cancellationToken).ConfigureAwait(false);
    }

    /// <summary><c>GET agents/{id}/removal</c>, until an hour after it is done.</summary>
    public ValueTask<AgentAnswer> RemovalAsync(HttpContext context) => Agent(context).Removal is { } removal
        ? ValueTask.FromResult(AdminAnswer.Of(200, new() { OperationId = removal.OperationId, Removal = DescribedRemoval.Of(removal) }))
        : throw new ProtocolException(404, "removal_not_found", "This agent is not being removed.");

    /// <summary><c>POST agents/{id}/containers/{container}/end</c>: a container that an agent of protocol 1 does not show any more has stopped.</summary>
    public ValueTask<AgentAnswer> EndContainerAsync(HttpContext context)
    {
        var agent = Agent(context);
        var container = (string)context.GetRouteValue("container")!;
        return registry.TryEndAbsent(agent.Id, container)
            ? ValueTask.FromResult(AdminAnswer.Of(200, new() { Agent = Describe(agent) }))
            : throw new ProtocolException(404, "container_not_absent", $"Agent '{agent.Id}' is not known to be without a container '{container}'.");
    }

    /// <summary><c>GET agents/{id}/queue</c>: the commands that wait, those that were given up, and those that ended last.</summary>
    public async ValueTask<AgentAnswer> QueueAsync(HttpContext context)
    {
        var agent = Agent(context);
        var letters = new List<DescribedCommand>();
        await foreach (var letter in queue.DeadLettersAsync(agent.Id, context.RequestAborted).ConfigureAwait(false))
        {
            letters.Add(DescribedCommand.Of(letter.Command) with { Attempts = letter.Attempts, Reason = letter.Reason, At = letter.At });
        }

        var history = await queue.HistoryAsync(agent.Id, context.RequestAborted).ConfigureAwait(false);
        return AdminAnswer.Of(200, new()
        {
            Pending = [.. (await queue.PendingAsync(agent.Id, context.RequestAborted).ConfigureAwait(false)).Select(DescribedCommand.Of)],
            DeadLetters = letters,
            History = [.. history.Select(static ended => DescribedCommand.Of(ended.Command) with { Attempts = ended.Attempts, Reason = ended.Reason, At = ended.At, End = DescribedCommand.Word(ended.End) })],
        });
    }

    /// <summary><c>POST agents/{id}/dead-letters/{command}/retry</c></summary>
    public async ValueTask<AgentAnswer> RetryAsync(HttpContext context)
    {
        var agent = Agent(context);
        var command = new CommandId((string)context.GetRouteValue("command")!);
        return await queue.RetryDeadLetterAsync(agent.Id, command, context.RequestAborted).ConfigureAwait(false)
            ? AdminAnswer.Of(202, new() { CommandId = command.Value })
            : throw new ProtocolException(404, "dead_letter_not_found", $"Agent '{agent.Id}' has no dead letter '{command}'.");
    }

    private AgentRecord Agent(HttpContext context) =>
        registry.Find(new((string)context.GetRouteValue("id")!)) ?? throw new ProtocolException(404, "agent_not_found", "There is no such agent.");

    private AgentRecord Staying(HttpContext context) => Agent(context) is var agent && agent.Removal is null
        ? agent
        : throw new ProtocolException(409, "agent_decommissioning", $"Agent '{agent.Id}' is being removed. Wait until that is done, and register it anew with a new key.");

    private DescribedAgent Describe(AgentRecord agent) => new()
    {
        Id = agent.Id.Value,
        DisplayName = agent.DisplayName,
        Version = agent.Version,
        Hostname = agent.Hostname,
        Protocol = agent.Protocol,
        Status = agent.Status.ToString().ToLowerInvariant(),
        Online = registry.IsOnline(agent.Id),
        LastSeen = registry.LastSeen(agent.Id),
        AssignedTunnelName = agent.TunnelName,
        AssignedTunnelId = tunnels.FindTunnelId(agent.Id),
        Authority = agent.Authority,
        Absent = registry.FindAbsent(agent.Id) is { Count: > 0 } absent ? [.. absent] : null,
        Removal = DescribedRemoval.Of(agent.Removal),
        Keys = [.. keys.Of(agent.Id).Select(static key => key.Fingerprint)],
    };
}
