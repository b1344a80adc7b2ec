using System.Text.Json;
using DockFlare.Testing.Wire;

namespace DockFlare.Testing.Dns;

/// <summary><c>/zones/{zone}/dns_records</c>.</summary>
internal sealed class DnsRoutes(State state)
{
    public ApiAnswer Handle(ApiRequest request, ZoneState zone, string[] rest)
    {
        request.Require(request.IsRead ? FakePermissions.DnsRead : FakePermissions.DnsEdit);
        return (request.Method, rest) switch
        {
            ("GET", []) => ApiAnswer.OfList(request.PageOf(RecordQuery.Run(request, zone.Records), 1, 5_000_000, 100), RecordJson.Write, withTotalPages: true),
            ("POST", []) => Answer(Post(zone, request.Body)),
            ("POST", ["batch"]) => Batch(zone, request.Body),
            (_, ["batch"]) => throw Refusal.MethodNotAllowed(request.Method),
            (_, [var id]) when !Router.IsHex32(id) => throw Refusal.NoRoute(request.Path, 400),
            ("GET", [var id]) => Answer(Get(zone, id)),
            ("PUT", [var id]) => Answer(Put(zone, id, request.Body)),
            ("PATCH", [var id]) => Answer(Patch(zone, id, request.Body)),
            ("DELETE", [var id]) => ApiAnswer.OfId(Delete(zone, id).Id),
            (_, [] or [_]) => throw Refusal.MethodNotAllowed(request.Method),
            _ => throw Refusal.NoRoute(request.Path),
        };
    }

    private FakeRecord Post(ZoneState zone, JsonElement body)
    {
        var now = state.Now;
        var record = RecordBody.Read(body, new(state.Ids.Hex32(), zone.Id, "", "", "") { CreatedOn = now }, zone.Name, isWhole: true, now);
        if (zone.Records.Count >= zone.RecordQuota)
        {
            throw new Refusal(400, 81045, $"Record quota exceeded: this zone holds {zone.RecordQuota} records.");
        }

        return Store(zone, record);
    }

    private FakeRecord Put(ZoneState zone, string id, JsonElement body)
    {
        var before = Get(zone, id);
        return Store(zone, RecordBody.Read(body, new(id, zone.Id, "", "", "") { CreatedOn = before.CreatedOn }, zone.Name, isWhole: true, state.Now));
    }

    private FakeRecord Patch(ZoneState zone, string id, JsonElement body) =>
        Store(zone, RecordBody.Read(body, Get(zone, id), zone.Name, isWhole: false, state.Now));

    private static FakeRecord Delete(ZoneState zone, string id)
    {
        var record = Get(zone, id);
        zone.Records.Remove(record);
        return record;
    }

    private static FakeRecord Get(ZoneState zone, string id) =>
        zone.Records.Find(id) ?? throw new Refusal(404, 81044, "Record does not exist.");

    private static FakeRecord Store(ZoneState zone, FakeRecord record)
    {
        record = RecordRules.Check(record, zone.Plan);
        CheckSiblings(zone, record);
        zone.Records.Put(record);
        return record;
    }

    private static void CheckSiblings(ZoneState zone, FakeRecord record)
    {
        var size = record.Content.Length;
        foreach (var other in zone.Records.OfName(record.Name))
        {
            if (other.Id == record.Id)
            {
                continue;
            }

            if (other.Type == record.Type && string.Equals(other.Content, record.Content, record.Type == "TXT" ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase))
            {
                throw new Refusal(400, 81058, "An identical record already exists.");
            }

            if (record.Type == "CNAME" && other.Type == "CNAME")
            {
                throw new Refusal(400, 81054, "A CNAME record with that host already exists. For more details, refer to the documentation on CNAME records.");
            }

            if ((record.Type == "CNAME" && other.Type is "A" or "AAAA") || (other.Type == "CNAME" && record.Type is "A" or "AAAA"))
            {
                throw new Refusal(400, 81053, "An A, AAAA, or CNAME record with that host already exists.");
            }

            if (record.Name != zone.Name && (record.Type == "NS") != (other.Type == "NS"))
            {
                throw new Refusal(400, 81056, "NS records with that host already exist, or other records do where NS was asked for.");
            }

            size += other.Type == record.Type ? other.Content.Length : 0;
        }

        if (size > 8192)
        {
            throw new Refusal(400, 1004, "DNS Validation Error: all content of one name and type is limited to 8192 characters.");
        }
    }

    private ApiAnswer Batch(ZoneState zone, JsonElement body)
    {
        var (deletes, patches, puts, posts) = (Items(body, "deletes"), Items(body, "patches"), Items(body, "puts"), Items(body, "posts"));
        var limit = zone.Plan == FakePlan.Free ? 200 : 3500;
        var total = deletes.Count + patches.Count + puts.Count + posts.Count;
        if (total > limit)
        {
            // The code of this refusal is not recorded.
            throw new Refusal(400, 1004, $"DNS Validation Error: the batch holds {total} operations, the limit is {limit}.");
        }

        List<FakeRecord> deleted = [], patched = [], put = [], posted = [];
        zone.Records.InTransaction(() =>
        {
            deletes.ForEach(item => deleted.Add(Delete(zone, Id(item))));
            patches.ForEach(item => patched.Add(Patch(zone, Id(item), item)));
            puts.ForEach(item => put.Add(Put(zone, Id(item), item)));
            posts.ForEach(item => posted.Add(Post(zone, item)));
        });
        return ApiAnswer.Of(writer =>
        {
            writer.WriteStartObject();
            WriteAll(writer, "deletes", deleted);
            WriteAll(writer, "patches", patched);
            WriteAll(writer, "puts", put);
            WriteAll(writer, "posts", posted);
            writer.WriteEndObject();
        });
    }

    private static List<JsonElement> Items(JsonElement body, string name)
    {
        if (!body.TryGetProperty(name, out var items) || items.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        return items.ValueKind == JsonValueKind.Array && items.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.Object)
            ? [.. items.EnumerateArray()]
            : throw new Refusal(400, 9207, $"Request body is invalid: '{name}' must be a list of objects.");
    }

    private static string Id(JsonElement item) =>
        item.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString()! : throw new Refusal(400, 9207, "Request body is invalid: 'id' is missing.");

    private static void WriteAll(Utf8JsonWriter writer, string name, List<FakeRecord> records)
    {
        writer.WriteStartArray(name);
        records.ForEach(record => RecordJson.Write(writer, record));
        writer.WriteEndArray();
    }

    private static ApiAnswer Answer(FakeRecord record) => ApiAnswer.Of(writer => RecordJson.Write(writer, record));
}
