using System.Text.Json.Nodes;
using DockFlare.Testing.Wire;

namespace DockFlare.Testing.Access;

/// <summary>The policies of an application: read from a body, expanded in an answer.</summary>
internal static class AppPolicies
{
    /// <summary>null or absent leaves what is there; an empty list takes all off.</summary>
    public static List<AppPolicy> Read(JsonObject body, List<AppPolicy> before, State state, AccessState access)
    {
        if (AccessRules.List(body, "policies") is not { } list)
        {
            return before;
        }

        var policies = new List<AppPolicy>();
        foreach (var item in list)
        {
            policies.Add(ReadOne(item, policies.Count + 1, state, access));
        }

        if (policies.Exists(static policy => policy.Own is null) && policies.Exists(static policy => policy.Own is not null))
        {
            throw AccessRules.Invalid("reusable and inline policies cannot be mixed");
        }

        return policies.Select(static policy => policy.Precedence).Distinct().Count() == policies.Count
            ? [.. policies.OrderBy(static policy => policy.Precedence)]
            : throw AccessRules.Invalid("policy precedences must be unique");
    }

    public static JsonObject Expand(AppPolicy policy, AccessState access)
    {
        var document = (JsonObject)(policy.Own ?? access.Policies.Find(policy.Id)!.Document).DeepClone();
        document["id"] = policy.Id;
        document["reusable"] = policy.Own is null;
        document["precedence"] = policy.Precedence;
        return document;
    }

    /// <summary>A policy that belongs to one application alone.</summary>
    public static AppPolicy ReadOwn(JsonObject body, string id, int precedence, State state, AccessState access)
    {
        AccessRules.CheckPolicy(body, access);
        var own = (JsonObject)body.DeepClone();
        own.Remove("precedence");
        own["id"] = id;
        own["created_at"] = AccessTime.Of(state.Now);
        own["updated_at"] = AccessTime.Of(state.Now);
        return new(id, Precedence(body) ?? precedence, own);
    }

    private static AppPolicy ReadOne(JsonNode? item, int position, State state, AccessState access)
    {
        switch (item)
        {
            case JsonValue value when value.TryGetValue<string>(out var id):
                return Reference(id, position, access);
            case JsonObject entry when entry["include"] is null && AccessRules.Text(entry, "id") is { } id:
                return Reference(id, Precedence(entry) ?? position, access);
            case JsonObject entry:
                return ReadOwn(entry, state.Ids.Uuid(), position, state, access);
            default:
                throw AccessRules.Invalid("policies must be a list of ids or policies");
        }
    }

    private static AppPolicy Reference(string id, int precedence, AccessState access) =>
        access.Policies.Find(id) is null ? throw AccessRules.Invalid($"policy '{id}' does not exist") : new(id, precedence, null);

    private static int? Precedence(JsonObject body) => body["precedence"] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<int>(out var number) => number,
        _ => throw AccessRules.Invalid("precedence must be a number"),
    };
}
