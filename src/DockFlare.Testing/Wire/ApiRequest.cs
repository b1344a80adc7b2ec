using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace DockFlare.Testing.Wire;

/// <summary>A call after the base path: <c>/client/v4</c> is taken off.</summary>
internal sealed class ApiRequest(string method, string path, IQueryCollection query, JsonDocument? body, TokenState token)
{
    public string Method { get; } = method;

    public string Path { get; } = path;

    public string[] Segments { get; } = path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    public TokenState Token { get; } = token;

    public IQueryCollection Query { get; } = query;

    public bool IsRead => Method is "GET";

    /// <summary>The body, which must be an object.</summary>
    public JsonElement Body => body is { RootElement.ValueKind: JsonValueKind.Object }
        ? body.RootElement
        : throw new Refusal(400, 6007, "Malformed JSON in request body");

    /// <summary>The body if there is one.</summary>
    public JsonElement? OptionalBody => body is null ? null : Body;

    public void Require(FakePermissions permission)
    {
        if (!Token.Permissions.HasFlag(permission))
        {
            throw Refusal.NoPermission();
        }
    }

    public string? Find(string name) => Query.TryGetValue(name, out var values) && values.Count > 0 ? values[0] : null;

    public bool? FindBool(string name) => Find(name) switch
    {
        null or "" => null,
        "true" or "1" => true,
        "false" or "0" => false,
        var other => throw new Refusal(400, 1001, $"Invalid value for {name}: '{other}' is not a boolean."),
    };

    public DateTimeOffset? FindTime(string name) => Find(name) is { Length: > 0 } text
        ? DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new Refusal(400, 1001, $"Invalid value for {name}: '{text}' is not a time.")
        : null;

    /// <summary>Cuts the asked page out of a list.</summary>
    public Paged<T> PageOf<T>(IReadOnlyList<T> all, int min, int max, int standard)
    {
        var page = Number("page", 1, int.MaxValue, 1);
        var perPage = Number("per_page", min, max, standard);
        var skip = (long)(page - 1) * perPage;
        if (skip == 0 && all.Count <= perPage)
        {
            return new(all, page, perPage, all.Count);
        }

        var items = new List<T>();
        for (var i = skip; i < all.Count && items.Count < perPage; i++)
        {
            items.Add(all[(int)i]);
        }

        return new(items, page, perPage, all.Count);
    }

    private int Number(string name, int min, int max, int standard)
    {
        if (Find(name) is not { Length: > 0 } text)
        {
            return standard;
        }

        // The code that goes with a page size out of range is not recorded.
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new Refusal(400, 1001, $"Invalid value for {name}: '{text}'. Must be between {min} and {max}.");
    }
}

/// <summary>One page of a list.</summary>
internal sealed record Paged<T>(IReadOnlyList<T> Items, int Page, int PerPage, int Total);
