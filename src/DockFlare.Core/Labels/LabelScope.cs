using System.Globalization;
using System.Text;
using DockFlare.Core.Ingress;
using DockFlare.Core.Protocol;

namespace DockFlare.Core.Labels;

/// <summary>The labels of one rule: its own, and the base labels it falls back to. A label set to nothing counts as set, and means the default.</summary>
internal ref struct LabelScope
{
    private readonly LabelMap labels;
    private readonly ReadOnlySpan<int> own;
    private readonly ReadOnlySpan<int> fallback;

    /// <summary>Puts a rule's labels together.</summary>
    /// <param name="container">The container.</param>
    /// <param name="options">How labels are read.</param>
    /// <param name="log">Takes what is to be said.</param>
    /// <param name="own">By <see cref="LabelId"/>: the position of the rule's own label, plus 1; 0 for none.</param>
    /// <param name="fallback">The same for the base labels.</param>
    public LabelScope(ContainerSnapshot container, LabelOptions options, ReadingLog log, ReadOnlySpan<int> own, ReadOnlySpan<int> fallback)
    {
        Container = container;
        Options = options;
        Log = log;
        labels = container.Labels;
        this.own = own;
        this.fallback = fallback;
        Stem = LabelNames.Prefix;
    }

    public ContainerSnapshot Container { get; }

    public LabelOptions Options { get; }

    public ReadingLog Log { get; }

    /// <summary>The rule's host, once it is known to be one.</summary>
    public string? Host { get; set; }

    /// <summary>What the rule's labels begin with: the label that is there, and how much of it.</summary>
    public string Stem { get; set; }

    /// <summary>The length of <see cref="Stem"/> that counts.</summary>
    public int StemLength { get; set; }

    /// <summary>Whether it is the base rule, whose own labels are the base labels.</summary>
    public readonly bool IsBase => own == fallback;

    /// <summary>The rule's own label in full, whether or not it is there.</summary>
    public readonly string Own(LabelId id) => string.Concat(Stem.AsSpan(0, StemLength), LabelNames.Get(id).Suffix);

    /// <summary>The position of the rule's own label; -1 for none.</summary>
    public readonly int FindOwn(LabelId id) => own[(int)id] - 1;

    /// <summary>The position of the base label; -1 for none.</summary>
    public readonly int FindBase(LabelId id) => fallback[(int)id] - 1;

    /// <summary>The position of the label that counts; -1 for none.</summary>
    public readonly int Find(LabelId id) => own[(int)id] is not 0 and var position ? position - 1 : fallback[(int)id] - 1;

    /// <summary>The position of the label that counts, of two that mean the same; -1 for none.</summary>
    public readonly int Find(LabelId id, LabelId older)
    {
        var position = own[(int)id] | own[(int)older];
        return position == 0 ? Either(fallback[(int)id], fallback[(int)older]) : Either(own[(int)id], own[(int)older]);
    }

    /// <summary>The label in full.</summary>
    public readonly string Key(int position) => labels.KeySpan[position];

    /// <summary>Its value without white space around it.</summary>
    public readonly string Value(int position) => labels.ValueSpan[position] is { } value ? value.Trim() : "";

    /// <summary>Whether the label that counts says something.</summary>
    public readonly bool Says(LabelId id) => Find(id) is >= 0 and var position && Value(position).Length > 0;

    public readonly void Fail(int position, string message, string? shown = null) =>
        Log.AddError(new(Key(position), message) { Host = Host, Value = shown ?? ServiceText.Redact(Value(position)) });

    public readonly void FailMissing(LabelId id, string message) => Log.AddError(new(Own(id), message) { Host = Host });

    public readonly void Note(int position, string message, string? shown = null) =>
        Log.AddNote(new(Key(position), message) { Host = Host, Value = shown ?? ServiceText.Redact(Value(position)) });

    /// <summary>A line of text; null for none. What cannot be sent is a fault.</summary>
    public readonly string? Text(int position)
    {
        if (position < 0)
        {
            return null;
        }

        var value = Value(position);
        if (value.AsSpan().ContainsAnyInRange('\0', '\u001f') || value.Contains('\u007f', StringComparison.Ordinal) || !IsWellFormed(value))
        {
            Fail(position, $"{Key(position)} has a line break or another character that cannot be sent: write it on one line.");
            return null;
        }

        return value.Length == 0 ? null : value;
    }

    /// <summary>A boolean; null for none.</summary>
    public readonly bool? Flag(int position)
    {
        if (position < 0 || Value(position) is not { Length: > 0 } value)
        {
            return null;
        }

        if (TryFlag(value, out var flag))
        {
            return flag;
        }

        Fail(position, $"{Key(position)} is '{value}', which is neither true nor false: write true or false.");
        return null;
    }

    /// <summary>A whole number in the range of the table; null for none.</summary>
    public readonly int? Number(LabelId id)
    {
        var position = Find(id);
        if (position < 0 || Value(position) is not { Length: > 0 } value)
        {
            return null;
        }

        var name = LabelNames.Get(id);
        if (int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= name.Least && number <= name.Most)
        {
            return number;
        }

        var range = name.Least == int.MinValue ? "a whole number" : name.Most == int.MaxValue ? $"a whole number from {name.Least} up" : $"a whole number from {name.Least} to {name.Most}";
        Fail(position, $"{Key(position)} is '{value}': write {range}, such as {name.Example}.");
        return null;
    }

    /// <summary>A duration of whole seconds, as Cloudflare's API stores it; null for none.</summary>
    public readonly TimeSpan? Seconds(LabelId id)
    {
        var position = Find(id);
        if (position < 0 || Value(position) is not { Length: > 0 } value)
        {
            return null;
        }

        if (!GoDuration.TryParse(value, out var duration))
        {
            var advice = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? $"write {value}s" : $"write a number with h, m or s, such as {LabelNames.Get(id).Example}";
            Fail(position, $"{Key(position)} is '{value}', which is not a duration: {advice}.");
            return null;
        }

        if (duration < TimeSpan.Zero || duration.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            Fail(position, $"{Key(position)} is '{value}', and Cloudflare keeps whole seconds, none below 0: write {Math.Max(0, Math.Ceiling(duration.TotalSeconds))}s.");
            return null;
        }

        return duration;
    }

    /// <summary>The entries of a comma list, each once.</summary>
    public static EquatableArray<string> List(string value)
    {
        if (!value.Contains(',', StringComparison.Ordinal))
        {
            return value.Length == 0 ? [] : [value];
        }

        var entries = new List<string>();
        foreach (var entry in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!entries.Contains(entry))
            {
                entries.Add(entry);
            }
        }

        return entries.Count == 0 ? [] : new([.. entries]);
    }

    /// <summary>Reads a boolean as labels have them.</summary>
    public static bool TryFlag(string value, out bool flag)
    {
        flag = Is(value, "true") || Is(value, "1") || Is(value, "t") || Is(value, "yes");
        return flag || Is(value, "false") || Is(value, "0") || Is(value, "f") || Is(value, "no");

        static bool Is(string value, string word) => string.Equals(value, word, StringComparison.OrdinalIgnoreCase);
    }

    private static int Either(int first, int second) => (first != 0 ? first : second) - 1;

    private static bool IsWellFormed(string value)
    {
        if (!value.AsSpan().ContainsAnyInRange('\ud800', '\udfff'))
        {
            return true;
        }

        foreach (var rune in value.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar)
            {
                return false;
            }
        }

        return true;
    }
}
