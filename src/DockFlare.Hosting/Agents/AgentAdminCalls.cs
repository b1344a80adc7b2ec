using System.Text.Json;
using System.Text.Json.Serialization;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Commands;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Agents;

/// <summary>What scripts of operators call. None of it gives away a key but the call that makes it.</summary>
internal sealed class AgentAdminCalls(
    AgentRegistry registry, AgentKeys keys, AgentTunnels tunnels, ICommandQueue queue, IOptions<AgentPlaneOptions> options)
{
    /// <summary><c>GET agents</c></summary>
    public ValueTask<AgentAnswer> ListAsync(HttpContext context) =>
        ValueTask.FromResult(Answer(200, new() { Agents = [.. registry.All.Select(Describe)] }));

    /// <summary><c>POST agents/generate-key {owner?, expires_in_seconds?}</c></summary>
    public async ValueTask<AgentAnswer> GenerateKeyAsync(HttpContext context)
    {
        var (owner, lifetime) = await ReadAsync(context, static root =>
            (AgentMessageReader.Text(root, "owner"), AgentMessageReader.Number(root, "expires_in_seconds", least: 1))).ConfigureAwait(false);
        var (raw, key) = await keys.CreateAsync(owner, lifetime is { } seconds ? TimeSpan.FromSeconds(Math.Min(seconds, int.MaxValue)) : null, context.RequestAborted).ConfigureAwait(false);
        return Answer(201, new() { Key = raw, Meta = Describe(key) });
    }

    /// <summary><c>POST agents/revoke-key {key}</c> and <c>DELETE agents/keys/{key}</c>; a key or its SHA-256 in hex.</summary>
    public async ValueTask<AgentAnswer> RevokeKeyAsync(HttpContext context)
    {
        var named = context.GetRouteValue("key") as string ?? await ReadAsync(context, static root => AgentMessageReader.Text(root, "key")).ConfigureAwait(false);
        var key = FindKey(named);
        await keys.RevokeAsync(key, context.RequestAborted).ConfigureAwait(false);
        return Answer(200, new() { Meta = Describe(key) });
    }

    /// <summary><c>GET agents/deploy-info/{key}</c>: the environment of an agent, with a placeholder for the key.</summary>
    public ValueTask<AgentAnswer> DeployInfoAsync(HttpContext context)
    {
        var key = FindKey(context.GetRouteValue("key") as string);
        var url = options.Value.PublicUrl ?? $"{context.Request.Scheme}://{context.Request.Host}";
        return ValueTask.FromResult(Answer(200, new()
        {
            Meta = Describe(key),
            MasterUrl = url,
            Environment = $"DOCKFLARE_MASTER_URL={url}\nDOCKFLARE_API_KEY=<agent key {key.Fingerprint}>\nDOCKER_HOST=tcp://docker-socket-proxy:2375\n",
        }));
    }

    /// <summary><c>POST agents/{id}/enroll {tunnel_name}</c>: the operator names the tunnel, so one that exists is thereby adopted.</summary>
    public async ValueTask<AgentAnswer> EnrolAsync(HttpContext context)
    {
        var agent = Agent(context);
        var name = await ReadAsync(context, static root => AgentMessageReader.Text(root, "tunnel_name")).ConfigureAwait(false)
            ?? throw ProtocolException.Invalid("'tunnel_name' must name the tunnel, such as \"nas\".");
        await registry.EnrolAsync(agent.Id, name, adopt: true, context.RequestAborted).ConfigureAwait(false);
        return Answer(200, new() { Agent = Describe(Agent(context)) });
    }

    /// <summary><c>POST agents/{id}/redeploy-tunnel</c>: the connector is replaced even if it runs.</summary>
    public async ValueTask<AgentAnswer> RedeployTunnelAsync(HttpContext context)
    {
        var command = await RedeployTunnelAsync(Agent(context), context.RequestAborted).ConfigureAwait(false);
        return Answer(202, new() { CommandId = command.Value });
    }

    public async ValueTask<CommandId> RedeployTunnelAsync(AgentRecord agent, CancellationToken cancellationToken)
    {
        var tunnel = tunnels.Find(agent.Id) ?? throw new ProtocolException(409, "tunnel_not_found", $"Agent '{agent.Id}' has no tunnel yet: enrol it and wait for the next pass.");
        var command = new CommandId($"restart-{Guid.NewGuid():N}");
        await queue.EnqueueAsync(
            agent.Id, new AgentCommand.EnsureTunnel(command, tunnel.TunnelId, tunnel.Name, tunnel.Generation) { Restart = true }, cancellationToken).ConfigureAwait(false);
        return command;
    }

    /// <summary><c>POST agents/{id}/roll-key</c>: the keys before it are accepted for another day.</summary>
    public async ValueTask<AgentAnswer> RollKeyAsync(HttpContext context) =>
        Answer(200, new() { NewKey = await keys.RollAsync(Agent(context).Id, context.RequestAborted).ConfigureAwait(false) });

    /// <summary><c>POST agents/{id}/rename {display_name}</c></summary>
    public async ValueTask<AgentAnswer> RenameAsync(HttpContext context)
    {
        var agent = Agent(context);
        var name = await ReadAsync(context, static root => AgentMessageReader.Text(root, "display_name")).ConfigureAwait(false)
            ?? throw ProtocolException.Invalid("'display_name' must be the new name.");
        await registry.RenameAsync(agent.Id, name, context.RequestAborted).ConfigureAwait(false);
        return Answer(200, new() { Agent = Describe(Agent(context)) });
    }

    /// <summary><c>POST agents/{id}/remove</c>: its keys end, its commands are dropped, and it is forgotten.</summary>
    public async ValueTask<AgentAnswer> RemoveAsync(HttpContext context)
    {
        var agent = Agent(context);
        await RemoveAsync(agent, context.RequestAborted).ConfigureAwait(false);
        return Answer(202, new() { OperationId = $"remove-{agent.Id}" });
    }

    public async ValueTask RemoveAsync(AgentRecord agent, CancellationToken cancellationToken)
    {
        if (agent.IsLocal)
        {
            throw new ProtocolException(409, "agent_is_local", "The agent of the master's own process cannot be removed: set DOCKFLARE_LOCAL_AGENT=false.");
        }

        foreach (var key in keys.Of(agent.Id).ToList())
        {
            await keys.RevokeAsync(key, cancellationToken).ConfigureAwait(false);
        }

        await queue.ClearAsync(agent.Id, cancellationToken).ConfigureAwait(false);
        await registry.RemoveAsync(agent.Id, cancellationToken).ConfigureAwait(false);
        tunnels.Set(agent.Id, null);
    }

    private AgentRecord Agent(HttpContext context) =>
        registry.Find(new((string)context.GetRouteValue("id")!)) ?? throw new ProtocolException(404, "agent_not_found", "There is no such agent.");

    private AgentKey FindKey(string? named) =>
        named is { Length: > 0 } && keys.Find(named) is { } key ? key : throw new ProtocolException(404, "key_not_found", "There is no such key.");

    private static async ValueTask<T> ReadAsync<T>(HttpContext context, Func<JsonElement, T> read)
    {
        var body = await AgentBody.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false);
        return AgentMessageReader.Read(body.IsEmpty ? "{}"u8.ToArray() : body, read);
    }

    private DescribedAgent Describe(AgentRecord agent) => new()
    {
        Id = agent.Id.Value,
        DisplayName = agent.DisplayName,
        Version = agent.Version,
        Hostname = agent.Hostname,
        Protocol = agent.Protocol,
        Status = agent.Status == AgentStatus.Enrolled ? "enrolled" : "pending",
        Online = registry.IsOnline(agent.Id),
        LastSeen = registry.LastSeen(agent.Id),
        AssignedTunnelName = agent.TunnelName,
        AssignedTunnelId = tunnels.FindTunnelId(agent.Id),
        Keys = [.. keys.Of(agent.Id).Select(static key => key.Fingerprint)],
    };

    private static DescribedKey Describe(AgentKey key) => new()
    {
        Fingerprint = key.Fingerprint,
        Hash = key.Hash,
        Owner = key.Record.Owner,
        CreatedAt = key.Record.CreatedAt,
        ExpiresAt = key.Record.ExpiresAt,
        RevokedAt = key.Record.RevokedAt,
        BoundAgentId = key.Record.Agent?.Value,
        Status = key.Record.RevokedAt is null ? "active" : "revoked",
    };

    private static AgentAnswer Answer(int status, AdminAnswer answer) => AgentAnswer.Of(status, answer, AgentAdminJson.Default.AdminAnswer);
}

