using DockFlare.Core.Commands;
using DockFlare.Core.Labels;
using DockFlare.Core.Protocol;

namespace DockFlare.Core.Reconciliation;

/// <summary>
/// Remembers from pass to pass what labels mean, for as long as a container's snapshot is the same object, so that an unchanged container
/// is neither parsed again nor sorted into place again. It changes how long a pass takes, never what comes out. Not safe for several threads at once.
/// </summary>
public sealed class LabelReadings
{
    private readonly Dictionary<AgentId, (LabelOptions With, ReadContainer[] Read)> readings = [];

    internal RememberedOrder<Claim> Claims { get; } = new(Claim.Compare);

    internal RememberedOrder<DesiredRoute> Held { get; } = new(HeldRoutes.Compare);

    internal RememberedOrder<RouteOutcome> Outcomes { get; } = new(OutcomeOrder.Compare);

    /// <summary>The containers of a report, read.</summary>
    internal ReadContainer[] Of(AgentReport report, LabelOptions options)
    {
        options = OptionsOf(report, options);
        var containers = report.Containers.AsSpan();
        var last = readings.TryGetValue(report.Agent, out var known) && known.With == options ? known.Read : [];
        if (AreSame(last, containers))
        {
            return last;
        }

        var before = new Dictionary<ContainerSnapshot, ReadContainer>(last.Length, ReferenceEqualityComparer.Instance);
        foreach (var read in last)
        {
            before[read.Container] = read;
        }

        var now = new ReadContainer[containers.Length];
        for (var i = 0; i < now.Length; i++)
        {
            now[i] = before.TryGetValue(containers[i], out var read) ? read : new(containers[i], ContainerLabels.Read(containers[i], options));
        }

        readings[report.Agent] = (options, now);
        return now;
    }

    // What an agent says of its own connector is truer than what the master takes for usual.
    private static LabelOptions OptionsOf(AgentReport report, LabelOptions options) =>
        (report.ConnectorNetwork is null || string.Equals(report.ConnectorNetwork, options.TunnelNetwork, StringComparison.Ordinal)) && report.JoinsNetworks == options.JoinsNetworks
            ? options
            : options with { TunnelNetwork = report.ConnectorNetwork ?? options.TunnelNetwork, JoinsNetworks = report.JoinsNetworks };

    /// <summary>Forgets the agents that are not among these.</summary>
    internal void KeepOnly(EquatableArray<AgentReport> reports)
    {
        if (readings.Count > reports.Count)
        {
            var agents = reports.Select(static report => report.Agent).ToHashSet();
            foreach (var agent in readings.Keys.Where(agent => !agents.Contains(agent)).ToList())
            {
                readings.Remove(agent);
            }
        }
    }

    private static bool AreSame(ReadContainer[] last, ReadOnlySpan<ContainerSnapshot> containers)
    {
        if (last.Length != containers.Length)
        {
            return false;
        }

        for (var i = 0; i < last.Length; i++)
        {
            if (!ReferenceEquals(last[i].Container, containers[i]))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>A container whose labels were read, with the claims that were made of them last.</summary>
internal sealed class ReadContainer(ContainerSnapshot container, LabelReading reading)
{
    private readonly Claim?[] claims = new Claim?[reading.Rules.Count];
    private RouteHolder? holder;
    private RouteOutcome[]? outcomes;

    public ContainerSnapshot Container => container;

    public LabelReading Reading => reading;

    /// <summary>The compose service, else the container's name: what stays the same when a container is replaced.</summary>
    public string Workload { get; } = WorkloadOf(container);

    public RouteHolder HolderOn(AgentId agent)
    {
        if (holder is null || holder.Agent != agent)
        {
            holder = new(agent, Workload, RouteSource.Label);
            outcomes = null;
        }

        return holder;
    }

    public ref Claim? ClaimOf(int rule) => ref claims[rule];

    /// <summary>What the container itself is listed with: its errors, or that it is not enabled. The same objects in every pass.</summary>
    public RouteOutcome[] OutcomesOn(AgentId agent) =>
        HolderOn(agent) is not null && outcomes is { } known ? known : outcomes = [.. ListOutcomes(agent)];

    private List<RouteOutcome> ListOutcomes(AgentId agent)
    {
        var list = new List<RouteOutcome>();
        foreach (var error in reading.Errors)
        {
            list.Add(new(error.Host ?? container.Name, RouteState.Rejected, agent, container.Name) { Host = error.Host, Reason = error.Message, Label = error.Label });
        }

        if (!reading.IsEnabled && list.Count == 0)
        {
            list.Add(new(container.Name, RouteState.Ignored, agent, container.Name)
            {
                Reason = reading.Notes.IsEmpty ? $"The labels of '{container.Name}' say that it is not to be exposed." : reading.Notes[0].Message,
                Notes = reading.Notes.Skip(1).Select(static note => note.Message).ToEquatableArray(),
            });
        }

        return list;
    }

    public static string WorkloadOf(ContainerSnapshot container) =>
        container is { ComposeProject: { } project, ComposeService: { } service } ? $"{project}/{service}" : container.Name;
}
