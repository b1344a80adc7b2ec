using DockFlare.Testing.Wire;

namespace DockFlare.Testing.Dns;

/// <summary>The filters of a list of records.</summary>
internal static class RecordQuery
{
    public static IReadOnlyList<FakeRecord> Run(ApiRequest request, RecordStore records)
    {
        var filters = Filters(request);
        var isAny = request.Find("match") is "any";
        IReadOnlyList<FakeRecord> found = filters.Count == 0 ? records.All : Candidates(request, records, isAny)
            .Where(record => isAny ? filters.Exists(filter => filter(record)) : filters.TrueForAll(filter => filter(record))).ToArray();
        var (order, isDescending) = (request.Find("order"), request.Find("direction") is "desc");
        return order is null or "type" && !isDescending ? found : found.Order(new RecordOrder(order ?? "type", isDescending)).ToArray();
    }

    /// <summary>A filter for one name needs no look at the rest of the zone.</summary>
    private static IReadOnlyList<FakeRecord> Candidates(ApiRequest request, RecordStore records, bool isAny) =>
        !isAny && (request.Find("name") ?? request.Find("name.exact")) is { Length: > 0 } name
            ? records.OfName(name.ToLowerInvariant()).Order(RecordOrder.Standard).ToArray()
            : records.All;

    private static List<Predicate<FakeRecord>> Filters(ApiRequest request)
    {
        var filters = new List<Predicate<FakeRecord>>();
        var tags = new List<Predicate<FakeRecord>>();
        foreach (var (key, values) in request.Query)
        {
            var value = values.Count > 0 ? values[0] ?? "" : "";
            if (key is "tag" || key.StartsWith("tag.", StringComparison.Ordinal))
            {
                tags.Add(Tag(key, value));
            }
            else if (Filter(key, value) is { } filter)
            {
                filters.Add(filter);
            }
        }

        if (tags.Count > 0)
        {
            var isAny = request.Find("tag_match") is "any";
            filters.Add(record => isAny ? tags.Exists(tag => tag(record)) : tags.TrueForAll(tag => tag(record)));
        }

        return filters;
    }

    private static Predicate<FakeRecord>? Filter(string key, string value) => key switch
    {
        "name" or "name.exact" => record => Same(record.Name, value),
        "name.contains" => record => Contains(record.Name, value),
        "name.startswith" => record => record.Name.StartsWith(value, StringComparison.OrdinalIgnoreCase),
        "name.endswith" => record => record.Name.EndsWith(value, StringComparison.OrdinalIgnoreCase),
        "content" or "content.exact" => record => Same(record.Content, value),
        "content.contains" => record => Contains(record.Content, value),
        "content.startswith" => record => record.Content.StartsWith(value, StringComparison.OrdinalIgnoreCase),
        "content.endswith" => record => record.Content.EndsWith(value, StringComparison.OrdinalIgnoreCase),
        "type" => record => Same(record.Type, value),
        "proxied" => record => record.Proxied == (value is "true"),
        "comment" or "comment.exact" => record => record.Comment is { } comment && Same(comment, value),
        // Here the presence of the parameter counts, not its value.
        "comment.present" => static record => record.Comment is not null,
        "comment.absent" => static record => record.Comment is null,
        "comment.contains" => record => record.Comment is { } comment && Contains(comment, value),
        "comment.startswith" => record => record.Comment is { } comment && comment.StartsWith(value, StringComparison.OrdinalIgnoreCase),
        "comment.endswith" => record => record.Comment is { } comment && comment.EndsWith(value, StringComparison.OrdinalIgnoreCase),
        "search" => record => Contains(record.Name, value) || Contains(record.Content, value) || (record.Comment is { } comment && Contains(comment, value)),
        _ => null,
    };

    private static Predicate<FakeRecord> Tag(string key, string value)
    {
        var (name, text) = value.IndexOf(':', StringComparison.Ordinal) is var at and >= 0 ? (value[..at], value[(at + 1)..]) : (value, null);
        return key switch
        {
            "tag" when text is null => record => Any(record, name, static _ => true),
            "tag" or "tag.exact" => record => Any(record, name, tag => Same(tag, text ?? "")),
            "tag.present" => record => Any(record, value, static _ => true),
            "tag.absent" => record => !Any(record, value, static _ => true),
            "tag.contains" => record => Any(record, name, tag => Contains(tag, text ?? "")),
            "tag.startswith" => record => Any(record, name, tag => tag.StartsWith(text ?? "", StringComparison.OrdinalIgnoreCase)),
            "tag.endswith" => record => Any(record, name, tag => tag.EndsWith(text ?? "", StringComparison.OrdinalIgnoreCase)),
            _ => static _ => true,
        };
    }

    private static bool Any(FakeRecord record, string name, Predicate<string> value)
    {
        foreach (var tag in record.Tags)
        {
            var parts = tag.Split(':', 2);
            if (Same(parts[0], name) && value(parts.Length > 1 ? parts[1] : ""))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Same(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    private static bool Contains(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);
}
