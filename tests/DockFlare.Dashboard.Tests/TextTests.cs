using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace DockFlare.Dashboard.Tests;

/// <summary>The words of each language.</summary>
public sealed partial class TextTests
{
    [Fact]
    public void Every_text_that_a_page_names_is_there()
    {
        var sources = Directory.EnumerateFiles(Sources(), "*.cs*", SearchOption.AllDirectories).ToList();
        var named = new List<string>();
        foreach (var file in sources)
        {
            var text = File.ReadAllText(file);
            named.AddRange(Plain().Matches(text).Select(static match => match.Groups[1].Value));
            named.AddRange(Counted().Matches(text).SelectMany(static match => new[] { match.Groups[1].Value + ".one", match.Groups[1].Value + ".other" }));
        }

        Assert.True(named.Count > 150);
        Assert.Empty(named.Where(static key => !Texts.English.Has(key)).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public void German_says_all_that_English_says_with_the_same_values()
    {
        Assert.Equal(Texts.English.Keys.Order(StringComparer.Ordinal), Texts.German.Keys.Order(StringComparer.Ordinal));
        foreach (var key in Texts.English.Keys)
        {
            Assert.Equal(Values(Texts.English[key]), Values(Texts.German[key]));
        }

        static IEnumerable<string> Values(string text) => Value().Matches(text).Select(static match => match.Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
    }

    private static string Sources([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "src", "DockFlare.Dashboard");

    [GeneratedRegex("""\b(?:T|texts)(?:\[|\.Say\()"([^"]+[^".])"[\],)]""")]
    private static partial Regex Plain();

    [GeneratedRegex("""\b(?:T|texts)\.Count\("([^"]+[^".])",""")]
    private static partial Regex Counted();

    [GeneratedRegex("""\{\d\}""")]
    private static partial Regex Value();
}
