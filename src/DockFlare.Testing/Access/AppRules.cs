using System.Text.Json.Nodes;
using DockFlare.Testing.Wire;

namespace DockFlare.Testing.Access;

/// <summary>What Access refuses in an application.</summary>
internal static class AppRules
{
    private const int MaxDestinations = 5;

    private static readonly HashSet<string> Types = new(
        ["self_hosted", "saas", "ssh", "vnc", "app_launcher", "warp", "biso", "bookmark", "dash_sso", "infrastructure", "rdp", "mcp", "mcp_portal", "proxy_endpoint"],
        StringComparer.Ordinal);

    public static void Check(JsonObject body, State state, AccountState account, AccessEntry? self)
    {
        var type = AccessRules.Text(body, "type");
        if (type is null || !Types.Contains(type))
        {
            throw AccessRules.Invalid($"type '{type}' is not known");
        }

        AccessRules.CheckDuration(body);
        CheckLogin(body, account.Access);
        CheckTags(body, account.Access);
        CheckCors(body);
        if (AccessRules.Text(body, "same_site_cookie_attribute") is not (null or "" or "none" or "lax" or "strict"))
        {
            throw AccessRules.Invalid("same_site_cookie_attribute must be one of none, lax, strict");
        }

        if (type is "self_hosted")
        {
            AccessRules.Name(body);
            CheckDomains(body, state, account, self);
        }
    }

    /// <summary>What an application covers: its public destinations, else the older list, else its domain.</summary>
    public static List<string> Domains(JsonObject document)
    {
        if (document["destinations"] is JsonArray { Count: > 0 } destinations)
        {
            return [.. destinations.OfType<JsonObject>()
                .Where(static destination => destination["type"] is null || destination["type"]!.GetValue<string>() == "public")
                .Select(static destination => destination["uri"]?.GetValue<string>()).OfType<string>()];
        }

        return document["self_hosted_domains"] is JsonArray { Count: > 0 } domains
            ? [.. domains.Select(static domain => domain!.GetValue<string>())]
            : document["domain"]?.GetValue<string>() is { Length: > 0 } single ? [single] : [];
    }

    private static void CheckDomains(JsonObject body, State state, AccountState account, AccessEntry? self)
    {
        if (string.IsNullOrEmpty(AccessRules.Text(body, "domain")))
        {
            throw AccessRules.Invalid("domain is required");
        }

        _ = AccessRules.Texts(body, "self_hosted_domains");
        foreach (var destination in AccessRules.List(body, "destinations") ?? [])
        {
            if (destination is not JsonObject entry || (AccessRules.Text(entry, "type") is null or "public" && string.IsNullOrEmpty(AccessRules.Text(entry, "uri"))))
            {
                throw AccessRules.Invalid("a public destination needs a uri");
            }
        }

        if (body["destinations"] is JsonArray { Count: > MaxDestinations } many)
        {
            throw AccessRules.Invalid($"an application can have at most {MaxDestinations} destinations, there are {many.Count}");
        }

        var domains = Domains(body);
        foreach (var domain in domains.Append(AccessRules.Text(body, "domain")!).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            CheckDomain(domain, state, account);
        }

        var taken = account.Access.Apps.All.Where(app => app != self).SelectMany(static app => Domains(app.Document)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (domains.Exists(taken.Contains))
        {
            throw new Refusal(409, 11010, "access.api.error.application_already_exists");
        }
    }

    private static void CheckDomain(string domain, State state, AccountState account)
    {
        if (domain.Contains("://", StringComparison.Ordinal) || domain.AsSpan().IndexOfAny("#?: ") >= 0)
        {
            throw AccessRules.Invalid($"domain '{domain}' must be host[/path], without scheme, port, query or fragment");
        }

        var parts = domain.Split('/');
        if (parts[0].Split('.').Concat(parts[1..]).Any(static part => part.AsSpan().Count('*') > 1))
        {
            throw AccessRules.Invalid($"domain '{domain}' has more than one * in a label or path segment");
        }

        var host = parts[0].ToLowerInvariant();
        var isInZone = state.Zones.Values.Any(zone =>
            zone.Account == account && zone.Status == "active" && (host == zone.Name || host.EndsWith("." + zone.Name, StringComparison.Ordinal)));
        if (!isInZone)
        {
            throw AccessRules.Invalid($"domain '{domain}' does not belong to an active zone of this account");
        }
    }

    private static void CheckLogin(JsonObject body, AccessState access)
    {
        var idps = AccessRules.Texts(body, "allowed_idps");
        if (idps.Find(id => access.IdentityProviders.Find(id) is null) is { } unknown)
        {
            throw AccessRules.Invalid($"allowed_idps names an identity provider that does not exist: '{unknown}'");
        }

        if (AccessRules.Flag(body, "auto_redirect_to_identity") is true && idps.Count != 1)
        {
            throw AccessRules.Invalid("auto_redirect_to_identity needs exactly one allowed identity provider");
        }

        if (AccessRules.Flag(body, "allow_authenticate_via_warp") is true && access.Organization["warp_auth_session_duration"] is null)
        {
            throw AccessRules.Invalid("allow_authenticate_via_warp cannot be set if the Warp Auth Session Duration is not set in the organization");
        }
    }

    private static void CheckTags(JsonObject body, AccessState access)
    {
        if (AccessRules.Texts(body, "tags").Find(tag => access.Tags.Find(tag) is null) is { } unknown)
        {
            throw AccessRules.Invalid($"tag '{unknown}' does not exist");
        }
    }

    private static void CheckCors(JsonObject body)
    {
        if (body["cors_headers"] is null)
        {
            return;
        }

        if (body["cors_headers"] is not JsonObject cors)
        {
            throw AccessRules.Invalid("cors_headers must be an object");
        }

        if (AccessRules.Flag(body, "options_preflight_bypass") is true)
        {
            throw AccessRules.Invalid("options_preflight_bypass cannot be set together with cors_headers");
        }

        foreach (var what in (string[])["methods", "origins"])
        {
            if ((AccessRules.Flag(cors, $"allow_all_{what}") is true) == AccessRules.List(cors, $"allowed_{what}") is { Count: > 0 })
            {
                throw AccessRules.Invalid($"cors_headers needs exactly one of allow_all_{what} and allowed_{what}");
            }
        }

        if (AccessRules.Flag(cors, "allow_credentials") is true && AccessRules.Flag(cors, "allow_all_origins") is true)
        {
            throw AccessRules.Invalid("cors_headers: allow_credentials cannot be set together with allow_all_origins");
        }

        if (cors["max_age"] is JsonValue age && (!age.TryGetValue<int>(out var seconds) || seconds is < -1 or > 86400))
        {
            throw AccessRules.Invalid("cors_headers: max_age must be between -1 and 86400");
        }
    }
}
