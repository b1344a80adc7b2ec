namespace DockFlare.Core.Labels;

/// <summary>What an operator's template made of a container.</summary>
/// <param name="Host">The host, checked like a label; null or empty for none.</param>
/// <param name="Fault">Why the template has no answer for this container, as a sentence; null when it has.</param>
public readonly record struct DefaultHost(string? Host, string? Fault = null);
