using System.Globalization;
using System.Text.Json;

namespace DockFlare.Core.Ingress;

/// <summary>Decodes single values into Go's types as encoding/json does, and keeps the fault it would end with.</summary>
internal sealed class GoJsonValues
{
    /// <summary>Go goes on after a wrong type and reports the first one; a duration it cannot read ends it at once.</summary>
    private string? firstFault;

    private string? durationFault;

    /// <summary>What decoding ends with; null when every value had its type.</summary>
    public string? Fault => durationFault ?? firstFault;

    /// <summary>A value of a wrong type.</summary>
    public void Add(string fault) => firstFault ??= fault;

    public IEnumerable<JsonElement> Elements(JsonElement value, GoJsonPlace place, string type)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            return value.EnumerateArray();
        }

        Mismatch(value, place, type);
        return [];
    }

    public bool IsObject(JsonElement value, GoJsonPlace place, string type)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            Mismatch(value, place, type);
        }

        return value.ValueKind == JsonValueKind.Object;
    }

    public string? Text(JsonElement value, GoJsonPlace place)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return GoJson.TextOf(value);
        }

        Mismatch(value, place, "string");
        return null;
    }

    public bool? Flag(JsonElement value, GoJsonPlace place)
    {
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Mismatch(value, place, "bool");
        return null;
    }

    public long? Integer(JsonElement value, GoJsonPlace place)
    {
        if (value.ValueKind != JsonValueKind.Number)
        {
            Mismatch(value, place, "int");
            return null;
        }

        if (GoText.FindIntegerFault("ParseInt", value.GetRawText(), out var number) is null)
        {
            return number;
        }

        Add($"json: cannot unmarshal number {value.GetRawText()} into Go struct field {place.Struct}.{place.Path} of type int");
        return null;
    }

    public void Unsigned(JsonElement value, GoJsonPlace place, string type)
    {
        if (value.ValueKind != JsonValueKind.Number)
        {
            Mismatch(value, place, type);
        }
        else if (!ulong.TryParse(value.GetRawText(), NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            Add($"json: cannot unmarshal number {value.GetRawText()} into Go struct field {place.Struct}.{place.Path} of type {type}");
        }
    }

    public void Duration(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Null && durationFault is null)
        {
            durationFault = GoText.FindIntegerFault("ParseInt", value.GetRawText(), out _);
        }
    }

    /// <summary>Null fits every type in Go and changes nothing.</summary>
    private void Mismatch(JsonElement value, GoJsonPlace place, string type)
    {
        if (value.ValueKind != JsonValueKind.Null)
        {
            Add($"json: cannot unmarshal {GoJson.Kind(value)} into Go struct field {place.Struct}.{place.Path} of type {type}");
        }
    }
}

/// <summary>Where a value belongs in Go's types, as its messages name it.</summary>
internal readonly record struct GoJsonPlace(string Struct, string Path);
