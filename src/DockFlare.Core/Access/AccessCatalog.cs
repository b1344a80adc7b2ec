namespace DockFlare.Core.Access;

/// <summary>What the names in an <see cref="AccessWish"/> can mean.</summary>
public sealed record AccessCatalog
{
    /// <summary>No group and no identity provider.</summary>
    public static AccessCatalog Empty { get; } = new();

    /// <summary>The groups that operators made; the system groups need not be among them.</summary>
    public EquatableArray<AccessGroup> Groups { get; init; }

    /// <summary>The account's identity providers.</summary>
    public EquatableArray<IdentityProvider> IdentityProviders { get; init; }

    /// <summary>Why the identity providers are not known; null when they are.</summary>
    public string? UnreadIdentityProviders { get; init; }

    /// <summary>The account's service tokens.</summary>
    public EquatableArray<ServiceToken> ServiceTokens { get; init; }

    /// <summary>Why the service tokens are not known; null when they are.</summary>
    public string? UnreadServiceTokens { get; init; }

    /// <summary><c>CF_ACCOUNT_EMAIL</c>: who <c>authenticate</c> lets in.</summary>
    public string? AccountEmail { get; init; }

    /// <summary>The group of this id; null when there is none.</summary>
    public AccessGroup? FindGroup(string id)
    {
        foreach (var group in Groups)
        {
            if (string.Equals(group.Id, id, StringComparison.Ordinal))
            {
                return group;
            }
        }

        return null;
    }
}
