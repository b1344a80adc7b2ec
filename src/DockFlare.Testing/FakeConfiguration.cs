namespace DockFlare.Testing;

/// <summary>One version of a tunnel's configuration.</summary>
/// <param name="Version">Rises by one with each write; 0 before the first.</param>
/// <param name="Json">The value of <c>config</c> as the API answers it; null before the first write.</param>
public sealed record FakeConfiguration(long Version, string? Json);
