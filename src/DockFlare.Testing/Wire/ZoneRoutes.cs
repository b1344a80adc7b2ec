using System.Text.Json;
using DockFlare.Testing.Dns;

namespace DockFlare.Testing.Wire;

/// <summary><c>/zones</c>.</summary>
internal sealed class ZoneRoutes(State state)
{
    private const int MaxAccountsInList = 500;

    public ApiAnswer List(ApiRequest request)
    {
        if (!request.IsRead)
        {
            // Making zones is outside what the emulator knows, and outside what a controller may do.
            throw Refusal.MethodNotAllowed(request.Method);
        }

        if (!request.Token.Permissions.HasFlag(FakePermissions.ZoneRead))
        {
            throw new Refusal(403, 0, "Actor 'com.cloudflare.api.token' requires permission 'com.cloudflare.api.account.zone.list' to list zones");
        }

        var seen = state.Zones.Values.Where(request.Token.SeesZone).ToList();
        if (request.Find("account.id") is null && seen.Select(static zone => zone.Account.Id).Distinct().Count() > MaxAccountsInList)
        {
            throw new Refusal(400, 1001, $"Listing zones of more than {MaxAccountsInList} accounts is not possible: give account.id.");
        }

        var filters = Filters(request);
        var isAny = request.Find("match") is "any" && filters.Count > 0;
        var found = seen.Where(zone => isAny ? filters.Exists(filter => filter(zone)) : filters.TrueForAll(filter => filter(zone)));
        return ApiAnswer.OfList(request.PageOf(Sorted(request, found), 5, 50, 20), Write, withTotalPages: true);
    }

    public ApiAnswer Get(ApiRequest request, string id)
    {
        if (!request.IsRead)
        {
            throw Refusal.MethodNotAllowed(request.Method);
        }

        var zone = Find(request, id);
        request.Require(FakePermissions.ZoneRead);
        return ApiAnswer.Of(writer => Write(writer, zone));
    }

    public ZoneState Find(ApiRequest request, string id)
    {
        if (!Router.IsHex32(id))
        {
            throw Refusal.NoRoute(request.Path, 400);
        }

        if (!state.Zones.TryGetValue(id, out var zone))
        {
            throw new Refusal(403, 9109, "Invalid zone identifier");
        }

        return request.Token.SeesZone(zone) ? zone : throw new Refusal(403, 9109, "Unauthorized to access requested resource");
    }

    private static List<Predicate<ZoneState>> Filters(ApiRequest request)
    {
        var filters = new List<Predicate<ZoneState>>();
        if (request.Find("name") is { Length: > 0 } name)
        {
            filters.Add(zone => Matches(zone.Name, name));
        }

        if (request.Find("account.id") is { Length: > 0 } account)
        {
            filters.Add(zone => zone.Account.Id == account);
        }

        if (request.Find("account.name") is { Length: > 0 } accountName)
        {
            filters.Add(zone => Matches(zone.Account.Name, accountName));
        }

        if (request.Find("status") is { Length: > 0 } status)
        {
            filters.Add(zone => zone.Status == status);
        }

        if (request.Find("type") is { Length: > 0 } type)
        {
            filters.Add(_ => type == "full");
        }

        return filters;
    }

    /// <summary>A plain value, or <c>operator:value</c>.</summary>
    private static bool Matches(string text, string filter)
    {
        var at = filter.IndexOf(':', StringComparison.Ordinal);
        var value = at < 0 ? filter : filter[(at + 1)..];
        return (at < 0 ? "equal" : filter[..at]) switch
        {
            "equal" => string.Equals(text, value, StringComparison.OrdinalIgnoreCase),
            "not_equal" => !string.Equals(text, value, StringComparison.OrdinalIgnoreCase),
            "starts_with" => text.StartsWith(value, StringComparison.OrdinalIgnoreCase),
            "ends_with" => text.EndsWith(value, StringComparison.OrdinalIgnoreCase),
            "contains" => text.Contains(value, StringComparison.OrdinalIgnoreCase),
            "starts_with_case_sensitive" => text.StartsWith(value, StringComparison.Ordinal),
            "ends_with_case_sensitive" => text.EndsWith(value, StringComparison.Ordinal),
            "contains_case_sensitive" => text.Contains(value, StringComparison.Ordinal),
            var other => throw new Refusal(400, 1001, $"Invalid filter operator '{other}'."),
        };
    }

    private static List<ZoneState> Sorted(ApiRequest request, IEnumerable<ZoneState> zones)
    {
        Func<ZoneState, string> key = request.Find("order") switch
        {
            "status" => static zone => zone.Status,
            "account.id" => static zone => zone.Account.Id,
            "account.name" => static zone => zone.Account.Name,
            "plan.id" => static zone => zone.Plan.ToString(),
            _ => static zone => zone.Name,
        };
        var sorted = zones.OrderBy(key, StringComparer.Ordinal).ThenBy(static zone => zone.Name, StringComparer.Ordinal).ThenBy(static zone => zone.Id, StringComparer.Ordinal).ToList();
        if (request.Find("direction") is "desc")
        {
            sorted.Reverse();
        }

        return sorted;
    }

    private static void Write(Utf8JsonWriter writer, ZoneState zone)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, zone.Id);
        writer.WriteString("name"u8, zone.Name);
        writer.WriteString("status"u8, zone.Status);
        writer.WriteBoolean("paused"u8, false);
        writer.WriteString("type"u8, "full");
        writer.WriteNumber("development_mode"u8, 0);
        writer.WriteStartArray("name_servers"u8);
        writer.WriteStringValue("ada.ns.cloudflare.com");
        writer.WriteStringValue("bob.ns.cloudflare.com");
        writer.WriteEndArray();
        writer.WriteNull("original_name_servers"u8);
        writer.WriteNull("original_registrar"u8);
        writer.WriteNull("original_dnshost"u8);
        RecordJson.WriteTime(writer, "modified_on", zone.CreatedOn);
        RecordJson.WriteTime(writer, "created_on", zone.CreatedOn);
        RecordJson.WriteTime(writer, "activated_on", zone.Status is "active" ? zone.CreatedOn : null);
        writer.WriteStartObject("meta"u8);
        writer.WriteEndObject();
        writer.WriteStartObject("owner"u8);
        writer.WriteNull("id"u8);
        writer.WriteString("type"u8, "user");
        writer.WriteNull("email"u8);
        writer.WriteEndObject();
        writer.WriteStartObject("account"u8);
        writer.WriteString("id"u8, zone.Account.Id);
        writer.WriteString("name"u8, zone.Account.Name);
        writer.WriteEndObject();
        writer.WriteStartArray("permissions"u8);
        writer.WriteEndArray();
        writer.WriteStartObject("plan"u8);
        writer.WriteString("id"u8, "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
        writer.WriteString("name"u8, zone.Plan == FakePlan.Free ? "Free Website" : $"{zone.Plan} Website");
        writer.WriteString("legacy_id"u8, zone.Plan.ToString().ToLowerInvariant());
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
