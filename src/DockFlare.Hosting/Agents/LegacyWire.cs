using System.Globalization;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;

namespace DockFlare.Hosting.Agents;

/// <summary>What an agent of ours does differently towards a master of protocol 1 or 2. One per session.</summary>
internal sealed class LegacyWire
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, string> tokens = new(StringComparer.Ordinal);
    private AgentReport? told;
    private (CommandId Id, AgentCommand Command, WireCommand? Departure)? taken;
    private long number;

    public delegate ValueTask Send(HttpMasterLink.Session session, WireEvent what, CancellationToken cancellationToken);

    public bool HasPolled { get; private set; }

    public string? FindToken(string tunnelId)
    {
        lock (gate)
        {
            return tokens.GetValueOrDefault(tunnelId);
        }
    }

    /// <summary>What asked this agent to leave, when that is what the command is.</summary>
    public WireCommand? FindDeparture(CommandId command)
    {
        lock (gate)
        {
            return taken is { } now && now.Id == command ? now.Departure : null;
        }
    }

    /// <summary>The newest of the commands as a lease that nobody can lose; its token is kept until it is asked for.</summary>
    public CommandLease? Take(AgentId agent, IReadOnlyList<WireCommand> commands, DateTimeOffset until)
    {
        lock (gate)
        {
            HasPolled = true;
            AgentCommand? newest = null;
            var departure = AgentDeparture.Find(commands);
            foreach (var wire in commands)
            {
                var id = new CommandId((++number).ToString(CultureInfo.InvariantCulture));
                switch (wire)
                {
                    case { Action: WireCommand.Start or WireCommand.Restart, TunnelId: { } tunnel } when (wire.Token ?? wire.TunnelToken) is { } token:
                        tokens[tunnel] = token;
                        newest = new AgentCommand.EnsureTunnel(id, tunnel, wire.TunnelName ?? tunnel, Generation: 0) { Restart = wire.Action == WireCommand.Restart };
                        break;
                    case { Action: WireCommand.Stop }:
                        newest = new AgentCommand.StopTunnel(id);
                        break;
                }
            }

            // Who is to leave has nothing to start any more.
            newest = departure is null ? newest : new AgentCommand.StopTunnel(new(departure.CommandId!));
            taken = newest is null ? null : (newest.Id, newest, departure);
            return newest is null ? null : new(newest, new(agent, newest.Id, 0), Attempt: 1, until);
        }
    }

    /// <summary>Says what an acknowledgement says on this wire: that the tunnel runs, or does not.</summary>
    public static async ValueTask AckAsync(HttpMasterLink.Session session, CommandId command, DateTimeOffset at, Send send, CancellationToken cancellationToken)
    {
        AgentCommand? done;
        lock (session.Legacy.gate)
        {
            done = session.Legacy.taken is { } taken && taken.Id == command ? taken.Command : null;
        }

        var tunnel = done switch
        {
            AgentCommand.EnsureTunnel ensure => new WireTunnel { Name = ensure.TunnelName, Status = "running" },
            AgentCommand.StopTunnel => new WireTunnel { Status = "stopped" },
            _ => null,
        };
        if (tunnel is not null)
        {
            await send(session, Event("tunnel_status", at) with { Tunnel = tunnel }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Protocol 2 gets the listing; protocol 1 gets what started and stopped since the last one as well, as nothing else ends a route there.</summary>
    public static async ValueTask ReportAsync(HttpMasterLink.Session session, AgentReport report, DateTimeOffset at, Send send, CancellationToken cancellationToken)
    {
        WireContainer[] containers = [.. report.Containers.Select(static container => WireContainer.From(container, withStatus: true))];
        if (session.Protocol == 2)
        {
            await send(
                session,
                Event("status_report", at) with { InventoryComplete = report.IsComplete, InventoryScope = "dockflare_enabled_running", Containers = containers },
                cancellationToken).ConfigureAwait(false);
            return;
        }

        var before = session.Legacy.told?.Containers.ToDictionary(static container => container.Id, StringComparer.Ordinal) ?? [];
        foreach (var container in report.Containers.ToArray())
        {
            if (!before.Remove(container.Id, out var old) || old != container)
            {
                await send(session, Event("container_start", at) with { Container = WireContainer.From(container, withStatus: true) }, cancellationToken).ConfigureAwait(false);
            }
        }

        foreach (var container in report.IsComplete ? before.Values.ToList() : [])
        {
            await send(session, Event("container_stop", at) with { Container = WireContainer.From(container, withStatus: true) }, cancellationToken).ConfigureAwait(false);
        }

        await send(session, Event("status_report", at) with { Container = new() { Containers = containers } }, cancellationToken).ConfigureAwait(false);
        if (report.IsComplete || session.Legacy.told is null)
        {
            session.Legacy.told = report;
        }
    }

    public static WireEvent Event(string type, DateTimeOffset at) => new() { Type = type, Timestamp = at.ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture) };
}
