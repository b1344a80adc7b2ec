using System.Globalization;
using System.Net;
using DockFlare.Core;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Agents;

/// <summary>The way to a master over HTTP, in protocol 3, or in 2 or 1 when the master speaks no newer one.</summary>
internal sealed class HttpMasterLink(MasterHttp http, AgentFiles files, IOptions<AgentOptions> options, TimeProvider time) : IMasterLink
{
    private readonly AgentDeparture departure = new(http, files);
    private readonly Lock gate = new();
    private Session? session;

    public async ValueTask<AgentSession> RegisterAsync(AgentHello hello, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(hello);

        await departure.CheckAsync(cancellationToken).ConfigureAwait(false);
        var wire = new WireHello
        {
            DisplayName = hello.DisplayName,
            Version = hello.Version,
            AgentVersion = hello.Version,
            AgentId = hello.Id?.Value,
            Hostname = Environment.MachineName,
            SupportedProtocolVersions = [3, 2, 1],
        };
        var answer = await http.SendAsync(
            HttpMethod.Post, "/api/v2/agents/register", wire, ProtocolJsonContext.Default.WireHello, ProtocolJsonContext.Default.WireRegistration, cancellationToken).ConfigureAwait(false);
        if (answer.AgentId is not { Length: > 0 } id)
        {
            throw new MasterLinkException($"The answer from {http.Where} is not a DockFlare master's. Check that DOCKFLARE_MASTER_URL names the master itself.");
        }

        // Masters before protocol 2 do not say which one they speak.
        var protocol = answer.ProtocolVersion is >= 1 and <= 3 ? answer.ProtocolVersion : 1;
        var made = new Session(new(id), protocol, answer.AgentSessionId);
        lock (gate)
        {
            session = made;
        }

        var pace = answer.HeartbeatInterval > 0 ? TimeSpan.FromSeconds(Math.Clamp(answer.HeartbeatInterval, 1, 3600)) : options.Value.ReportInterval;
        return new(made.Agent, protocol, pace)
        {
            LabelPrefixes = answer.LabelPrefixes?.ToEquatableArray() ?? [],
            LabelKeys = answer.LabelKeys?.ToEquatableArray() ?? [],
        };
    }

