using System.Text.Json;
using System.Text.Json.Nodes;
using DockFlare.Testing.Wire;

namespace DockFlare.Testing.Access;

/// <summary><c>/accounts/{account}/access</c>. There is no PATCH: a PUT is the whole object.</summary>
internal sealed class AccessRoutes(State state)
{
    private readonly AppRoutes apps = new(state);
    private readonly ServiceTokenRoutes serviceTokens = new(state);

    public ApiAnswer Handle(ApiRequest request, AccountState account, string[] rest)
    {
        request.Require(Permission(rest, request.IsRead));
        if (!account.Access.IsEnabled)
        {
            throw new Refusal(403, 9999, "access.api.error.not_enabled: Access is not enabled. Visit the Access dashboard and click the 'Enable Access' button.");
        }

        return rest switch
        {
            ["apps", .. var path] => apps.Handle(request, account, path),
            ["service_tokens", .. var path] => serviceTokens.Handle(request, account.Access, path),
            ["tags", .. var path] => Tags(request, account.Access, path),
            ["organizations"] => Organization(request, account.Access),
            ["policies", .. var path] => Generic(request, account.Access, account.Access.Policies, path, 500, PreparePolicy),
            ["groups", .. var path] => Generic(request, account.Access, account.Access.Groups, path, 300, PrepareGroup),
            ["identity_providers", .. var path] => Generic(request, account.Access, account.Access.IdentityProviders, path, 50, PrepareIdentityProvider),
            _ => throw Refusal.NoRoute(request.Path),
        };
    }

    public static ApiAnswer Answer(JsonNode document, int status = 200)
    {
        // Rendered here, under the lock: reading a node is not safe beside a second reader.
        var json = document.ToJsonString();
        return ApiAnswer.Of(writer => writer.WriteRawValue(json, skipInputValidation: true), status);
    }

    public static ApiAnswer List(ApiRequest request, IEnumerable<AccessEntry> entries, Func<AccessEntry, JsonNode> expand)
    {
        var page = request.PageOf(entries.ToList(), 1, 1000, 100);
        var rendered = page.Items.Select(entry => expand(entry).ToJsonString()).ToList();
        return ApiAnswer.OfList(new(rendered, page.Page, page.PerPage, page.Total), static (Utf8JsonWriter writer, string json) => writer.WriteRawValue(json, skipInputValidation: true));
    }

    public static JsonObject Body(ApiRequest request) => JsonObject.Create(request.Body.Clone())!;

    public static bool MatchesName(ApiRequest request, AccessEntry entry) =>
        (request.Find("name") is not { } name || entry.Name == name)
        && (request.Find("search") is not { } search || entry.Name.Contains(search, StringComparison.OrdinalIgnoreCase));

    private static FakePermissions Permission(string[] rest, bool isRead) => (rest.Length > 0 ? rest[0] : "", isRead) switch
    {
        ("groups" or "identity_providers" or "organizations", true) => FakePermissions.AccessOrganizationRead,
        ("groups" or "identity_providers" or "organizations", false) => FakePermissions.AccessOrganizationEdit,
        ("service_tokens", true) => FakePermissions.AccessServiceTokensRead,
        ("service_tokens", false) => FakePermissions.AccessServiceTokensEdit,
        (_, true) => FakePermissions.AccessAppsRead,
        _ => FakePermissions.AccessAppsEdit,
    };

    private ApiAnswer Generic(ApiRequest request, AccessState access, AccessCollection all, string[] rest, int limit, Action<JsonObject, AccessState> prepare)
    {
        switch (request.Method, rest)
        {
            case ("GET", []):
                return List(request, all.All.Where(entry => MatchesName(request, entry)), entry => Expand(entry, access, all));
            case ("POST", []):
                var created = Body(request);
                prepare(created, access);
                CheckLimit(all, limit);
                var id = state.Ids.Uuid();
                Stamp(created, id, createdAt: null);
                return Answer(Expand(all.Add(new(id, created)), access, all), 201);
            case ("GET", [var wanted]):
                return Answer(Expand(Get(all, wanted, access), access, all));
            case ("PUT", [var wanted]):
                var entry = Get(all, wanted, access);
                var replaced = Body(request);
                prepare(replaced, access);
                Stamp(replaced, entry.Id, entry.Text("created_at"));
                entry.Document = replaced;
                return Answer(Expand(entry, access, all));
            case ("DELETE", [var wanted]):
                var gone = Get(all, wanted, access);
                CheckUnused(gone, access, all);
                all.Remove(gone);
                return ApiAnswer.OfId(gone.Id, 202);
            case (_, [] or [_]):
                throw Refusal.MethodNotAllowed(request.Method);
            default:
                throw Refusal.NoRoute(request.Path);
        }
    }

