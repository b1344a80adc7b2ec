using DockFlare.Core;
using DockFlare.Core.Protocol;

namespace DockFlare.Hosting.Docker;

/// <summary>
/// The containers of one engine as last seen. One that did not change keeps its object, so that whoever remembers something about a
/// snapshot finds it again by identity.
/// </summary>
internal sealed class ContainerCache(ContainerFilter filter)
{
    private readonly SortedDictionary<string, ContainerSnapshot> seen = new(StringComparer.Ordinal);
    private readonly HashSet<string> unseen = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ContainerSnapshot> services = new(StringComparer.Ordinal);
    private bool areServicesUnseen;
    private bool changed;

    /// <summary>The containers that are there and could not be looked at.</summary>
    public IReadOnlyCollection<string> Unseen => unseen;

    /// <summary>Whether it is in the set, or should be and could not be looked at.</summary>
    public bool Knows(string id) => seen.ContainsKey(id) || unseen.Contains(id);

    /// <summary>Takes what a look gave; null when the container does not run or is gone.</summary>
    public void Put(string id, ContainerSnapshot? container)
    {
        changed |= unseen.Remove(id);
        if (container is null || !filter.Matches(container))
        {
            changed |= seen.Remove(id);
        }
        else if (!seen.TryGetValue(id, out var before) || before != container)
        {
            seen[id] = container;
            changed = true;
        }
    }

    /// <summary>Notes that a container is there and could not be looked at; what was known of it stays.</summary>
    public void PutUnseen(string id) => changed |= unseen.Add(id);

    /// <summary>Takes the services of a Swarm, all of them; null when they could not be seen, and what was known of them stays.</summary>
    public void PutServices(IReadOnlyList<ContainerSnapshot>? all)
    {
        changed |= areServicesUnseen != all is null;
        areServicesUnseen = all is null;
        if (all is null)
        {
            return;
        }

        foreach (var service in all.Where(filter.Matches))
        {
            if (!services.TryGetValue(service.Id, out var before) || before != service)
            {
                services[service.Id] = service;
                changed = true;
            }
        }

        var there = all.Where(filter.Matches).Select(static service => service.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var id in services.Keys.Where(id => !there.Contains(id)).ToArray())
        {
            changed |= services.Remove(id);
        }
    }

    /// <summary>Forgets every container that a full list does not name.</summary>
    public void KeepOnly(IReadOnlySet<string> listed)
    {
        foreach (var id in seen.Keys.Concat(unseen).Where(id => !listed.Contains(id)).ToArray())
        {
            Put(id, null);
        }
    }

    /// <summary>Whether something changed since this was asked last.</summary>
    public bool TakeChanged()
    {
        var answer = changed;
        changed = false;
        return answer;
    }

    /// <summary>The whole current set; incomplete when the engine is not there or a container could not be looked at.</summary>
    public Inventory ToInventory(bool isConnected) => new(
        services.Count == 0 ? seen.Values.ToEquatableArray() : seen.Values.Concat(services.Values).OrderBy(static container => container.Id, StringComparer.Ordinal).ToEquatableArray(),
        isConnected && unseen.Count == 0 && !areServicesUnseen);
}
