namespace DockFlare.Testing;

/// <summary>A policy as an application carries it.</summary>
/// <param name="Id">Its UUID.</param>
/// <param name="Name">Its name.</param>
/// <param name="Decision"><c>allow</c>, <c>deny</c>, <c>non_identity</c> or <c>bypass</c>.</param>
/// <param name="IncludeJson">The JSON of <c>include</c>.</param>
public sealed record FakeAccessPolicy(string Id, string Name, string Decision, string IncludeJson);
