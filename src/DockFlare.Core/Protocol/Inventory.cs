namespace DockFlare.Core.Protocol;

/// <summary>The current set of containers on one host.</summary>
/// <param name="Containers">Every container that runs.</param>
/// <param name="IsComplete">False when not everything could be seen.</param>
public sealed record Inventory(EquatableArray<ContainerSnapshot> Containers, bool IsComplete);
