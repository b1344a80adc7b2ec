using DockFlare.Core.Commands;
using StackExchange.Redis;

namespace DockFlare.Hosting.Redis;

/// <summary>Every key and channel we use in Redis.</summary>
/// <remarks>All keys of an agent carry its name as hash tag, so that a Cluster keeps them on one node and a script may use them together.</remarks>
internal static class RedisKeys
{
    /// <summary>
    /// The keys of one agent's queue, in the order every script expects:
    /// <c>pending</c> (hash: command id → entry), <c>counter</c> (string: the last number given), <c>dead</c> and <c>history</c> (lists, oldest first).
    /// </summary>
    public static RedisKey[] Queue(AgentId agent)
    {
        // A brace in the name would end the tag early.
        var tag = $"dockflare:{{{Uri.EscapeDataString(agent.Value)}}}:";
        return [tag + "pending", tag + "counter", tag + "dead", tag + "history"];
    }

    /// <summary>The calls to Cloudflare that all processes with one token have made or reserved (hash).</summary>
    public static RedisKey Calls(string token) => $"dockflare:calls:{token}";

    /// <summary>Where enqueueing tells every master that an agent's queue has something new; the message is the agent's name. Channels know no databases, so the number is in the name.</summary>
    public static RedisChannel Wake(int database) => RedisChannel.Literal($"dockflare:wake:{database}");
}
