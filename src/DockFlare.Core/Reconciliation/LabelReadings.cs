using System.Runtime.CompilerServices;
using DockFlare.Core.Labels;
using DockFlare.Core.Protocol;

namespace DockFlare.Core.Reconciliation;

/// <summary>
/// Remembers from pass to pass what labels mean, for as long as a container's snapshot is the same object, so that an unchanged container
/// is neither parsed again nor sorted into place again. It changes how long a pass takes, never what comes out. Not safe for several threads at once.
/// </summary>
public sealed class LabelReadings
{
    private readonly ConditionalWeakTable<ContainerSnapshot, ReadContainer> readings = [];
    private LabelOptions? readWith;

    internal RememberedOrder<Claim> Claims { get; } = new(Claim.Compare);

    internal RememberedOrder<DesiredRoute> Held { get; } = new(HeldRoutes.Compare);

    internal RememberedOrder<RouteOutcome> Outcomes { get; } = new(OutcomeOrder.Compare);

    /// <summary>What the container's labels mean.</summary>
    public LabelReading Read(ContainerSnapshot container, LabelOptions options) => Get(container, options).Reading;

    internal ReadContainer Get(ContainerSnapshot container, LabelOptions options)
    {
        if (readWith != options)
        {
            readings.Clear();
            readWith = options;
        }

        if (!readings.TryGetValue(container, out var read))
        {
            read = new(container, ContainerLabels.Read(container, options));
            readings.Add(container, read);
        }

        return read;
    }
}

/// <summary>A container whose labels were read, with the claims that were made of them last.</summary>
internal sealed class ReadContainer(ContainerSnapshot container, LabelReading reading)
{
    private readonly Claim?[] claims = new Claim?[reading.Rules.Count];
    private RouteHolder? holder;

    public ContainerSnapshot Container => container;

    public LabelReading Reading => reading;

    /// <summary>The compose service, else the container's name: what stays the same when a container is replaced.</summary>
    public string Workload { get; } = WorkloadOf(container);

    public RouteHolder HolderOn(Commands.AgentId agent) =>
        holder is { } known && known.Agent == agent ? known : holder = new(agent, Workload, RouteSource.Label);

    public ref Claim? ClaimOf(int rule) => ref claims[rule];

    public static string WorkloadOf(ContainerSnapshot container) =>
        container is { ComposeProject: { } project, ComposeService: { } service } ? $"{project}/{service}" : container.Name;
}
