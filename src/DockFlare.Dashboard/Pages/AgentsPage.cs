using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Dashboard.Login;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Commands;
using DockFlare.Hosting.Reconciliation;

namespace DockFlare.Dashboard.Pages;

/// <summary><c>/agents</c> and <c>/agents/{id}</c>: the hosts with Docker, and what may be done with them.</summary>
internal sealed class AgentsPage(AgentConditions conditions, AgentRegistry registry, AgentKeys keys, AgentAdminCalls admin, ICommandQueue queue, PassBoard board, Audit audit)
{
    public void Map(PageMap map)
    {
        map.Get("/agents", Role.Viewer, ListAsync);
        map.Get("/agents/{id}", Role.Viewer, visit => ShowAsync(visit, null));
        Act(map, "enrol", "enrolled", EnrolAsync);
        Act(map, "rename", "renamed", RenameAsync);
        Act(map, "redeploy", "redeployed", async (visit, agent) => $"had the connector replaced by the command {await admin.RedeployTunnelAsync(agent, visit.Context.RequestAborted).ConfigureAwait(false)}");
        Act(map, "retry", "retried", RetryAsync);
        Act(map, "remove", "agentRemoved", async (visit, agent) =>
        {
            var isForced = visit.Form("force") is not null;
            await admin.RemoveAsync(agent, isForced, visit.Context.RequestAborted).ConfigureAwait(false);
            return isForced ? "is being removed by force" : "is being removed";
        }, mayBeLeaving: true);
    }

    // What was done is a half-sentence for the audit; what cannot be done is said on the agent's page.
    private void Act(PageMap map, string name, string done, Func<Visit, AgentRecord, Task<string>> act, bool mayBeLeaving = false) =>
        map.Post("/agents/{id}/" + name, Role.Operator, async visit =>
        {
            if (await FindAsync(visit).ConfigureAwait(false) is not { } agent)
            {
                return;
            }

            try
            {
                if (agent.Removal is not null && !mayBeLeaving)
                {
                    throw new ProtocolException(409, "agent_decommissioning", visit.T["agent.leaving.text"]);
                }

                await audit.DidAsync(visit.Context, $"acted on the agent '{agent.Id}': it {await act(visit, agent).ConfigureAwait(false)}").ConfigureAwait(false);
                await visit.GoAsync($"{PathOf(agent.Id)}?done={done}").ConfigureAwait(false);
            }
            catch (ProtocolException exception)
            {
                await ShowAsync(visit, exception.Message, exception.Status).ConfigureAwait(false);
            }
        });

    public static string PathOf(AgentId agent) => "/agents/" + Uri.EscapeDataString(agent.Value);

    private async Task ListAsync(Visit visit)
    {
        var all = await conditions.AllAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        var ordered = all.OrderByDescending(static agent => agent.Light).ThenBy(static agent => agent.Name, StringComparer.OrdinalIgnoreCase).ToList();
        await visit.ShowAsync(visit.T["nav.agents"], new Pages_Agents { Model = Paging<AgentCondition>.Of(ordered, visit.Query("page")), Visit = visit }).ConfigureAwait(false);
    }

    private async Task ShowAsync(Visit visit, string? fault, int status = 200)
    {
        if (await FindAsync(visit).ConfigureAwait(false) is not { } agent)
        {
            return;
        }

        var cancellationToken = visit.Context.RequestAborted;
        await keys.LoadAsync(cancellationToken).ConfigureAwait(false);
        var (waiting, dead, ended, queueFault) = await CommandsAsync(agent.Id, cancellationToken).ConfigureAwait(false);
        var model = new AgentModel
        {
            Agent = conditions.Of(agent, board.Current, board.Current.Routes.Count(route => route.Agent == agent.Id)) with { DeadLetters = dead.Count },
            Keys = [.. keys.Of(agent.Id)],
            Waiting = waiting,
            Dead = dead,
            Ended = ended,
            QueueFault = queueFault,
            Tunnels = [.. board.Current.Desired.Tunnels.Select(static tunnel => tunnel.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            Fault = fault,
        };
        await visit.ShowAsync(agent.DisplayName, new Pages_Agent { Model = model, Visit = visit }, status).ConfigureAwait(false);
    }

    private async Task<(IReadOnlyList<AgentCommand> Waiting, IReadOnlyList<DeadLetter> Dead, IReadOnlyList<EndedCommand> Ended, string? Fault)> CommandsAsync(AgentId agent, CancellationToken cancellationToken)
    {
        try
        {
            var dead = new List<DeadLetter>();
            await foreach (var letter in queue.DeadLettersAsync(agent, cancellationToken).ConfigureAwait(false))
            {
                dead.Add(letter);
            }

            return (
                await queue.PendingAsync(agent, cancellationToken).ConfigureAwait(false), dead,
                [.. (await queue.HistoryAsync(agent, cancellationToken).ConfigureAwait(false)).Reverse().Take(20)], null);
        }
        catch (CommandQueueException exception)
        {
            return ([], [], [], exception.Message);
        }
    }

    private async Task<string> EnrolAsync(Visit visit, AgentRecord agent)
    {
        var tunnel = visit.Form("tunnel") ?? throw ProtocolException.Invalid(visit.T["agent.enrol.noTunnel"]);
        await registry.EnrolAsync(agent.Id, tunnel, adopt: true, visit.Context.RequestAborted).ConfigureAwait(false);
        return $"was enrolled on the tunnel '{tunnel}'";
    }

    private async Task<string> RenameAsync(Visit visit, AgentRecord agent)
    {
        var name = visit.Form("name") is { Length: <= 100 } given ? given : throw ProtocolException.Invalid(visit.T["agent.rename.noName"]);
        await registry.RenameAsync(agent.Id, name, visit.Context.RequestAborted).ConfigureAwait(false);
        return $"was renamed to '{name}'";
    }

    private async Task<string> RetryAsync(Visit visit, AgentRecord agent)
    {
        var command = new CommandId(visit.Form("command") ?? "");
        return await queue.RetryDeadLetterAsync(agent.Id, command, visit.Context.RequestAborted).ConfigureAwait(false)
            ? $"was given the command {command} again"
            : throw new ProtocolException(404, "command_not_found", visit.T["agent.retry.gone"]);
    }

    private async Task<AgentRecord?> FindAsync(Visit visit)
    {
        await registry.LoadAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        var agent = registry.Find(new((string)visit.Context.Request.RouteValues["id"]!));
        if (agent is null)
        {
            await visit.MessageAsync(404, "agent.none", visit.T["agent.none.text"]).ConfigureAwait(false);
        }

        return agent;
    }
}

/// <summary>What the page of one agent shows.</summary>
internal sealed record AgentModel
{
    public required AgentCondition Agent { get; init; }

    public required IReadOnlyList<AgentKey> Keys { get; init; }

    public required IReadOnlyList<AgentCommand> Waiting { get; init; }

    public required IReadOnlyList<DeadLetter> Dead { get; init; }

    public required IReadOnlyList<EndedCommand> Ended { get; init; }

    public string? QueueFault { get; init; }

    public required IReadOnlyList<string> Tunnels { get; init; }

    public string? Fault { get; init; }

    public static string Describe(AgentCommand command) => command switch
    {
        AgentCommand.EnsureTunnel { Restart: true } ensure => $"replace the connector of {ensure.TunnelName}",
        AgentCommand.EnsureTunnel ensure => $"run tunnel {ensure.TunnelName}, generation {ensure.Generation}",
        _ => "stop the tunnel",
    };
}
