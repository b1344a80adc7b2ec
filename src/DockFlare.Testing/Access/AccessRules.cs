using System.Text.Json.Nodes;
using DockFlare.Testing.Wire;

namespace DockFlare.Testing.Access;

/// <summary>What Access refuses in policies and groups, and small checks that all kinds share.</summary>
internal static class AccessRules
{
    private const int MaxRules = 1000;
    private const int MaxName = 350;

    private static readonly HashSet<string> Kinds = new(
        [
            "everyone", "email", "email_domain", "email_list", "ip", "ip_list", "geo", "group", "service_token", "any_valid_service_token", "login_method",
            "github-organization", "azureAD", "okta", "gsuite", "saml", "oidc", "device_posture", "certificate", "common_name", "auth_method", "auth_context",
            "external_evaluation", "linked_app_token", "user_risk_score", "cloudflare_account_member",
        ],
        StringComparer.Ordinal);

    /// <summary>The one member whose text a rule of this kind needs.</summary>
    private static readonly Dictionary<string, string> Needed = new(StringComparer.Ordinal)
    {
        ["email"] = "email",
        ["email_domain"] = "domain",
        ["email_list"] = "id",
        ["ip"] = "ip",
        ["ip_list"] = "id",
        ["geo"] = "country_code",
        ["group"] = "id",
        ["service_token"] = "token_id",
        ["login_method"] = "id",
        ["github-organization"] = "name",
        ["common_name"] = "common_name",
        ["auth_method"] = "auth_method",
    };

    public static Refusal Invalid(string detail, int status = 400) => new(status, 12130, $"access.api.error.invalid_request: {detail}");

    public static string Name(JsonObject body)
    {
        var name = Text(body, "name");
        return string.IsNullOrWhiteSpace(name) || name.Length > MaxName ? throw Invalid($"name must have 1 to {MaxName} characters") : name;
    }

    public static string? Text(JsonObject body, string field) => body[field] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => throw Invalid($"{field} must be a string"),
    };

    public static bool? Flag(JsonObject body, string field) => body[field] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        _ => throw Invalid($"{field} must be a boolean"),
    };

    public static JsonArray? List(JsonObject body, string field) => body[field] switch
    {
        null => null,
        JsonArray list => list,
        _ => throw Invalid($"{field} must be a list"),
    };

    public static List<string> Texts(JsonObject body, string field) =>
        [.. (List(body, field) ?? []).Select(item => item is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw Invalid($"{field} must be a list of strings"))];

    public static void CheckDuration(JsonObject body, string field = "session_duration")
    {
        if (Text(body, field) is { Length: > 0 } text && AccessTime.FindDuration(text) is null)
        {
            throw Invalid($"{field} '{text}' is not a duration such as 24h or 30m");
        }
    }

    public static void CheckPolicy(JsonObject body, AccessState access)
    {
        Name(body);
        if (Text(body, "decision") is not ("allow" or "deny" or "non_identity" or "bypass"))
        {
            throw Invalid("decision must be one of allow, deny, non_identity, bypass");
        }

        CheckDuration(body);
        CheckRuleLists(body, access);
    }

    /// <summary>include, exclude and require; include must not be empty.</summary>
    public static void CheckRuleLists(JsonObject body, AccessState access)
    {
        if (List(body, "include") is not { Count: > 0 })
        {
            throw Invalid("include must have at least one rule");
        }

        var count = 0;
        foreach (var list in (string[])["include", "exclude", "require"])
        {
            foreach (var rule in List(body, list) ?? [])
            {
                count++;
                CheckRule(rule, list, access);
            }
        }

        if (count > MaxRules)
        {
            throw Invalid($"there are {count} rules, the limit is {MaxRules}");
        }
    }

    private static void CheckRule(JsonNode? rule, string list, AccessState access)
    {
        if (rule is not JsonObject { Count: 1 } single || single.First() is not { Value: JsonObject inner } pair || !Kinds.Contains(pair.Key))
        {
            throw Invalid($"{list} holds a rule that is not known: {rule?.ToJsonString() ?? "null"}");
        }

        if (!Needed.TryGetValue(pair.Key, out var field))
        {
            return;
        }

        if (Text(inner, field) is not { Length: > 0 } value)
        {
            throw Invalid($"{list}.{pair.Key}.{field} is required");
        }

        if (pair.Key == "group" && access.Groups.Find(value) is null)
        {
            throw new Refusal(400, 11020, "access.api.error.failed_to_load_group");
        }

        var isKnown = pair.Key switch
        {
            "service_token" => access.ServiceTokens.Find(value) is not null,
            "login_method" => access.IdentityProviders.Find(value) is not null,
            "email" => value.Contains('@', StringComparison.Ordinal),
            "ip" => System.Net.IPNetwork.TryParse(value, out _) || System.Net.IPAddress.TryParse(value, out _),
            "geo" => value.Length == 2,
            _ => true,
        };
        if (!isKnown)
        {
            throw Invalid($"{list}.{pair.Key}: '{value}' is not valid or not known");
        }
    }
}
