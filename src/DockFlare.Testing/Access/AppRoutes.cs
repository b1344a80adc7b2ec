using System.Text.Json.Nodes;
using DockFlare.Testing.Wire;

namespace DockFlare.Testing.Access;

/// <summary><c>access/apps</c>, and the policies that belong to one application alone.</summary>
internal sealed class AppRoutes(State state)
{
    private const int MaxApps = 500;

    public ApiAnswer Handle(ApiRequest request, AccountState account, string[] rest)
    {
        var access = account.Access;
        return (request.Method, rest) switch
        {
            ("GET", []) => AccessRoutes.List(request, access.Apps.All.Where(app => Matches(request, app)), app => Expand(app, access)),
            ("POST", []) => Create(request, account),
            ("GET", [var id]) => AccessRoutes.Answer(Expand(Get(access, id), access)),
            ("PUT", [var id]) => Replace(request, account, Get(access, id)),
            ("DELETE", [var id]) => Delete(access, Get(access, id)),
            ("POST", [var id, "revoke_tokens"]) => Revoke(access, id),
            (_, [var id, "policies", .. var path]) => OwnPolicies(request, access, Get(access, id), path),
            (_, [] or [_] or [_, "revoke_tokens"]) => throw Refusal.MethodNotAllowed(request.Method),
            _ => throw Refusal.NoRoute(request.Path),
        };
    }

    public static JsonObject Expand(AccessEntry app, AccessState access)
    {
        var document = (JsonObject)app.Document.DeepClone();
        document["policies"] = new JsonArray([.. app.Policies.Select(policy => (JsonNode)AppPolicies.Expand(policy, access))]);
        return document;
    }

    private static AccessEntry Get(AccessState access, string id) => access.Apps.Find(id) ?? throw new Refusal(404, 11021, "access.api.error.application_not_found");

    private static bool Matches(ApiRequest request, AccessEntry app) =>
        (request.Find("aud") is not { } aud || app.Text("aud") == aud)
        && (request.Find("domain") is not { } domain || AppRules.Domains(app.Document).Exists(covered => Same(request, covered, domain)))
        && (request.Find("name") is not { } name || Same(request, app.Name, name))
        && (request.Find("search") is not { } search
            || app.Name.Contains(search, StringComparison.OrdinalIgnoreCase)
            || AppRules.Domains(app.Document).Exists(covered => covered.Contains(search, StringComparison.OrdinalIgnoreCase)));

    /// <summary>A filter matches a part unless <c>exact</c> is asked for.</summary>
    private static bool Same(ApiRequest request, string text, string wanted) => request.FindBool("exact") is true
        ? string.Equals(text, wanted, StringComparison.OrdinalIgnoreCase)
        : text.Contains(wanted, StringComparison.OrdinalIgnoreCase);

    private ApiAnswer Create(ApiRequest request, AccountState account)
    {
        var body = AccessRoutes.Body(request);
        AppRules.Check(body, state, account, self: null);
        if (account.Access.Apps.All.Count >= MaxApps)
        {
            throw AccessRules.Invalid($"the limit of {MaxApps} applications is reached");
        }

        var policies = AppPolicies.Read(body, [], state, account.Access);
        var app = new AccessEntry(state.Ids.Uuid(), []);
        app.Document = Complete(body, app.Id, state.Ids.Hex64(), AccessTime.Of(state.Now));
        app.Policies = policies;
        account.Access.Apps.Add(app);
        return AccessRoutes.Answer(Expand(app, account.Access), 201);
    }

    private ApiAnswer Replace(ApiRequest request, AccountState account, AccessEntry app)
    {
        var body = AccessRoutes.Body(request);
        AppRules.Check(body, state, account, app);
        var policies = AppPolicies.Read(body, app.Policies, state, account.Access);
        app.Document = Complete(body, app.Id, app.Text("aud")!, app.Text("created_at")!);
        app.Policies = policies;
        return AccessRoutes.Answer(Expand(app, account.Access));
    }

    private static ApiAnswer Delete(AccessState access, AccessEntry app)
    {
        access.Apps.Remove(app);
        return ApiAnswer.OfId(app.Id, 202);
    }