    public async ValueTask ReportAsync(AgentReport report, CancellationToken cancellationToken)
    {
        var now = Current();
        if (now.Protocol < 3)
        {
            try
            {
                await LegacyWire.ReportAsync(now, report, time.GetUtcNow(), SendAsync, cancellationToken).ConfigureAwait(false);
            }
            catch (MasterLinkException exception) when (exception.IsLeaving)
            {
                // Nothing of this host is published any more: there is nobody to tell.
            }

            return;
        }

        await SendAsync(
            now,
            Event("status_report") with
            {
                InventoryComplete = report.IsComplete,
                Containers = [.. report.Containers.Select(static container => WireContainer.From(container, withStatus: false))],
                Tunnel = new()
                {
                    Generation = report.TunnelGeneration,
                    TunnelId = report.Connector?.TunnelId,
                    Version = report.Connector?.Version,
                    ReadyConnections = report.Connector?.ReadyConnections,
                    ConfigVersion = report.Connector?.ConfigVersion,
                    Network = report.ConnectorNetwork,
                    JoinsNetworks = report.JoinsNetworks,
                },
            },
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask HeartbeatAsync(CancellationToken cancellationToken) => SendAsync(Current(), Event("heartbeat"), cancellationToken);

    public async ValueTask<CommandLease?> LeaseAsync(TimeSpan visibilityTimeout, TimeSpan wait, CancellationToken cancellationToken)
    {
        var now = Current();
        if (now.Protocol < 3)
        {
            return await LeaseLegacyAsync(now, cancellationToken).ConfigureAwait(false);
        }

        var query = string.Create(CultureInfo.InvariantCulture, $"?wait={(int)wait.TotalSeconds}&max=1&lease_seconds={(int)visibilityTimeout.TotalSeconds}");
        var answer = await http.GetAsync(now.Path("commands" + query), ProtocolJsonContext.Default.WireCommands, wait, cancellationToken).ConfigureAwait(false);
        if (answer.Commands is not [{ Id: { } id } first, ..])
        {
            return null;
        }

        var fence = long.TryParse(first.Lease, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        return new(ToCommand(first, new(id)), new(now.Agent, new(id), fence), first.Attempt, time.GetUtcNow() + visibilityTimeout);
    }

    public ValueTask<bool> RenewAsync(LeaseToken token, TimeSpan visibilityTimeout, CancellationToken cancellationToken) =>
        SettleAsync("renew", token, Lease(token) with { LeaseSeconds = (int)visibilityTimeout.TotalSeconds }, cancellationToken);

    public async ValueTask<bool> AckAsync(LeaseToken token, CancellationToken cancellationToken)
    {
        var now = Current();
        if (now.Protocol >= 3)
        {
            return await SettleAsync("ack", token, Lease(token), cancellationToken).ConfigureAwait(false);
        }

        if (now.Legacy.FindDeparture(token.Command) is { } leaving)
        {
            return await departure.AnswerAsync(now, leaving, isStopped: true, cancellationToken).ConfigureAwait(false);
        }

        await LegacyWire.AckAsync(now, token.Command, time.GetUtcNow(), SendAsync, cancellationToken).ConfigureAwait(false);
        return true;
    }

    public ValueTask<bool> NackAsync(LeaseToken token, string reason, CancellationToken cancellationToken)
    {
        var now = Current();
        return now.Legacy.FindDeparture(token.Command) is { } leaving
            ? departure.AnswerAsync(now, leaving, isStopped: false, cancellationToken)
            : SettleAsync("nack", token, Lease(token) with { Reason = reason.Length > 1000 ? reason[..1000] : reason }, cancellationToken);
    }

    public async ValueTask<string> GetTunnelTokenAsync(string tunnelId, CancellationToken cancellationToken)
    {
        var now = Current();
        if (now.Protocol < 3)
        {
            return now.Legacy.FindToken(tunnelId) ?? throw new MasterLinkException($"The master gave no token for tunnel '{tunnelId}'.");
        }

        var path = now.Path("tunnel-token?tunnel_id=" + Uri.EscapeDataString(tunnelId));
        var answer = await http.GetAsync(path, ProtocolJsonContext.Default.WireAnswer, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        return answer.Token ?? throw new MasterLinkException($"The master gave no token for tunnel '{tunnelId}'.");
    }

    // Old masters answer at once: the pace is kept here, but for the first poll.
    private async ValueTask<CommandLease?> LeaseLegacyAsync(Session now, CancellationToken cancellationToken)
    {
        await departure.CheckAsync(cancellationToken).ConfigureAwait(false);
        if (now.Legacy.HasPolled)
        {
            await Task.Delay(options.Value.ReportInterval, time, cancellationToken).ConfigureAwait(false);
        }

        var answer = await http.GetAsync(now.Path("commands"), ProtocolJsonContext.Default.WireCommands, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        var commands = answer.Commands ?? [];
        if (now.Protocol == 2 && AgentDeparture.Find(commands) is { } leaving)
        {
            await departure.BeginAsync(leaving, cancellationToken).ConfigureAwait(false);
        }

        return now.Legacy.Take(now.Agent, commands, time.GetUtcNow() + options.Value.CommandLease);
    }

    private async ValueTask SendAsync(Session now, WireEvent what, CancellationToken cancellationToken)
    {
        var isReport = what.Type == "status_report";
        var numbered = now.Protocol < 2 ? what : what with
        {
            ProtocolVersion = now.Protocol,
            AgentSessionId = now.Id,
            EventSequence = isReport ? null : now.NextEvent(),
            ReportSequence = isReport ? now.NextReport() : null,
        };
        await http.SendAsync(
            HttpMethod.Post, now.Path("events"), numbered, ProtocolJsonContext.Default.WireEvent, ProtocolJsonContext.Default.WireAnswer, cancellationToken,
            compress: isReport && now.Protocol >= 3).ConfigureAwait(false);
    }

    private WireEvent Event(string type) => LegacyWire.Event(type, time.GetUtcNow());

    private async ValueTask<bool> SettleAsync(string how, LeaseToken token, WireLease body, CancellationToken cancellationToken)
    {
        var now = Current();
        if (now.Protocol < 3)
        {
            // There is no lease on the old wire: nothing is lost, and what failed is handed out again by itself.
            return true;
        }

        try
        {
            await http.SendAsync(
                HttpMethod.Post, now.Path($"commands/{Uri.EscapeDataString(token.Command.Value)}/{how}"), body,
                ProtocolJsonContext.Default.WireLease, ProtocolJsonContext.Default.WireAnswer, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (MasterLinkException exception) when (exception.InnerException is HttpRequestException { StatusCode: HttpStatusCode.Conflict })
        {
            return false;
        }
    }

    private static WireLease Lease(LeaseToken token) => new() { Lease = token.Fence.ToString(CultureInfo.InvariantCulture) };

    private static AgentCommand ToCommand(WireCommand wire, CommandId id) => wire switch
    {
        { Action: WireCommand.Start or WireCommand.Restart, TunnelId: { } tunnel } =>
            new AgentCommand.EnsureTunnel(id, tunnel, wire.TunnelName ?? tunnel, wire.Generation) { Restart = wire.Action == WireCommand.Restart },
        { Action: WireCommand.Stop } => new AgentCommand.StopTunnel(id),
        _ => throw new MasterLinkException($"The master sent a command that this agent does not know, '{wire.Action}': update the agent."),
    };

    private Session Current()
    {
        lock (gate)
        {
            return session ?? throw new MasterLinkException("The agent is not registered.") { RegistrationRequired = true };
        }
    }

    /// <summary>One registration.</summary>
    internal sealed class Session(AgentId agent, int protocol, string? id)
    {
        private long events;
        private long reports;

        public AgentId Agent => agent;

        public int Protocol => protocol;

        public string? Id => id;

        public LegacyWire Legacy { get; } = new();

        public long NextEvent() => Interlocked.Increment(ref events);

        public long NextReport() => Interlocked.Increment(ref reports);

        public string Path(string rest) => $"/api/v2/agents/{Uri.EscapeDataString(agent.Value)}/{rest}";
    }
}