internal sealed record AdminAnswer
{
    public string Status { get; init; } = "success";

    /// <summary>Secret; only in the answer that made it.</summary>
    public string? Key { get; init; }

    /// <summary>Secret; only in the answer that made it.</summary>
    public string? NewKey { get; init; }

    public DescribedKey? Meta { get; init; }

    public DescribedAgent? Agent { get; init; }

    public IReadOnlyList<DescribedAgent>? Agents { get; init; }

    public string? MasterUrl { get; init; }

    public string? Environment { get; init; }

    public string? CommandId { get; init; }

    public string? OperationId { get; init; }

    /// <summary>Leaves the keys out.</summary>
    public override string ToString() => $"AdminAnswer {{ {Status} }}";
}

internal sealed record DescribedKey
{
    public string? Fingerprint { get; init; }

    public string? Hash { get; init; }

    public string? Owner { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    public string? BoundAgentId { get; init; }

    public string? Status { get; init; }
}

internal sealed record DescribedAgent
{
    public string? Id { get; init; }

    public string? DisplayName { get; init; }

    public string? Version { get; init; }

    public string? Hostname { get; init; }

    public int Protocol { get; init; }

    public string? Status { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public bool Online { get; init; }

    public DateTimeOffset? LastSeen { get; init; }

    public string? AssignedTunnelName { get; init; }

    public string? AssignedTunnelId { get; init; }

    public IReadOnlyList<string>? Keys { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(AdminAnswer))]
internal sealed partial class AgentAdminJson : JsonSerializerContext;
