using System.Runtime.CompilerServices;
using DockFlare.Core.Labels;
using DockFlare.Core.Protocol;

namespace DockFlare.Core.Reconciliation;

/// <summary>
/// Remembers what labels mean for as long as a container's snapshot is the same object, so that an unchanged container is not parsed again.
/// Not safe for several threads at once.
/// </summary>
public sealed class LabelReadings
{
    private readonly ConditionalWeakTable<ContainerSnapshot, LabelReading> readings = [];
    private LabelOptions? readWith;

    /// <summary>What the container's labels mean.</summary>
    public LabelReading Read(ContainerSnapshot container, LabelOptions options)
    {
        if (readWith != options)
        {
            readings.Clear();
            readWith = options;
        }

        if (!readings.TryGetValue(container, out var reading))
        {
            reading = ContainerLabels.Read(container, options);
            readings.Add(container, reading);
        }

        return reading;
    }
}
