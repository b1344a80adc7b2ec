namespace DockFlare.Core.Access;

/// <summary>What a policy does with those it is about.</summary>
public enum AccessDecision
{
    /// <summary>Lets in after a login.</summary>
    Allow,

    /// <summary>Keeps out.</summary>
    Deny,

    /// <summary>Lets in without a login: there is no token afterwards.</summary>
    Bypass,

    /// <summary>Lets in with a service token; Cloudflare's "Service Auth".</summary>
    NonIdentity,
}
