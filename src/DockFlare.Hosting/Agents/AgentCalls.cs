using System.Globalization;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Commands;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Agents;

/// <summary>What agents of all protocols call, but for <c>…/events</c>.</summary>
internal sealed class AgentCalls(
    AgentRegistry registry,
    AgentKeys keys,
    AgentCommandPoll polls,
    AgentTunnels tunnels,
    TunnelTokens tokens,
    ICommandQueue queue,
    IOptions<AgentPlaneOptions> options)
{
    private static readonly int[] Speaks = [3, 2, 1];

    /// <summary><c>POST register</c></summary>
    public async ValueTask<AgentAnswer> RegisterAsync(HttpContext context, AgentKey key)
    {
        var stopping = context.RequestAborted;
        var message = AgentMessageReader.ReadRegistration(await AgentBody.ReadAsync(context.Request, stopping).ConfigureAwait(false), Speaks);
        if (key.Record.Agent is { } bound)
        {
            if (message.AgentId is { } claimed && !string.Equals(claimed, bound.Value, StringComparison.Ordinal))
            {
                throw Mismatch();
            }
        }
        else
        {
            // Whatever id it sends: an id is no secret, so it must not give anybody another agent's place.
            await keys.BindAsync(key, new(Guid.CreateVersion7().ToString()), stopping).ConfigureAwait(false);
        }

        var id = key.Record.Agent!.Value;
        var isNew = registry.Find(id) is null;
        var hello = new AgentIntroduction(message.DisplayName ?? message.Hostname, message.Version, message.Hostname, message.Protocol);
        await registry.RegisterAsync(id, hello, stopping).ConfigureAwait(false);

        var session = Guid.NewGuid().ToString("N");
        var presence = registry.Presence(id);
        lock (presence.Gate)
        {
            presence.StartSession(session);
        }

        var pace = registry.Touch(id);
        var speaksOurs = message.Protocol >= 3;
        return AgentAnswer.Of(
            isNew ? 201 : 200,
            new WireRegistration
            {
                Status = "success",
                Code = "registered",
                AgentId = id.Value,
                ProtocolVersion = message.Protocol,
                AgentSessionId = message.Protocol >= 2 ? session : null,
                HeartbeatInterval = speaksOurs ? pace.TotalSeconds : 0,
                LabelPrefixes = speaksOurs ? [.. options.Value.LabelPrefixes] : null,
                LabelKeys = speaksOurs ? [.. options.Value.LabelKeys] : null,
            },
            ProtocolJsonContext.Default.WireRegistration);
    }

    /// <summary><c>GET {id}/commands</c></summary>
    public async ValueTask<AgentAnswer> CommandsAsync(HttpContext context, AgentKey key)
    {
        var agent = Caller(context, key);
        registry.Touch(agent.Id);
        var commands = await polls.PollAsync(agent, context, key).ConfigureAwait(false);
        registry.Touch(agent.Id);
        return AgentAnswer.Of(200, commands, ProtocolJsonContext.Default.WireCommands);
    }

    /// <summary><c>POST {id}/commands/{command}/ack</c></summary>
    public ValueTask<AgentAnswer> AckAsync(HttpContext context, AgentKey key) =>
        SettleAsync(context, key, (lease, _) => queue.AckAsync(lease, context.RequestAborted));

    /// <summary><c>POST {id}/commands/{command}/nack</c></summary>
    public ValueTask<AgentAnswer> NackAsync(HttpContext context, AgentKey key) =>
        SettleAsync(context, key, (lease, body) => queue.NackAsync(lease, body.Reason ?? "The agent gave no reason.", context.RequestAborted));

    /// <summary><c>POST {id}/commands/{command}/renew</c></summary>
    public ValueTask<AgentAnswer> RenewAsync(HttpContext context, AgentKey key) =>
        SettleAsync(context, key, (lease, body) => queue.RenewAsync(lease, AgentCommandPoll.Visibility(body.LeaseSeconds), context.RequestAborted));

    /// <summary><c>GET {id}/tunnel-token</c>: an agent gets the token of its own tunnel and of no other.</summary>
    public async ValueTask<AgentAnswer> TunnelTokenAsync(HttpContext context, AgentKey key)
    {
        var agent = Caller(context, key);
        var tunnelId = tunnels.FindTunnelId(agent.Id);
        var asked = context.Request.Query["tunnel_id"].ToString();
        if (agent.Status != AgentStatus.Enrolled || tunnelId is null || (asked.Length > 0 && !string.Equals(asked, tunnelId, StringComparison.Ordinal)))
        {
            throw new ProtocolException(404, "tunnel_not_found", "This agent has no such tunnel.");
        }

        try
        {
            var token = await tokens.GetAsync(tunnelId, context.RequestAborted).ConfigureAwait(false);
            return AgentAnswer.Of(200, new WireAnswer { Status = "success", Token = token });
        }
        catch (CloudflareException exception)
        {
            throw new ProtocolException(503, "tunnel_token_unavailable", exception.Message);
        }
    }

    /// <summary>The agent of the path, which must be the one the key is bound to.</summary>
    public AgentRecord Caller(HttpContext context, AgentKey key)
    {
        var id = new AgentId((string)context.GetRouteValue("id")!);
        if (key.Record.Agent is { } bound && bound != id)
        {
            throw Mismatch();
        }

        return key.Record.Agent is not null && registry.Find(id) is { } agent
            ? agent
            : throw new ProtocolException(404, "agent_not_found", "This agent is not known: register first.");
    }

    private async ValueTask<AgentAnswer> SettleAsync(HttpContext context, AgentKey key, Func<LeaseToken, LeaseAnswer, ValueTask<bool>> settle)
    {
        var agent = Caller(context, key);
        var body = AgentMessageReader.Read(
            await AgentBody.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false),
            static root => new LeaseAnswer(
                AgentMessageReader.Text(root, "lease") ?? throw ProtocolException.Invalid("'lease' must be the lease of the command."),
                AgentMessageReader.Text(root, "reason", most: 4096),
                AgentMessageReader.Number(root, "lease_seconds", least: 1)));
        registry.Touch(agent.Id);
        var command = new CommandId((string)context.GetRouteValue("command")!);
        var held = long.TryParse(body.Lease, NumberStyles.None, CultureInfo.InvariantCulture, out var fence)
            && await settle(new(agent.Id, command, fence), body).ConfigureAwait(false);
        registry.Progressed(agent);
        return held
            ? AgentAnswer.Success(200, "accepted")
            : AgentAnswer.Error(409, "lease_lost", "This lease does not hold the command any more: leave it alone.");
    }

    private static ProtocolException Mismatch() => new(403, "agent_key_mismatch", "This key belongs to another agent.");

    private sealed record LeaseAnswer(string Lease, string? Reason, long? LeaseSeconds);
}

