using DockFlare.Core;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;

namespace DockFlare.Hosting.Agents;

/// <summary>
/// Turns what agents of protocols 1 and 2 tell in pieces into a report. Starts and listings add; only a stop, or a complete listing, takes away.
/// Guarded by its agent's <see cref="AgentPresence.Gate"/>.
/// </summary>
internal sealed class LegacyInventory
{
    private const int MostEnded = 5_000;
    private const int MissedBeforeAbsent = 3;
    private readonly SortedDictionary<string, ContainerSnapshot> containers = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ContainerSnapshot> ended = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> missed = new(StringComparer.Ordinal);
    private bool isComplete;

    /// <summary>The generation its connector was last said to run; 0 when it runs none or nothing is known.</summary>
    public long TunnelGeneration { get; set; }

    /// <summary>Names of containers that several listings in a row did not show, though nobody said that they stopped: agents of protocol 1 can miss a stop.</summary>
    public IReadOnlyList<string> Absent => [.. containers.Values.Where(container => missed.GetValueOrDefault(container.Id) >= MissedBeforeAbsent).Select(static container => container.Name)];

    /// <summary>Takes an absent container for stopped.</summary>
    public bool TryEndAbsent(string name)
    {
        var ending = containers.Values.Where(container => container.Name == name && missed.GetValueOrDefault(container.Id) >= MissedBeforeAbsent).ToList();
        ending.ForEach(Stopped);
        return ending.Count > 0;
    }

    public void Started(ContainerSnapshot container)
    {
        missed.Remove(container.Id);
        containers[container.Id] = container;
        ended.Remove(container.Id);
    }

    /// <summary>A stop may name a container that is not known (agent 1.1.0 sends two of them): the second changes nothing.</summary>
    public void Stopped(ContainerSnapshot container)
    {
        missed.Remove(container.Id);
        if (containers.Remove(container.Id, out var known))
        {
            ended[container.Id] = known;
        }
        else if (container.Name.Length > 0 && ended.Count < MostEnded)
        {
            ended.TryAdd(container.Id, container);
        }
    }

    /// <summary>An incomplete listing adds what is new and ends nothing.</summary>
    public void Listed(EquatableArray<ContainerSnapshot> listing, bool complete)
    {
        if (complete)
        {
            containers.Clear();
            ended.Clear();
            missed.Clear();
        }
        else if (!listing.IsEmpty)
        {
            foreach (var id in containers.Keys.Except(listing.Select(static container => container.Id), StringComparer.Ordinal))
            {
                missed[id] = missed.GetValueOrDefault(id) + 1;
            }
        }

        isComplete = complete;
        foreach (var container in listing)
        {
            Started(container);
        }
    }

    public AgentReport ToReport(AgentId agent) =>
        new(agent, isComplete, TunnelGeneration, containers.Values.ToEquatableArray()) { Ended = isComplete ? [] : ended.Values.ToEquatableArray() };
}
