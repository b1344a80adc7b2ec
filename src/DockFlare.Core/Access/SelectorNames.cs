namespace DockFlare.Core.Access;

/// <summary>Puts the ids of identity providers and service tokens in the place of the names that people write in policies.</summary>
internal static class SelectorNames
{
    /// <summary>The policy with ids; with a fault in a whole sentence when a name means nothing, or several things.</summary>
    public static AccessPolicy Resolve(AccessPolicy policy, AccessCatalog catalog, ref string? fault)
    {
        var found = fault;
        var resolved = policy with { Include = All(policy.Include), Exclude = All(policy.Exclude), Require = All(policy.Require) };
        fault = found;
        return resolved;

        EquatableArray<AccessSelector> All(EquatableArray<AccessSelector> selectors) =>
            selectors.Any(static selector => selector.Kind is AccessSelectorKind.LoginMethod or AccessSelectorKind.ServiceToken) ? selectors.Select(One).ToEquatableArray() : selectors;

        AccessSelector One(AccessSelector selector)
        {
            var (id, wrong) = selector.Kind switch
            {
                AccessSelectorKind.LoginMethod => Find(selector.Value, "identity provider", catalog.IdentityProviders.Select(static known => (known.Id, known.Name)), catalog.UnreadIdentityProviders),
                AccessSelectorKind.ServiceToken => Find(selector.Value, "service token", catalog.ServiceTokens.Select(static known => (known.Id, known.Name)), catalog.UnreadServiceTokens),
                _ => (selector.Value, null),
            };
            found ??= wrong;
            return selector with { Value = id };
        }
    }

    private static (string Id, string? Fault) Find(string value, string what, IEnumerable<(string Id, string Name)> known, string? unread)
    {
        // An id is taken as it is: whether there is such a thing, Cloudflare says.
        if (Guid.TryParse(value, out _))
        {
            return (value, null);
        }

        var all = known.ToList();
        var named = all.FindAll(thing => string.Equals(thing.Name, value, StringComparison.OrdinalIgnoreCase));
        return named switch
        {
            [var only] => (only.Id, null),
            [] when unread is not null => (value, $"The {what}s could not be read. {unread}"),
            [] => (value, $"There is no {what} '{value}' in the account: {(all.Count == 0 ? "it has none." : $"write one of {string.Join(", ", all.Select(static thing => thing.Name).Order(StringComparer.Ordinal))}.")}"),
            _ => (value, $"'{value}' is the name of several {what}s: write the id of one, {string.Join(" or ", named.Select(static thing => thing.Id).Order(StringComparer.Ordinal))}."),
        };
    }
}