/// <summary><c>GET {id}/commands</c> in all protocols: the old ones get what is to be done now, protocol 3 waits and gets leases.</summary>
internal sealed class AgentCommandPoll(ICommandQueue queue, LegacyCommands legacy, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);
    private static readonly WireCommands Nothing = new() { Status = "success", Commands = [] };

    /// <summary>How long a lease lasts: what the agent asks for, from 10 s to 10 min; 60 s unless it says.</summary>
    public static TimeSpan Visibility(long? seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds ?? 60, 10, 600));

    public async ValueTask<WireCommands> PollAsync(AgentRecord agent, HttpContext context, AgentKey key)
    {
        if (agent is { Protocol: 2, Removal: { } removal })
        {
            return AgentDecommission.CommandOf(removal) is { } command ? new() { Status = "success", Commands = [command] } : Nothing;
        }

        if (agent.Protocol < 3)
        {
            return await legacy.PollAsync(agent.Id, context.RequestAborted).ConfigureAwait(false);
        }

        var wait = TimeSpan.FromSeconds(Number(context, "wait", least: 0) ?? 0);
        var most = Math.Clamp(Number(context, "max", least: 1) ?? 1, 1, 16);
        var visibility = Visibility(Number(context, "lease_seconds", least: 1));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, key.Revoked, lifetime.ApplicationStopping);
        try
        {
            var commands = new List<WireCommand>();
            wait = wait < LongestWait ? wait : LongestWait;
            while (commands.Count < most && await queue.LeaseAsync(agent.Id, visibility, wait, either.Token).ConfigureAwait(false) is { } lease)
            {
                commands.Add(ToWire(lease, visibility));
                wait = TimeSpan.Zero;
            }

            return commands.Count == 0 ? Nothing : new() { Status = "success", Commands = commands };
        }
        catch (OperationCanceledException) when (key.Revoked.IsCancellationRequested)
        {
            throw AgentEndpoints.Unauthorized();
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return Nothing;
        }
    }

    private static long? Number(HttpContext context, string name, long least)
    {
        var text = context.Request.Query[name].ToString();
        if (text.Length == 0)
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= int.MaxValue
            ? number
            : throw ProtocolException.Invalid($"'{name}' must be a whole number from {least}.");
    }

    private static WireCommand ToWire(CommandLease lease, TimeSpan visibility)
    {
        var wire = new WireCommand
        {
            Id = lease.Command.Id.Value,
            Lease = lease.Token.Fence.ToString(CultureInfo.InvariantCulture),
            Attempt = lease.Attempt,
            LeaseSeconds = visibility.TotalSeconds,
        };
        return lease.Command switch
        {
            AgentCommand.EnsureTunnel ensure => wire with
            {
                Action = ensure.Restart ? WireCommand.Restart : WireCommand.Start,
                TunnelId = ensure.TunnelId,
                TunnelName = ensure.TunnelName,
                Generation = ensure.Generation,
            },
            _ => wire with { Action = WireCommand.Stop },
        };
    }
}
