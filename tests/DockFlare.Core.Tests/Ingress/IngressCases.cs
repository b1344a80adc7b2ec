using System.Text.Json;

namespace DockFlare.Core.Tests.Ingress;

/// <summary>A verdict of the real binary.</summary>
internal sealed record IngressCase(string Name, string Text, string? Error, string? Warning, string? Url, int? MatchedRule, string? UrlError);

/// <summary>The verdicts of cloudflared 2026.8.0 that were recorded with the binary.</summary>
internal static class IngressCases
{
    public static IReadOnlyList<IngressCase> Yaml { get; } = Read("ingress-cases.json", "config");

    public static IReadOnlyList<IngressCase> Json { get; } = Read("ingress-json-cases.json", "json");

    private static List<IngressCase> Read(string file, string textKey, [System.Runtime.CompilerServices.CallerFilePath] string caller = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(caller)!, "..", "cases", "cloudflared", file);
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        return [.. document.RootElement.EnumerateArray().Select(element => Read(element, textKey))];
    }

    private static IngressCase Read(JsonElement element, string textKey)
    {
        var isValid = element.GetProperty("expect").GetString() == "valid";
        var error = Text(element, "error");
        Assert.Equal(isValid, error is null);
        return new(
            element.GetProperty("name").GetString()!,
            element.GetProperty(textKey).GetString()!,
            error,
            Text(element, "warning"),
            Text(element, "url"),
            element.TryGetProperty("matchedRule", out var rule) ? rule.GetInt32() : null,
            Text(element, "urlError"));
    }

    private static string? Text(JsonElement element, string key) => element.TryGetProperty(key, out var value) ? value.GetString() : null;
}
