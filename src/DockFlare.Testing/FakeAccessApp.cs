using DockFlare.Core;

namespace DockFlare.Testing;

/// <summary>An Access application at one moment.</summary>
/// <param name="Id">Its UUID.</param>
/// <param name="AccountId">The account it is in.</param>
/// <param name="Name">Its name.</param>
/// <param name="Type">Such as <c>self_hosted</c>.</param>
/// <param name="Audience">Its <c>aud</c>.</param>
/// <param name="Domains">What it covers, <c>host[/path]</c>.</param>
/// <param name="Policies">Its policies in order.</param>
/// <param name="Json">The whole application as the API answers it.</param>
public sealed record FakeAccessApp(
    string Id, string AccountId, string Name, string Type, string Audience, EquatableArray<string> Domains, EquatableArray<FakeAccessPolicy> Policies, string Json);
