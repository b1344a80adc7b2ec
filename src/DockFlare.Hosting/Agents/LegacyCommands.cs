using System.Collections.Concurrent;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Commands;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Agents;

/// <summary>
/// Holds commands on behalf of agents that cannot acknowledge (protocols 1 and 2): what is to run is repeated until <c>tunnel_status</c> says
/// so, a restart is handed out once. The token is added here, at the edge of the wire, and is never in the queue.
/// </summary>
internal sealed partial class LegacyCommands(ICommandQueue queue, TunnelTokens tokens, TimeProvider time, ILogger<LegacyCommands> logger)
{
    // Old agents poll every 30 s; one that misses four polls is gone, and its command waits in the queue again.
    private static readonly TimeSpan Visibility = TimeSpan.FromSeconds(120);
    private readonly ConcurrentDictionary<AgentId, Slot> slots = new();

    /// <summary>What the agent is to do now.</summary>
    public async ValueTask<WireCommands> PollAsync(AgentId agent, CancellationToken cancellationToken)
    {
        var slot = slots.GetOrAdd(agent, static _ => new Slot());
        await slot.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await TakeNewestAsync(agent, slot, cancellationToken).ConfigureAwait(false);
            if (slot.Held is not { } held || await ToWireAsync(held.Command, cancellationToken).ConfigureAwait(false) is not { } wire)
            {
                return new() { Status = "success", Commands = [] };
            }

            slot.HandedOut = held.Command;
            if (held.Command is AgentCommand.EnsureTunnel { Restart: true })
            {
                await queue.AckAsync(held.Token, cancellationToken).ConfigureAwait(false);
                slot.Held = null;
            }

            return new() { Status = "success", Commands = [wire] };
        }
        finally
        {
            slot.Turn.Release();
        }
    }

    /// <summary>Takes what an agent says of its connector and answers the generation it runs; 0 for none.</summary>
    public async ValueTask<long> TunnelReportedAsync(AgentId agent, AgentEvent.TunnelState state, CancellationToken cancellationToken)
    {
        var slot = slots.GetOrAdd(agent, static _ => new Slot());
        await slot.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var isReached = slot.HandedOut switch
            {
                AgentCommand.EnsureTunnel => state.IsRunning,
                AgentCommand.StopTunnel => !state.IsRunning,
                _ => false,
            };
            if (isReached && slot.Held is { } held && held.Command == slot.HandedOut)
            {
                await queue.AckAsync(held.Token, cancellationToken).ConfigureAwait(false);
                slot.Held = null;
            }

            return state.IsRunning && slot.HandedOut is AgentCommand.EnsureTunnel ensure ? ensure.Generation : 0;
        }
        finally
        {
            slot.Turn.Release();
        }
    }

    private async ValueTask TakeNewestAsync(AgentId agent, Slot slot, CancellationToken cancellationToken)
    {
        while (await queue.LeaseAsync(agent, Visibility, TimeSpan.Zero, cancellationToken).ConfigureAwait(false) is { } lease)
        {
            if (slot.Held is { } old && old.Token.Command != lease.Token.Command)
            {
                // Nobody wants the older end any more.
                await queue.AckAsync(old.Token, cancellationToken).ConfigureAwait(false);
            }

            (slot.Held, slot.TakenAt) = (lease, time.GetTimestamp());
        }

        if (slot.Held is { } held && time.GetElapsedTime(slot.TakenAt) > TimeSpan.Zero
            && !await queue.RenewAsync(held.Token, Visibility, cancellationToken).ConfigureAwait(false))
        {
            slot.Held = null;
        }
    }

    private async ValueTask<WireCommand?> ToWireAsync(AgentCommand command, CancellationToken cancellationToken)
    {
        switch (command)
        {
            case AgentCommand.EnsureTunnel ensure:
                try
                {
                    var token = await tokens.GetAsync(ensure.TunnelId, cancellationToken).ConfigureAwait(false);
                    return ensure.Restart
                        ? new() { Action = WireCommand.Restart, TunnelName = ensure.TunnelName, TunnelId = ensure.TunnelId, TunnelToken = token }
                        : new() { Action = WireCommand.Start, TunnelName = ensure.TunnelName, TunnelId = ensure.TunnelId, Token = token };
                }
                catch (CloudflareException exception)
                {
                    LogNoToken(ensure.TunnelName, exception.Message);
                    return null;
                }

            case AgentCommand.StopTunnel:
                return new() { Action = WireCommand.Stop };
            default:
                return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The token of tunnel '{Tunnel}' could not be had, so its agent waits: {Reason}")]
    private partial void LogNoToken(string tunnel, string reason);

    private sealed class Slot
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public CommandLease? Held { get; set; }

        public long TakenAt { get; set; }

        public AgentCommand? HandedOut { get; set; }
    }
}
