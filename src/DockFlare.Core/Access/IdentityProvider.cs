namespace DockFlare.Core.Access;

/// <summary>A way to log in that the account has.</summary>
/// <param name="Id">Its UUID.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Type">Such as <c>onetimepin</c>, <c>github</c> or <c>azureAD</c>.</param>
public sealed record IdentityProvider(string Id, string Name, string Type)
{
    /// <summary>The type of the one-time PIN.</summary>
    public const string OneTimePin = "onetimepin";
}
