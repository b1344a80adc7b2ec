using System.Globalization;
using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;

namespace DockFlare.Core.Access;

/// <summary>Makes out what a wish for protection means: an application with its policies, the zone's own, or why it cannot be had.</summary>
public static class AccessResolver
{
    /// <summary>What guards a route.</summary>
    /// <param name="wish">What labels or an operator ask for.</param>
    /// <param name="key">The route's host and path; an expression stands for the whole host, which the caller sees to.</param>
    /// <param name="catalog">What the names can mean.</param>
    /// <param name="zone">The name of the host's zone; null while it cannot be seen.</param>
    public static RouteGuard Resolve(AccessWish wish, RuleKey key, AccessCatalog catalog, string? zone)
    {
        ArgumentNullException.ThrowIfNull(wish);
        ArgumentNullException.ThrowIfNull(catalog);

        if (wish.Groups.IsEmpty && wish.Policy == AccessPolicyWord.DefaultTld && wish.CustomRules is null)
        {
            // A wildcard route takes hosts of any depth, and the zone's application only those of one.
            return new RouteGuard.ZoneDefault(zone) { RequireJwt = wish.RequireJwt || key.IsWildcard };
        }

        var app = new DesiredApp(key.ToString(), AccessNames.App(key)) { Destinations = Destinations(key) };
        var fault = !wish.Groups.IsEmpty ? FromGroups(wish, catalog, ref app) : FromSettings(wish, catalog, ref app);
        if (fault is not null)
        {
            return new RouteGuard.Unresolved($"{fault} Until then '{key}' is not exposed.");
        }

        return Guard(app, key, wish.RequireJwt);
    }

    /// <summary>What a zone's default comes to.</summary>
    public static RouteGuard Resolve(ZoneDefault wish, AccessCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(wish);
        ArgumentNullException.ThrowIfNull(catalog);

        var app = new DesiredApp(ZoneGuard.KeyOf(wish.Zone), AccessNames.ZoneDefault(wish.Zone)) { Destinations = [$"*.{wish.Zone}"] };
        var fault = FromGroups(new() { Groups = wish.Groups }, catalog, ref app);
        return fault is not null ? new RouteGuard.Unresolved($"{fault} Until then the default of zone '{wish.Zone}' stays as it is.")
            : app.IsPublic ? new RouteGuard.Unresolved($"The default of zone '{wish.Zone}' would let everybody in, which protects nothing: name a group that asks for a login.")
            : new RouteGuard.Application(app);
    }

    private static RouteGuard Guard(DesiredApp app, RuleKey key, bool isAsked)
    {
        if (app.IsPublic)
        {
            return new RouteGuard.Application(app);
        }

        // Access takes a '*' for one label and cloudflared for any number; paths are matched differently too. There cloudflared looks at the token itself.
        var isNeeded = key.IsWildcard || (!key.Path.IsAny && !key.Path.IsExpression);
        if (!isAsked && !isNeeded)
        {
            return new RouteGuard.Application(app);
        }

        var policies = app.Inline.IsEmpty ? app.Policies.Select(static policy => policy.Policy) : app.Inline;
        return policies.Any(static policy => policy.Decision == AccessDecision.Bypass)
            ? new RouteGuard.Unresolved(
                $"Some visitors of '{key}' would get in without a login (a policy with the decision bypass), and cloudflared has to check everybody's token there{(isNeeded ? "" : ", as origin.access asks")}: use policies without bypass, or guard the whole host. Until then it is not exposed.")
            : new RouteGuard.Application(app) { RequireJwt = true };
    }

    private static EquatableArray<string> Destinations(RuleKey key) =>
        key.Path.IsAny || key.Path.IsExpression ? [key.Host] : [key.Host + key.Path.Text, $"{key.Host}{key.Path.Text}/*"];

    private static string? FromGroups(AccessWish wish, AccessCatalog catalog, ref DesiredApp app)
    {
        var policies = new List<DesiredPolicy>();
        for (var i = 0; i < wish.Groups.Count; i++)
        {
            var id = wish.Groups[i] switch
            {
                "bypass" => AccessNames.PublicGroup,
                "authenticate" => AccessNames.AuthenticatedGroup,
                var other => other,
            };
            var (group, missing) = FindGroup(id, catalog);
            if ((missing ?? group!.FindFault()) is { } fault)
            {
                return fault;
            }

            string? nameless = null;
            policies.AddRange(group!.Policies.Select((policy, at) => Reusable(id, at + 1, SelectorNames.Resolve(policy, catalog, ref nameless))).ToList().Where(policy => !policies.Contains(policy)));
            if (nameless is not null)
            {
                return $"In the access group '{id}': {nameless}";
            }

            if (i == 0 && Login(group.SessionDuration, group.AppLauncherVisible, group.AutoRedirectToIdentity, group.AllowedIdps, $"the access group '{id}'", catalog, ref app) is { } wrong)
            {
                return wrong;
            }
        }

        app = app with { Policies = policies.ToEquatableArray() };
        return null;
    }

