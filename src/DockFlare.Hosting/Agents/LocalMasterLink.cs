using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Commands;
using DockFlare.Hosting.Persistence;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Agents;

/// <summary>The way to a master in the same process. Everything else about the local agent is as for any other.</summary>
internal sealed class LocalMasterLink(
    AgentRegistry registry, ICommandQueue queue, AgentTunnels tunnels, TunnelTokens tokens, IOptions<MasterOptions> options, IOptions<AgentPlaneOptions> plane) : IMasterLink
{
    /// <summary>The agent of the master's own Docker host.</summary>
    public static readonly AgentId Local = new("local");

    public async ValueTask<AgentSession> RegisterAsync(AgentHello hello, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(hello);

        var named = options.Value.TunnelName is { Length: > 0 };
        var introduction = new AgentIntroduction(hello.DisplayName, hello.Version, Hostname: null, Protocol: 3);
        try
        {
            await registry.LoadAsync(cancellationToken).ConfigureAwait(false);
            await registry.RegisterLocalAsync(
                Local, introduction, named ? options.Value.TunnelName! : MasterOptions.DefaultTunnelName, adopt: named, cancellationToken).ConfigureAwait(false);
        }
        catch (StateStoreException exception)
        {
            throw new MasterLinkException(exception.Message, exception);
        }

        return new(Local, ProtocolVersion: 3, registry.Touch(Local)) { LabelPrefixes = plane.Value.LabelPrefixes, LabelKeys = plane.Value.LabelKeys };
    }

    public ValueTask ReportAsync(AgentReport report, CancellationToken cancellationToken)
    {
        registry.Accept(report);
        return ValueTask.CompletedTask;
    }

    public ValueTask HeartbeatAsync(CancellationToken cancellationToken)
    {
        registry.Touch(Local);
        return ValueTask.CompletedTask;
    }

    public ValueTask<CommandLease?> LeaseAsync(TimeSpan visibilityTimeout, TimeSpan wait, CancellationToken cancellationToken) =>
        AskAsync(queue.LeaseAsync(Local, visibilityTimeout, wait, cancellationToken));

    public ValueTask<bool> RenewAsync(LeaseToken token, TimeSpan visibilityTimeout, CancellationToken cancellationToken) =>
        AskAsync(queue.RenewAsync(token, visibilityTimeout, cancellationToken));

    public ValueTask<bool> AckAsync(LeaseToken token, CancellationToken cancellationToken) => AskAsync(queue.AckAsync(token, cancellationToken));

    public ValueTask<bool> NackAsync(LeaseToken token, string reason, CancellationToken cancellationToken) => AskAsync(queue.NackAsync(token, reason, cancellationToken));

    public async ValueTask<string> GetTunnelTokenAsync(string tunnelId, CancellationToken cancellationToken)
    {
        if (!string.Equals(tunnels.FindTunnelId(Local), tunnelId, StringComparison.Ordinal))
        {
            throw new MasterLinkException($"Tunnel '{tunnelId}' is not the tunnel of the local agent.");
        }

        try
        {
            return await tokens.GetAsync(tunnelId, cancellationToken).ConfigureAwait(false);
        }
        catch (CloudflareException exception)
        {
            throw new MasterLinkException(exception.Message, exception);
        }
    }

    // A queue that is away is to this agent what a master that is away is to any other: it waits and tries again.
    private static async ValueTask<T> AskAsync<T>(ValueTask<T> asked)
    {
        try
        {
            return await asked.ConfigureAwait(false);
        }
        catch (CommandQueueException exception)
        {
            throw new MasterLinkException(exception.Message, exception);
        }
    }
}