    /// <summary>There are no sessions to end: what matters is that the application is there.</summary>
    private static ApiAnswer Revoke(AccessState access, string id) => AccessRoutes.Answer(new JsonObject { ["id"] = Get(access, id).Id }, 202);

    private JsonObject Complete(JsonObject body, string id, string aud, string createdAt)
    {
        body.Remove("policies");
        if (body["type"]!.GetValue<string>() == "self_hosted")
        {
            var domains = AppRules.Domains(body);
            if (body["destinations"] is not JsonArray { Count: > 0 })
            {
                body["destinations"] = new JsonArray([.. domains.Select(static domain => (JsonNode)new JsonObject { ["type"] = "public", ["uri"] = domain })]);
            }

            body["self_hosted_domains"] = new JsonArray([.. domains.Select(static domain => (JsonNode)domain)]);
            body["domain_type"] = "public";
        }

        body["session_duration"] ??= "24h";
        body["app_launcher_visible"] ??= true;
        body["auto_redirect_to_identity"] ??= false;
        body["http_only_cookie_attribute"] ??= true;
        body["enable_binding_cookie"] ??= false;
        body["options_preflight_bypass"] ??= false;
        body["allowed_idps"] ??= new JsonArray();
        // Tags come back in alphabetical order, whatever order they were sent in.
        body["tags"] = new JsonArray([.. AccessRules.Texts(body, "tags").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(static tag => (JsonNode)tag)]);
        body["id"] = id;
        body["uid"] = id;
        body["aud"] = aud;
        body["created_at"] = createdAt;
        body["updated_at"] = AccessTime.Of(state.Now);
        return body;
    }

    private ApiAnswer OwnPolicies(ApiRequest request, AccessState access, AccessEntry app, string[] rest)
    {
        switch (request.Method, rest)
        {
            case ("GET", []):
                return AccessRoutes.List(request, app.Policies.Select(policy => new AccessEntry(policy.Id, AppPolicies.Expand(policy, access))), static entry => entry.Document);
            case ("POST", []):
                if (app.Policies.Exists(static policy => policy.Own is null))
                {
                    throw AccessRules.Invalid("reusable and inline policies cannot be mixed");
                }

                var added = AppPolicies.ReadOwn(AccessRoutes.Body(request), state.Ids.Uuid(), app.Policies.Count + 1, state, access);
                return Store(access, app, [.. app.Policies, added], added, 201);
            case ("GET", [var id]):
                return AccessRoutes.Answer(AppPolicies.Expand(Get(app, id), access));
            case ("PUT", [var id]):
                var before = GetOwn(app, id);
                var after = AppPolicies.ReadOwn(AccessRoutes.Body(request), id, before.Precedence, state, access);
                return Store(access, app, [.. app.Policies.Where(policy => policy != before), after], after, 200);
            case ("DELETE", [var id]):
                var gone = GetOwn(app, id);
                app.Policies = [.. app.Policies.Where(policy => policy != gone)];
                return ApiAnswer.OfId(id, 202);
            case (_, [] or [_]):
                throw Refusal.MethodNotAllowed(request.Method);
            default:
                throw Refusal.NoRoute(request.Path);
        }
    }

    private static ApiAnswer Store(AccessState access, AccessEntry app, List<AppPolicy> policies, AppPolicy answer, int status)
    {
        if (policies.Select(static policy => policy.Precedence).Distinct().Count() != policies.Count)
        {
            throw AccessRules.Invalid("policy precedences must be unique");
        }

        app.Policies = [.. policies.OrderBy(static policy => policy.Precedence)];
        return AccessRoutes.Answer(AppPolicies.Expand(answer, access), status);
    }

    private static AppPolicy Get(AccessEntry app, string id) => app.Policies.Find(policy => policy.Id == id) ?? throw new Refusal(404, 12135, "access.api.error.not_found");

    private static AppPolicy GetOwn(AccessEntry app, string id) => Get(app, id) is { Own: not null } own ? own : throw AccessRules.Invalid("a reusable policy is changed under /access/policies");
}
