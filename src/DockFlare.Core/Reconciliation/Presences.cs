using DockFlare.Core.Commands;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Reconciliation;

/// <summary>What the reports of a pass say of the holders of routes.</summary>
internal sealed class Presences
{
    private readonly Dictionary<AgentId, bool> complete = [];
    private readonly List<(AgentId Agent, ReadContainer[] Containers)> seen = [];
    private readonly HashSet<(AgentId Agent, string Workload)> ended = [];
    private readonly HashSet<(RouteHolder Holder, RuleKey Key)> waiting = [];
    private readonly HashSet<(RouteHolder Holder, RuleKey Key)> refused = [];
    private readonly HashSet<(RouteHolder Holder, string Host)> unsafeToServe = [];
    private HashSet<(AgentId Agent, string Workload)>? present;

    public void Reported(AgentId agent, bool isComplete) => complete[agent] = isComplete && complete.GetValueOrDefault(agent, true);

    /// <summary>Only the labelled ones count. Which they are is worked out when it is asked for: in most passes nothing is missed.</summary>
    public void Seen(AgentId agent, ReadContainer[] containers) => seen.Add((agent, containers));

    public void Ended(AgentId agent, string workload) => ended.Add((agent, workload));

    /// <summary>It is there and wants the key, but not before its health check passes.</summary>
    public void Waits(RouteHolder holder, RuleKey key) => waiting.Add((holder, key));

    /// <summary>It is there, and what it wants cannot be had.</summary>
    public void Refuse(RouteHolder holder, RuleKey key) => refused.Add((holder, key));

    /// <summary>It is there, and serving the host without protection would expose what asks for it: such a route ends even when the report is incomplete.</summary>
    public void Close(RouteHolder holder, string host) => unsafeToServe.Add((holder, host));

    public bool IsWaiting(DesiredRoute route) => waiting.Contains((route.Holder, route.Key));

    public HolderPresence Of(DesiredRoute route)
    {
        if (route.Holder.Source == RouteSource.Manual || (route.Access is null && unsafeToServe.Contains((route.Holder, route.Key.Host))))
        {
            return HolderPresence.Renounced;
        }

        var workload = (route.Holder.Agent, route.Holder.Workload);
        if (!complete.GetValueOrDefault(route.Holder.Agent) && !ended.Contains(workload))
        {
            return HolderPresence.Unknown;
        }

        if (IsWaiting(route))
        {
            return HolderPresence.Gone;
        }

        present ??= [.. seen.SelectMany(static report => report.Containers.Where(static read => read.Reading.IsLabelled).Select(read => (report.Agent, read.Workload)))];
        return refused.Contains((route.Holder, route.Key)) || present.Contains(workload) ? HolderPresence.Renounced : HolderPresence.Gone;
    }
}
