using System.Text.Json;

namespace DockFlare.Core.Ingress;

/// <summary>Gathers the keys of one object that are kept as they are; of one that is given twice the last counts.</summary>
internal struct UnknownKeys
{
    private SortedDictionary<string, string>? keys;

    public void Add(JsonProperty property) => Add(property.Name, property.Value);

    public void Add(string name, JsonElement value)
    {
        keys ??= new(StringComparer.Ordinal);
        keys[name] = IngressJsonReader.Compact(value);
    }

    public readonly EquatableArray<UnknownKey> Sorted() =>
        keys is null ? default : keys.Select(static pair => new UnknownKey(pair.Key, pair.Value)).ToEquatableArray();
}
