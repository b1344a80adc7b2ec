using DockFlare.Core.Protocol;
using DockFlare.Hosting.Commands;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DockFlare.Hosting.Agents;

/// <summary>What scripts of operators do with agent keys. None of it gives away a key but the call that makes it.</summary>
internal sealed class AgentKeyCalls(AgentRegistry registry, AgentKeys keys, ICommandQueue queue, DeployFiles deploy)
{
    private const long LongestOverlap = 30 * 24 * 3600;
    public static readonly TimeSpan UsualOverlap = TimeSpan.FromHours(24);

    /// <summary><c>POST agents/generate-key {owner?, expires_in_seconds?}</c></summary>
    public async ValueTask<AgentAnswer> GenerateAsync(HttpContext context)
    {
        var (owner, lifetime) = await AgentBody.ReadAsync(context, static root =>
            (AgentMessageReader.Text(root, "owner"), AgentMessageReader.Number(root, "expires_in_seconds", least: 1))).ConfigureAwait(false);
        var (raw, key) = await keys.CreateAsync(owner, lifetime is { } seconds ? TimeSpan.FromSeconds(Math.Min(seconds, int.MaxValue)) : null, context.RequestAborted).ConfigureAwait(false);
        return AdminAnswer.Of(201, new() { Key = raw, Meta = DescribedKey.Of(key) });
    }

    /// <summary>
    /// <c>POST agents/revoke-key {key, compromised?, routes?}</c> and <c>DELETE agents/keys/{key}</c>; a key or its SHA-256 in hex. Polls that wait under
    /// it end, and with its agent's last key what is queued for the agent is dropped. <c>compromised</c> ends all keys of the agent and has the secret
    /// of its tunnel rolled; its <c>routes</c> are then held (<c>hold</c>) or withdrawn (<c>withdraw</c>, the default).
    /// </summary>
    public async ValueTask<AgentAnswer> RevokeAsync(HttpContext context)
    {
        var (named, isCompromised, routes) = await AgentBody.ReadAsync(context, static root =>
            (AgentMessageReader.Text(root, "key"), AgentMessageReader.Flag(root, "compromised") ?? false, AgentMessageReader.Text(root, "routes"))).ConfigureAwait(false);
        var key = Find(context.GetRouteValue("key") as string ?? named);
        if (routes is not (null or "hold" or "withdraw"))
        {
            throw ProtocolException.Invalid($"'routes' is '{routes}': write \"hold\" or \"withdraw\".");
        }

        await RevokeAsync(key, isCompromised, holdRoutes: routes == "hold", context.RequestAborted).ConfigureAwait(false);
        return AdminAnswer.Of(200, new() { Meta = DescribedKey.Of(key) });
    }

    public async ValueTask RevokeAsync(AgentKey key, bool isCompromised, bool holdRoutes, CancellationToken cancellationToken)
    {
        if (key.Record.Agent is not { } agent)
        {
            await keys.RevokeAsync(key, cancellationToken).ConfigureAwait(false);
            return;
        }

        foreach (var ending in isCompromised ? keys.Of(agent).ToList() : [key])
        {
            await keys.RevokeAsync(ending, cancellationToken).ConfigureAwait(false);
        }

        if (!keys.Of(agent).Any(keys.IsValid))
        {
            await queue.ClearAsync(agent, cancellationToken).ConfigureAwait(false);
        }

        if (isCompromised)
        {
            await registry.CompromisedAsync(agent, holdRoutes, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary><c>POST agents/{id}/roll-key {overlap_seconds?}</c>: the keys before it are accepted for as long as the operator says, a day unless they say; 0 ends them now.</summary>
    public async ValueTask<AgentAnswer> RollAsync(HttpContext context)
    {
        var agent = registry.Find(new((string)context.GetRouteValue("id")!)) is { Removal: null } found
            ? found
            : throw new ProtocolException(404, "agent_not_found", "There is no such agent, or it is being removed.");
        var overlap = await AgentBody.ReadAsync(context, static root => AgentMessageReader.Number(root, "overlap_seconds", least: 0)).ConfigureAwait(false);
        if (overlap > LongestOverlap)
        {
            throw ProtocolException.Invalid($"'overlap_seconds' is {overlap}: write 0 to {LongestOverlap} (30 days).");
        }

        var fresh = await keys.RollAsync(agent.Id, overlap is { } seconds ? TimeSpan.FromSeconds(seconds) : UsualOverlap, context.RequestAborted).ConfigureAwait(false);
        return AdminAnswer.Of(200, new() { NewKey = fresh });
    }

    /// <summary><c>GET agents/deploy-info/{key}</c>: the files of an agent's host, with a placeholder for the key.</summary>
    public ValueTask<AgentAnswer> DeployInfoAsync(HttpContext context)
    {
        var key = Find(context.GetRouteValue("key") as string);
        var url = deploy.UrlOf(context.Request);
        return ValueTask.FromResult(AdminAnswer.Of(200, new()
        {
            Meta = DescribedKey.Of(key),
            MasterUrl = url,
            Environment = deploy.Render(DeployFiles.Environment, url, key),
            Compose = deploy.Render(DeployFiles.Compose, url, key),
            Script = deploy.Render(DeployFiles.Script, url, key),
        }));
    }

    /// <summary><c>GET agents/deploy-script/{key}</c>: a shell script that writes the files and starts the agent; it asks for the key.</summary>
    public ValueTask<AgentAnswer> DeployScriptAsync(HttpContext context) =>
        ValueTask.FromResult(AgentAnswer.Text(deploy.Render(DeployFiles.Script, deploy.UrlOf(context.Request), Find(context.GetRouteValue("key") as string))));

    private AgentKey Find(string? named) =>
        named is { Length: > 0 } && keys.Find(named) is { } key ? key : throw new ProtocolException(404, "key_not_found", "There is no such key.");
}
