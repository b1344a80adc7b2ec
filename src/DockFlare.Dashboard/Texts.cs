using System.Collections;
using System.Collections.Frozen;
using System.Globalization;
using System.Resources;
using Microsoft.AspNetCore.Http;

namespace DockFlare.Dashboard;

/// <summary>The words of one language.</summary>
internal sealed class Texts
{
    private readonly FrozenDictionary<string, string> words;

    private Texts(string language, FrozenDictionary<string, string> words) => (Language, this.words) = (language, words);

    public static Texts English { get; } = Load("en");

    public static Texts German { get; } = Load("de");

    /// <summary>As <c>lang</c> names it.</summary>
    public string Language { get; }

    public IEnumerable<string> Keys => words.Keys;

    /// <summary>The text of a key. One that is missing shows its key: seen, and caught by a test.</summary>
    public string this[string key] => words.GetValueOrDefault(key) ?? key;

    public bool Has(string key) => words.ContainsKey(key);

    /// <summary>The text with values in place of <c>{0}</c>, <c>{1}</c>, ….</summary>
    public string Say(string key, params object?[] values) => string.Format(CultureInfo.InvariantCulture, this[key], values);

    /// <summary>The text for a number: <c>key.one</c> or <c>key.other</c>, with the number as <c>{0}</c>.</summary>
    public string Count(string key, long number, params object?[] more) =>
        Say(number == 1 ? $"{key}.one" : $"{key}.other", [number.ToString("#,0", CultureInfo.InvariantCulture), .. more]);

    /// <summary>How long ago something was, in the coarsest unit that says it.</summary>
    public string Ago(TimeSpan span) => span.TotalSeconds < 5 ? this["ago.now"] : Say("ago", Long(span));

    /// <summary>A span in one unit, such as <c>3 min</c>.</summary>
    public string Long(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => Say("span.ms", Math.Round(span.TotalMilliseconds)),
        { TotalSeconds: < 60 } => Say("span.s", Math.Floor(span.TotalSeconds)),
        { TotalMinutes: < 60 } => Say("span.m", Math.Floor(span.TotalMinutes)),
        { TotalHours: < 48 } => Say("span.h", Math.Floor(span.TotalHours)),
        _ => Say("span.d", Math.Floor(span.TotalDays)),
    };

    /// <summary>The language the browser asks for first among those there are.</summary>
    public static Texts Of(HttpRequest request)
    {
        var best = (Texts: English, Weight: 0.0);
        foreach (var wish in request.GetTypedHeaders().AcceptLanguage)
        {
            var weight = wish.Quality ?? 1;
            var name = wish.Value.ToString();
            var texts = name.StartsWith("de", StringComparison.OrdinalIgnoreCase) ? German : name.StartsWith("en", StringComparison.OrdinalIgnoreCase) ? English : null;
            if (texts is not null && weight > best.Weight)
            {
                best = (texts, weight);
            }
        }

        return best.Texts;
    }

    private static Texts Load(string language)
    {
        var assembly = typeof(Texts).Assembly;
        using var stream = assembly.GetManifestResourceStream($"texts/{language}.resources")!;
        using var reader = new ResourceReader(stream);
        return new(language, reader.Cast<DictionaryEntry>().ToFrozenDictionary(static entry => (string)entry.Key, static entry => (string)entry.Value!, StringComparer.Ordinal));
    }
}