    private static string? FromSettings(AccessWish wish, AccessCatalog catalog, ref DesiredApp app)
    {
        if (wish.Name is { } name)
        {
            app = app with { Name = AccessNames.Cut(name) };
        }

        var idps = wish.AllowedIdps;
        if (wish.CustomRules is { } json)
        {
            var inline = CustomRules.Read(json, app.Name, out var unreadable);
            if (unreadable is not null)
            {
                return unreadable;
            }

            string? nameless = null;
            app = app with { Inline = inline.Select(policy => SelectorNames.Resolve(policy, catalog, ref nameless)).ToEquatableArray() };
            if (nameless is not null)
            {
                return $"In access.custom_rules: {nameless}";
            }
        }
        else if (wish.Policy is AccessPolicyWord.Bypass or AccessPolicyWord.Authenticate)
        {
            var id = wish.Policy == AccessPolicyWord.Bypass ? AccessNames.PublicGroup : AccessNames.AuthenticatedGroup;
            var (group, missing) = FindGroup(id, catalog);
            if ((missing ?? group!.FindFault()) is { } fault)
            {
                return fault;
            }

            idps = idps.IsEmpty ? group!.AllowedIdps : idps;
            app = app with { Policies = group!.Policies.Select((policy, at) => Reusable(id, at + 1, policy)).ToEquatableArray() };
        }
        else
        {
            return "Access protection is asked for, but nothing says who gets in: add access.group, access.policy or access.custom_rules.";
        }

        return Login(wish.SessionDuration, wish.AppLauncherVisible, wish.AutoRedirectToIdentity, idps, "access.allowed_idps", catalog, ref app);
    }

    /// <summary>The key of a group's policy: <c>family/1</c>.</summary>
    /// <param name="group">The group's id.</param>
    /// <param name="number">Its place in the group, from 1.</param>
    internal static string PolicyKey(string group, int number) => string.Create(CultureInfo.InvariantCulture, $"{group}/{number}");

    private static DesiredPolicy Reusable(string group, int number, AccessPolicy policy) =>
        new(PolicyKey(group, number), policy with { Name = AccessNames.Policy(group, number) });

    private static (AccessGroup? Group, string? Missing) FindGroup(string id, AccessCatalog catalog)
    {
        switch (id)
        {
            case AccessNames.PublicGroup:
                return (new(id) { Policies = [new(AccessDecision.Bypass) { Include = [AccessSelector.Everyone] }] }, null);
            case AccessNames.AuthenticatedGroup:
                return Authenticated(catalog);
        }

        if (catalog.FindGroup(id) is { } group)
        {
            return (group, null);
        }

        var ids = catalog.Groups.Select(static known => known.Id).Order(StringComparer.Ordinal).ToArray();
        var advice = new NearestWord(ids).Find(id) is { } nearest ? $"did you mean '{nearest}'?"
            : ids.Length == 0 ? "make it first, or use access.policy."
            : $"make it first, or use one of {string.Join(", ", ids.Take(10))}{(ids.Length > 10 ? ", …" : "")}.";
        return (null, $"There is no access group '{id}': {advice}");
    }

    private static (AccessGroup? Group, string? Missing) Authenticated(AccessCatalog catalog)
    {
        if (catalog.AccountEmail is not { Length: > 0 } email)
        {
            return (null, "access.policy=authenticate lets in the account's e-mail address, and CF_ACCOUNT_EMAIL is not set: set it, or use an access group.");
        }

        if (catalog.UnreadIdentityProviders is { } unread)
        {
            return (null, $"The identity providers could not be read. {unread}");
        }

        return catalog.IdentityProviders.FirstOrDefault(static provider => provider.Type == IdentityProvider.OneTimePin) is { } pin
            ? (new(AccessNames.AuthenticatedGroup)
            {
                AllowedIdps = [pin.Id],
                Policies = [new(AccessDecision.Allow) { Include = [new(AccessSelectorKind.Email, email)], Require = [new(AccessSelectorKind.LoginMethod, pin.Id)] }],
            }, null)
            : (null, "access.policy=authenticate needs the login method 'One-time PIN', which the account does not have: add it in the Zero Trust dashboard (Settings, Authentication), or use an access group.");
    }

    private static string? Login(
        string session, bool isVisible, bool redirects, EquatableArray<string> providers, string where, AccessCatalog catalog, ref DesiredApp app)
    {
        var ids = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var provider in providers)
        {
            var matches = catalog.IdentityProviders.Where(known => string.Equals(known.Id, provider, StringComparison.OrdinalIgnoreCase)).ToList();
            matches = matches.Count > 0 ? matches : [.. catalog.IdentityProviders.Where(known => string.Equals(known.Name, provider, StringComparison.OrdinalIgnoreCase))];
            switch (matches.Count)
            {
                case 1:
                    ids.Add(matches[0].Id);
                    break;
                case 0 when catalog.UnreadIdentityProviders is { } unread:
                    return $"The identity providers could not be read. {unread}";
                case 0:
                    return $"'{provider}' in {where} is no identity provider of the account: {(catalog.IdentityProviders.IsEmpty ? "it has none." : $"write one of {string.Join(", ", Wordings(catalog.IdentityProviders))}.")}";
                default:
                    return $"'{provider}' in {where} is the name of several identity providers: write the id of one, {string.Join(" or ", matches.Select(static known => known.Id).Order(StringComparer.Ordinal))}.";
            }
        }

        if (redirects && ids.Count != 1)
        {
            return $"Going straight to the login (access.auto_redirect_to_identity) needs exactly one allowed identity provider, and there are {ids.Count.ToString(CultureInfo.InvariantCulture)}: name one in {where}, or turn it off.";
        }

        app = app with { SessionDuration = session, AppLauncherVisible = isVisible, AutoRedirectToIdentity = redirects, AllowedIdps = ids.ToEquatableArray() };
        return null;
    }

    /// <summary>What a provider can be written as: its name, and its id where several have that name.</summary>
    private static IOrderedEnumerable<string> Wordings(IEnumerable<IdentityProvider> providers) => providers
        .GroupBy(static known => known.Name, StringComparer.OrdinalIgnoreCase)
        .SelectMany(static named => named.Count() == 1 ? [named.Key] : named.Select(static known => $"{known.Id} ({known.Name})"))
        .Order(StringComparer.Ordinal);
}
