using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace DockFlare.Core;

/// <summary>
/// A container's labels: an immutable map from string to string that compares by value and keeps ordinal order,
/// so that whatever is made from it comes out in the same order every time.
/// </summary>
public sealed class LabelMap : IReadOnlyDictionary<string, string>, IEquatable<LabelMap>
{
    private readonly string[] keys;
    private readonly string[] values;

    /// <summary>Copies the pairs. When a key comes twice, the last one counts.</summary>
    public LabelMap(IEnumerable<KeyValuePair<string, string>> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in labels)
        {
            map[key] = value;
        }

        keys = new string[map.Count];
        values = new string[map.Count];
        map.Keys.CopyTo(keys, 0);
        map.Values.CopyTo(values, 0);
        Array.Sort(keys, values, StringComparer.Ordinal);
    }

    /// <summary>No labels.</summary>
    public static LabelMap Empty { get; } = new([]);

    /// <inheritdoc />
    public int Count => keys.Length;

    /// <summary>The keys in ordinal order.</summary>
    public ReadOnlySpan<string> KeySpan => keys;

    /// <summary>The values, in the order of <see cref="KeySpan"/>.</summary>
    public ReadOnlySpan<string> ValueSpan => values;

    /// <inheritdoc />
    public IEnumerable<string> Keys => keys;

    /// <inheritdoc />
    public IEnumerable<string> Values => values;

    /// <inheritdoc />
    public string this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"There is no label '{key}'.");

    /// <inheritdoc />
    public bool ContainsKey(string key) => IndexOf(key) >= 0;

    /// <inheritdoc />
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
    {
        var index = IndexOf(key);
        value = index < 0 ? null : values[index];
        return index >= 0;
    }

    /// <inheritdoc />
    public bool Equals(LabelMap? other) =>
        ReferenceEquals(this, other) || (other is not null && KeySpan.SequenceEqual(other.KeySpan) && ValueSpan.SequenceEqual(other.ValueSpan));

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as LabelMap);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        var hash = new HashCode();
        for (var i = 0; i < keys.Length; i++)
        {
            hash.Add(keys[i]);
            hash.Add(values[i]);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc />
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator()
    {
        for (var i = 0; i < keys.Length; i++)
        {
            yield return new(keys[i], values[i]);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(string key) => Array.BinarySearch(keys, key, StringComparer.Ordinal);

    /// <summary>Copies an ordinary dictionary.</summary>
    public static implicit operator LabelMap(Dictionary<string, string> labels) => new(labels);
}
