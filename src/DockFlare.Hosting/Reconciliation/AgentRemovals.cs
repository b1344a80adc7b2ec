using DockFlare.Core.Commands;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Commands;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>Carries out what operators decided about agents, as far as each pass gets: the secret of a compromised host's tunnel, and removals.</summary>
internal sealed partial class AgentRemovals(
    AgentRegistry registry, AgentKeys keys, ICommandQueue queue, TunnelStore tunnels, TunnelEnds ends, TimeProvider time, ILogger<AgentRemovals> logger)
{
    private const string CutOff = "cut off";
    private static readonly TimeSpan KeptFor = TimeSpan.FromHours(1);
    private static readonly TimeSpan KeysAfter = TimeSpan.FromMinutes(10);

    /// <summary>Rolls the secrets of tunnels whose agents are compromised.</summary>
    public async Task<List<ApplyFault>> RollSecretsAsync(string accountId, CancellationToken cancellationToken)
    {
        var faults = new List<ApplyFault>();
        foreach (var agents in registry.All.Where(static agent => agent.IsCompromised).GroupBy(static agent => agent.TunnelName, StringComparer.Ordinal))
        {
            try
            {
                if (tunnels.Find(agents.Key ?? "") is { TunnelId: not null } record)
                {
                    await ends.RollAsync(accountId, record, cancellationToken).ConfigureAwait(false);
                }

                foreach (var agent in agents)
                {
                    await registry.SecretRolledAsync(agent.Id, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (CloudflareException exception)
            {
                faults.Add(new(agents.Key!, exception.Message, exception.Fault, exception.RetryAfter));
            }
        }

        return faults;
    }

    /// <summary>Takes each removal as far as it goes.</summary>
    /// <param name="accountId">Null in setup mode: what needs Cloudflare waits.</param>
    /// <param name="cancellationToken">Ends it between two steps.</param>
    public async Task<List<ApplyFault>> StepAsync(string? accountId, CancellationToken cancellationToken)
    {
        var faults = new List<ApplyFault>();
        foreach (var agent in registry.All.Where(static agent => agent.Removal is not null))
        {
            try
            {
                while (await StepAsync(agent.Id, accountId, cancellationToken).ConfigureAwait(false))
                {
                }
            }
            catch (CloudflareException exception)
            {
                // Until Cloudflare has noticed that the connectors are gone, which takes it some minutes, the tunnel is in use.
                var fault = exception.Code == CloudflareClient.TunnelIsConnected ? CloudflareFault.Passing : exception.Fault;
                faults.Add(new(agent.TunnelName ?? agent.Id.Value, exception.Message, fault, exception.RetryAfter));
                await registry.RemovedToAsync(agent.Id, removal => removal with { Note = exception.Message }, cancellationToken).ConfigureAwait(false);
            }
            catch (CommandQueueException exception)
            {
                faults.Add(new(agent.Id.Value, exception.Message, CloudflareFault.Passing, null));
            }
        }

        foreach (var gone in registry.Removed.Where(agent => agent.Removal!.DoneAt + KeptFor <= time.GetUtcNow()))
        {
            await registry.RemoveAsync(gone.Id, cancellationToken).ConfigureAwait(false);
        }

        return faults;
    }

    /// <summary>One step; false when it waits or is over.</summary>
    private async Task<bool> StepAsync(AgentId id, string? accountId, CancellationToken cancellationToken)
    {
        if (registry.Find(id) is not { Removal: { } removal } agent)
        {
            return false;
        }

        var record = agent.TunnelName is { } name ? tunnels.Find(name) : null;
        switch (removal.Phase)
        {
            case RemovalPhase.Withdrawing when IsWithdrawn(agent, record):
                await registry.RemovedToAsync(id, now => now.To(RemovalPhase.Stopping) with { TunnelId = record?.TunnelId }, cancellationToken).ConfigureAwait(false);
                return true;
            case RemovalPhase.Withdrawing:
                return await WaitAsync(id, "Waits until its routes are withdrawn.", cancellationToken).ConfigureAwait(false);
            case RemovalPhase.Stopping:
                return await StopAsync(agent, removal, cancellationToken).ConfigureAwait(false)
                    && await ToAsync(id, RemovalPhase.Deleting, cancellationToken).ConfigureAwait(false);
            case RemovalPhase.Deleting when accountId is null && record?.TunnelId is not null:
                return await WaitAsync(id, $"Waits for CF_API_TOKEN, to delete the tunnel '{record.Name}'.", cancellationToken).ConfigureAwait(false);
            case RemovalPhase.Deleting:
                var note = await DeleteAsync(agent, removal, record, accountId, cancellationToken).ConfigureAwait(false);
                await registry.RemovedToAsync(id, now => now with { Phase = agent.Protocol == 2 && !removal.IsForced ? RemovalPhase.Finishing : RemovalPhase.Done, Note = note }, cancellationToken).ConfigureAwait(false);
                return true;
            case RemovalPhase.Finishing when removal.IsForced:
                return await ToAsync(id, RemovalPhase.Done, cancellationToken).ConfigureAwait(false);
            case RemovalPhase.Done when removal.DoneAt is null:
                await FinishAsync(agent, removal, cancellationToken).ConfigureAwait(false);
                return false;
            default:
                return false;
        }
    }

    /// <summary>Whether the connector has stopped, or is not waited for.</summary>
    private async Task<bool> StopAsync(AgentRecord agent, AgentRemoval removal, CancellationToken cancellationToken)
    {
        if (removal.IsForced || removal.TunnelId is null)
        {
            return true;
        }

        var where = registry.IsOnline(agent.Id) ? "Waits for the agent to stop its connector." : "Waits for the agent, which is offline. Start it, or force the removal if it is not coming back.";
        if (agent.Protocol == 2)
        {
            // Its wire has commands of its own for this; the acknowledgement takes the removal on.
            await WaitAsync(agent.Id, removal.Connector == "failed" ? removal.Note! : where, cancellationToken).ConfigureAwait(false);
            return false;
        }

        var id = removal.PrepareId;
        var history = await queue.HistoryAsync(agent.Id, cancellationToken).ConfigureAwait(false);
        if (history.LastOrDefault(ended => ended.Command.Id == id) is { } last)
        {
            if (last.End == CommandEnd.Acked)
            {
                await registry.RemovedToAsync(agent.Id, static now => now with { Connector = "stopped" }, cancellationToken).ConfigureAwait(false);
                return true;
            }

            where = $"The agent could not stop its connector: {last.Reason} Retry the command, or force the removal.";
        }
        else if (!(await queue.PendingAsync(agent.Id, cancellationToken).ConfigureAwait(false)).Any(command => command.Id == id))
        {
            await queue.EnqueueAsync(agent.Id, new AgentCommand.StopTunnel(id), cancellationToken).ConfigureAwait(false);
        }

        await WaitAsync(agent.Id, where, cancellationToken).ConfigureAwait(false);
        return false;
    }

    private async Task<string?> DeleteAsync(AgentRecord agent, AgentRemoval removal, TunnelRecord? record, string? accountId, CancellationToken cancellationToken)
    {
        if (record?.TunnelId is null || accountId is null)
        {
            return null;
        }

        var sharer = registry.All.FirstOrDefault(other => other.Id != agent.Id && other.Removal is null && string.Equals(other.TunnelName, record.Name, StringComparison.Ordinal));
        if (removal is { IsForced: true, Connector: not CutOff })
        {
            // The host may still have the token and a connector that nobody stopped.
            await ends.RollAsync(accountId, record, cancellationToken).ConfigureAwait(false);
            await registry.RemovedToAsync(agent.Id, static now => now with { Connector = CutOff }, cancellationToken).ConfigureAwait(false);
            record = tunnels.Find(record.Name)!;
        }

        if (sharer is not null)
        {
            return $"The tunnel '{record.Name}' stays: agent '{sharer.Id}' uses it too.";
        }

        return record.Routes.Any(static route => route.Holder.Source == RouteSource.Manual) || !record.Owned.IsEmpty
            ? $"The tunnel '{record.Name}' stays: manual rules use it."
            : await ends.DeleteAsync(accountId, record, cancellationToken).ConfigureAwait(false);
    }

    private async Task FinishAsync(AgentRecord agent, AgentRemoval removal, CancellationToken cancellationToken)
    {
        // Its last acknowledgement may come once more, when the answer to it was lost.
        var keep = agent.Protocol == 2 && !removal.IsForced ? KeysAfter : TimeSpan.Zero;
        foreach (var key in keys.Of(agent.Id).ToList())
        {
            await keys.EndAsync(key, keep, cancellationToken).ConfigureAwait(false);
        }

        await queue.ClearAsync(agent.Id, cancellationToken).ConfigureAwait(false);
        await registry.RemovedToAsync(agent.Id, now => now with { DoneAt = time.GetUtcNow() }, cancellationToken).ConfigureAwait(false);
        LogRemoved(agent.DisplayName, agent.Id, removal.Note ?? "");
    }

    // In its own tunnel, when nobody shares it, nothing of ours may be left; in every other, nothing of its own.
    private bool IsWithdrawn(AgentRecord agent, TunnelRecord? own)
    {
        var isShared = registry.All.Any(other => other.Id != agent.Id && other.Status == AgentStatus.Enrolled && string.Equals(other.TunnelName, own?.Name, StringComparison.Ordinal));
        return tunnels.All.All(record => record.Ended.IsEmpty && !record.Routes.Any(route => route.Holder.Source == RouteSource.Label && route.Holder.Agent == agent.Id))
            && (own is null || isShared || (own.Owned.IsEmpty && own.ZoneIds.IsEmpty) || own.Routes.Any(static route => route.Holder.Source == RouteSource.Manual));
    }

    private async Task<bool> ToAsync(AgentId id, RemovalPhase phase, CancellationToken cancellationToken)
    {
        await registry.RemovedToAsync(id, removal => removal.To(phase), cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task<bool> WaitAsync(AgentId id, string note, CancellationToken cancellationToken)
    {
        await registry.RemovedToAsync(id, removal => removal with { Note = note }, cancellationToken).ConfigureAwait(false);
        return false;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Agent '{Name}' ({Id}) is removed. {Note}")]
    private partial void LogRemoved(string name, AgentId id, string note);
}
