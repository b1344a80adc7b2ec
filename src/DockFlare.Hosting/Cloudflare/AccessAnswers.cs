using System.Globalization;
using System.Text.Json;
using DockFlare.Core;
using DockFlare.Core.Access;

namespace DockFlare.Hosting.Cloudflare;

/// <summary>Reads what the API answers about Access, leniently: one odd object does not stop the others.</summary>
internal static class AccessAnswers
{
    // Made by Cloudflare itself, or about something else than a public host.
    private static readonly HashSet<string> OtherTypes = new(["app_launcher", "warp", "biso", "bookmark", "dash_sso", "saas", "infrastructure", "proxy_endpoint"], StringComparer.Ordinal);

    /// <summary>An application that covers public hosts; null for one of another kind.</summary>
    public static ObservedApp? App(JsonElement app)
    {
        if (app.ValueKind != JsonValueKind.Object || Text(app, "id") is not { Length: > 0 } id || (Text(app, "type") is { } type && OtherTypes.Contains(type)))
        {
            return null;
        }

        return new(id, Text(app, "name") ?? "", Text(app, "aud") ?? "")
        {
            Destinations = Destinations(app).ToEquatableArray(),
            Tags = Tags(app).ToEquatableArray(),
            SessionDuration = Text(app, "session_duration") ?? "24h",
            // Cloudflare's default is to show it.
            AppLauncherVisible = Flag(app, "app_launcher_visible") ?? true,
            AutoRedirectToIdentity = Flag(app, "auto_redirect_to_identity") ?? false,
            AllowedIdps = List(app, "allowed_idps").Select(static idp => idp.ValueKind == JsonValueKind.String ? idp.GetString() : null).OfType<string>().ToEquatableArray(),
            Policies = List(app, "policies").Select(static (policy, at) => (Policy: policy, At: Number(policy, "precedence") ?? at + 1)).OrderBy(static pair => pair.At).Select(static pair => Policy(pair.Policy)).ToEquatableArray(),
        };
    }

    public static IEnumerable<string> Tags(JsonElement app) => List(app, "tags").Select(static tag => tag.ValueKind == JsonValueKind.String ? tag.GetString() : null).OfType<string>();

    public static ObservedPolicy Policy(JsonElement policy)
    {
        // Some lists name a policy by its id alone; what it says is then not known, and so differs from whatever is wanted.
        if (policy.ValueKind != JsonValueKind.Object)
        {
            return new(policy.ValueKind == JsonValueKind.String ? policy.GetString()! : "", new(AccessDecision.Deny));
        }

        var id = Text(policy, "id") ?? "";
        var (isReusable, apps) = (Flag(policy, "reusable") ?? true, Number(policy, "app_count"));
        try
        {
            return new(id, AccessPolicyJson.Parse(policy)) { IsReusable = isReusable, AppCount = apps };
        }
        catch (FormatException)
        {
            // A decision that Cloudflare has added since: it is somebody else's policy, or is replaced.
            return new(id, new(AccessDecision.Deny) { Name = Text(policy, "name") ?? "" }) { IsReusable = isReusable, AppCount = apps };
        }
    }

    public static IdentityProvider IdentityProvider(JsonElement provider) => new(Text(provider, "id") ?? "", Text(provider, "name") ?? "", Text(provider, "type") ?? "");

    public static ServiceToken ServiceToken(JsonElement token) => new(Text(token, "id") ?? "", Text(token, "name") ?? "")
    {
        ClientId = Text(token, "client_id") ?? "",
        Duration = Text(token, "duration"),
        ExpiresAt = DateTimeOffset.TryParse(Text(token, "expires_at"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null,
    };

    public static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static IEnumerable<string> Destinations(JsonElement app)
    {
        var uris = List(app, "destinations")
            .Where(static destination => Text(destination, "type") is null or "public")
            .Select(static destination => Text(destination, "uri")).OfType<string>().ToList();
        if (uris.Count == 0)
        {
            uris = [.. List(app, "self_hosted_domains").Select(static domain => domain.ValueKind == JsonValueKind.String ? domain.GetString() : null).OfType<string>()];
        }

        return uris.Count > 0 ? uris : Text(app, "domain") is { Length: > 0 } single ? [single] : [];
    }

    private static IEnumerable<JsonElement> List(JsonElement json, string name) =>
        json.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];

    private static bool? Flag(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : null;

    private static int? Number(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;
}
