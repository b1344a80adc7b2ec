using System.Globalization;
using System.Text.Json;

namespace DockFlare.Hosting.Import;

/// <summary>The members of one JSON object of a foreign file. What is absent or null is null; what has another type than it should is an error that names it.</summary>
/// <param name="where">The file and the place in it, for errors.</param>
/// <param name="value">The object.</param>
internal readonly struct PythonFields(string where, JsonElement value)
{
    /// <exception cref="ImportException">The value is no object.</exception>
    public static PythonFields Of(string where, JsonElement value) =>
        value.ValueKind == JsonValueKind.Object ? new(where, value) : throw Wrong(where, "an object", value);

    /// <summary>The file and the place in it.</summary>
    public string Place => where;

    /// <summary>Every member.</summary>
    public IEnumerable<(string Name, string Where, JsonElement Value)> All
    {
        get
        {
            var place = where;
            return value.EnumerateObject().Select(member => (member.Name, $"{place}, '{member.Name}'", member.Value));
        }
    }

    public bool Has(string name) => Find(name) is not null;

    public PythonFields Object(string name) => Of(Where(name), Find(name) ?? throw new ImportException($"{where} has no '{name}'. Is it the data directory of a DockFlare that runs?"));

    public PythonFields? FindObject(string name) => Find(name) is { } found ? Of(Where(name), found) : null;

    public string? Text(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString() is { Length: > 0 } some ? some : null,
        { } other => throw Wrong(Where(name), "a text", other),
    };

    public bool? Flag(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw Wrong(Where(name), "true or false", other),
    };

    public int? Number(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out var whole) => whole,
        { ValueKind: JsonValueKind.String } text when int.TryParse(text.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var whole) => whole,
        { } other => throw Wrong(Where(name), "a whole number", other),
    };

    /// <summary>ISO 8601, UTC where no zone is said, or seconds since 1970.</summary>
    public DateTimeOffset? Time(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.GetDouble() is >= 0 and < 253402300800 and var seconds => DateTimeOffset.UnixEpoch.AddSeconds(seconds),
        { ValueKind: JsonValueKind.String } text when text.GetString() is { Length: > 0 } some && DateTimeOffset.TryParse(some, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) => time,
        { ValueKind: JsonValueKind.String } text when text.GetString()!.Length == 0 => null,
        { } other => throw Wrong(Where(name), "a time, such as 2026-01-31T12:00:00Z", other),
    };

    public IReadOnlyList<JsonElement> List(string name) => Find(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray()],
        { } other => throw Wrong(Where(name), "a list", other),
    };

    /// <summary>A list of texts; one text is a list of one.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        if (Find(name) is { ValueKind: JsonValueKind.String } one)
        {
            return one.GetString() is { Length: > 0 } some ? [some] : [];
        }

        var place = Where(name);
        return [.. List(name).Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Wrong(place, "a list of texts", item))];
    }

    private string Where(string name) => $"{where}, '{name}'";

    private JsonElement? Find(string name) => value.TryGetProperty(name, out var found) && found.ValueKind != JsonValueKind.Null ? found : null;

    // The value itself may be a secret.
    private static ImportException Wrong(string where, string wanted, JsonElement value) =>
        new($"{where} should be {wanted} and is {Word(value.ValueKind)}. The file is damaged or of another program: nothing was imported.");

    private static string Word(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "nothing",
    };
}