    private static void PreparePolicy(JsonObject body, AccessState access)
    {
        AccessRules.CheckPolicy(body, access);
        body["exclude"] ??= new JsonArray();
        body["require"] ??= new JsonArray();
    }

    private static void PrepareGroup(JsonObject body, AccessState access)
    {
        AccessRules.Name(body);
        AccessRules.CheckRuleLists(body, access);
        body["exclude"] ??= new JsonArray();
        body["require"] ??= new JsonArray();
    }

    private static void PrepareIdentityProvider(JsonObject body, AccessState access)
    {
        AccessRules.Name(body);
        if (AccessRules.Text(body, "type") is not ("onetimepin" or "azureAD" or "saml" or "centrify" or "facebook" or "github" or "google-apps" or "google"
            or "linkedin" or "oidc" or "okta" or "onelogin" or "pingone" or "yandex" or "cloudflare"))
        {
            throw AccessRules.Invalid("type is not a known kind of identity provider");
        }

        if (body["config"] is not JsonObject config)
        {
            throw AccessRules.Invalid("config is required");
        }

        // A secret goes in and never comes out.
        foreach (var secret in config.Where(static pair => pair.Key.Contains("secret", StringComparison.Ordinal)).Select(static pair => pair.Key).ToList())
        {
            config[secret] = "**********************************";
        }
    }

    private static JsonObject Expand(AccessEntry entry, AccessState access, AccessCollection all)
    {
        if (all != access.Policies)
        {
            return entry.Document;
        }

        var policy = (JsonObject)entry.Document.DeepClone();
        policy["reusable"] = true;
        policy["app_count"] = access.AppsOfPolicy(entry.Id);
        return policy;
    }

    private static AccessEntry Get(AccessCollection all, string id, AccessState access) => all.Find(id) ?? throw (all == access.Groups
        ? new Refusal(404, 12152, "access.api.error.group_not_found")
        : new Refusal(404, 12135, "access.api.error.not_found"));

    private static void CheckUnused(AccessEntry entry, AccessState access, AccessCollection all)
    {
        // The code that goes with this 409 is not recorded.
        if (all == access.Policies && access.AppsOfPolicy(entry.Id) is > 0 and var count)
        {
            throw AccessRules.Invalid($"policy is attached to {count} application(s)", 409);
        }
    }

    private void Stamp(JsonObject document, string id, string? createdAt)
    {
        var now = AccessTime.Of(state.Now);
        document["id"] = id;
        document["uid"] = id;
        document["created_at"] = createdAt ?? now;
        document["updated_at"] = now;
    }

    private static void CheckLimit(AccessCollection all, int limit)
    {
        if (all.All.Count >= limit)
        {
            throw AccessRules.Invalid($"the limit of {limit} is reached");
        }
    }

    private ApiAnswer Tags(ApiRequest request, AccessState access, string[] rest)
    {
        switch (request.Method, rest)
        {
            case ("GET", []):
                return List(request, access.Tags.All.OrderBy(static tag => tag.Id, StringComparer.Ordinal), tag => Counted(tag, access));
            case ("POST", []):
                var name = AccessRules.Name(Body(request));
                if (access.Tags.Find(name) is not null)
                {
                    throw AccessRules.Invalid($"tag '{name}' already exists", 409);
                }

                var now = AccessTime.Of(state.Now);
                return Answer(Counted(access.Tags.Add(new(name, new() { ["name"] = name, ["created_at"] = now, ["updated_at"] = now })), access), 201);
            case ("GET", [var wanted]):
                return Answer(Counted(GetTag(access, wanted), access));
            case ("DELETE", [var wanted]):
                access.Tags.Remove(GetTag(access, wanted));
                return ApiAnswer.OfId(wanted, 202, "name");
            case (_, [] or [_]):
                throw Refusal.MethodNotAllowed(request.Method);
            default:
                throw Refusal.NoRoute(request.Path);
        }
    }

    private static AccessEntry GetTag(AccessState access, string name) => access.Tags.Find(name) ?? throw new Refusal(404, 12135, "access.api.error.not_found");

    private static JsonObject Counted(AccessEntry tag, AccessState access)
    {
        var document = (JsonObject)tag.Document.DeepClone();
        document["app_count"] = access.AppsOfTag(tag.Id);
        return document;
    }

    private ApiAnswer Organization(ApiRequest request, AccessState access)
    {
        switch (request.Method)
        {
            case "GET":
                return Answer(access.Organization);
            case "PUT":
                var changed = (JsonObject)access.Organization.DeepClone();
                foreach (var (key, value) in Body(request))
                {
                    changed[key] = value?.DeepClone();
                }

                changed["updated_at"] = AccessTime.Of(state.Now);
                access.Organization = changed;
                return Answer(changed);
            default:
                throw Refusal.MethodNotAllowed(request.Method);
        }
    }
}
