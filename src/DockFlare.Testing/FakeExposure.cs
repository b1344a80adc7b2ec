namespace DockFlare.Testing;

/// <summary>A public host that reaches a service now: its name resolves to a tunnel whose configuration routes it.</summary>
/// <param name="Host">The host; <c>*.example.com</c> stands for every name that has no record of its own.</param>
/// <param name="TunnelId">The tunnel its record points to.</param>
/// <param name="Path">The rule's path expression; null when it takes every path.</param>
/// <param name="Service">The service it reaches.</param>
/// <param name="App">The Access application that covers the host as a whole, the most specific one; null when it is open to the world.</param>
/// <param name="HasConnector">Whether a connector is there to carry requests.</param>
public sealed record FakeExposure(string Host, string TunnelId, string? Path, string Service, FakeAccessApp? App, bool HasConnector)
{
    /// <summary>
    /// Whether cloudflared itself refuses requests without an application's token. It is what closes the deeper names under a wildcard, which
    /// an application's <c>*</c>, one label deep, does not cover.
    /// </summary>
    public bool DemandsToken { get; init; }
}
