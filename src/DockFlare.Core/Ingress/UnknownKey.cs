namespace DockFlare.Core.Ingress;

/// <summary>A key of a document that we do not know, or whose value we cannot hold: kept as it is.</summary>
/// <param name="Name">As it is spelled in the document.</param>
/// <param name="Json">The value as JSON without white space; numbers as they were written.</param>
public readonly record struct UnknownKey(string Name, string Json);
