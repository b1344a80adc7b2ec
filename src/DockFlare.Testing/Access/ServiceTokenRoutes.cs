using System.Text.Json.Nodes;
using DockFlare.Testing.Wire;

namespace DockFlare.Testing.Access;

/// <summary><c>access/service_tokens</c>. The secret comes with a create and a rotation, and never again.</summary>
internal sealed class ServiceTokenRoutes(State state)
{
    private const int MaxTokens = 50;

    public ApiAnswer Handle(ApiRequest request, AccessState access, string[] rest) => (request.Method, rest) switch
    {
        ("GET", []) => AccessRoutes.List(request, access.ServiceTokens.All.Where(token => AccessRoutes.MatchesName(request, token)), static token => token.Document),
        ("POST", []) => Create(AccessRoutes.Body(request), access),
        ("GET", [var id]) => AccessRoutes.Answer(Get(access, id).Document),
        ("PUT", [var id]) => Replace(AccessRoutes.Body(request), Get(access, id)),
        ("DELETE", [var id]) => Delete(access, Get(access, id)),
        ("POST", [var id, "rotate"]) => Rotate(request, Get(access, id)),
        ("POST", [var id, "refresh"]) => Refresh(Get(access, id)),
        (_, [] or [_] or [_, "rotate" or "refresh"]) => throw Refusal.MethodNotAllowed(request.Method),
        _ => throw Refusal.NoRoute(request.Path),
    };

    private static AccessEntry Get(AccessState access, string id) => access.ServiceTokens.Find(id) ?? throw new Refusal(404, 12135, "access.api.error.not_found");

    private ApiAnswer Create(JsonObject body, AccessState access)
    {
        var name = AccessRules.Name(body);
        if (access.ServiceTokens.All.Count >= MaxTokens)
        {
            throw AccessRules.Invalid($"the limit of {MaxTokens} service tokens is reached");
        }

        var duration = Duration(body);
        var (id, now) = (state.Ids.Uuid(), AccessTime.Of(state.Now));
        var token = access.ServiceTokens.Add(new(id, new()
        {
            ["id"] = id,
            ["name"] = name,
            ["client_id"] = $"{state.Ids.Hex32()}.access",
            ["client_secret_version"] = 1,
            ["duration"] = duration,
            ["expires_at"] = Expiry(duration),
            ["enabled"] = true,
            ["created_at"] = now,
            ["updated_at"] = now,
        }));
        return WithSecret(token, 201);
    }

    private ApiAnswer Replace(JsonObject body, AccessEntry token)
    {
        var duration = body["duration"] is null ? token.Text("duration")! : Duration(body);
        token.Document = With(token, document =>
        {
            document["name"] = body["name"] is null ? token.Name : AccessRules.Name(body);
            document["duration"] = duration;
            document["enabled"] = AccessRules.Flag(body, "enabled") ?? document["enabled"]!.GetValue<bool>();
        });
        return AccessRoutes.Answer(token.Document);
    }

    private static ApiAnswer Delete(AccessState access, AccessEntry token)
    {
        access.ServiceTokens.Remove(token);
        return AccessRoutes.Answer(token.Document);
    }

    private ApiAnswer Rotate(ApiRequest request, AccessEntry token)
    {
        var body = request.OptionalBody is null ? [] : AccessRoutes.Body(request);
        // Without a time the old secret dies at once.
        var previous = AccessRules.Text(body, "previous_client_secret_expires_at") ?? AccessTime.Of(state.Now);
        token.Document = With(token, document =>
        {
            document["client_secret_version"] = document["client_secret_version"]!.GetValue<int>() + 1;
            document["previous_client_secret_expires_at"] = previous;
        });
        return WithSecret(token, 200);
    }

    private ApiAnswer Refresh(AccessEntry token)
    {
        token.Document = With(token, document => document["expires_at"] = Expiry(token.Text("duration")!));
        return AccessRoutes.Answer(token.Document);
    }

    private ApiAnswer WithSecret(AccessEntry token, int status)
    {
        var document = (JsonObject)token.Document.DeepClone();
        document["client_secret"] = state.Ids.Hex64();
        return AccessRoutes.Answer(document, status);
    }

    private JsonObject With(AccessEntry token, Action<JsonObject> change)
    {
        var document = (JsonObject)token.Document.DeepClone();
        change(document);
        document["updated_at"] = AccessTime.Of(state.Now);
        return document;
    }

    private static string Duration(JsonObject body)
    {
        var duration = AccessRules.Text(body, "duration") ?? "8760h";
        return duration == "forever" || AccessTime.FindDuration(duration) is not null ? duration : throw AccessRules.Invalid($"duration '{duration}' is not a duration such as 8760h, nor forever");
    }

    private string? Expiry(string duration) => AccessTime.FindDuration(duration) is { } span ? AccessTime.Of(state.Now + span) : null;
}
