namespace DockFlare.Testing;

/// <summary>A zone at one moment.</summary>
/// <param name="Id">32 hex digits.</param>
/// <param name="AccountId">The account it is in.</param>
/// <param name="Name">Such as <c>example.com</c>.</param>
/// <param name="Plan">Its plan.</param>
/// <param name="Status">Such as <c>active</c>.</param>
public sealed record FakeZone(string Id, string AccountId, string Name, FakePlan Plan, string Status);
