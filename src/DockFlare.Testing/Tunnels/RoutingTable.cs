using System.Text.Json;

namespace DockFlare.Testing.Tunnels;

/// <summary>One ingress rule as far as exposure depends on it.</summary>
internal sealed record RoutedRule(int Index, string? Hostname, string? Path, string Service, bool DemandsToken);

/// <summary>Which rules of a configuration can answer for a host, found without looking at them all.</summary>
internal sealed class RoutingTable
{
    public static RoutingTable Empty { get; } = new([]);

    private readonly Dictionary<string, List<RoutedRule>> exact = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<RoutedRule> patterns = [];

    private RoutingTable(List<RoutedRule> rules)
    {
        Rules = rules;
        foreach (var rule in rules)
        {
            if (rule.Hostname is null or "" or "*" || rule.Hostname.StartsWith("*.", StringComparison.Ordinal))
            {
                patterns.Add(rule);
            }
            else if (exact.TryGetValue(rule.Hostname, out var same))
            {
                same.Add(rule);
            }
            else
            {
                exact[rule.Hostname] = [rule];
            }
        }
    }

    public IReadOnlyList<RoutedRule> Rules { get; }

    public static RoutingTable Read(JsonElement config)
    {
        var rules = new List<RoutedRule>();
        if (config.TryGetProperty("ingress", out var ingress) && ingress.ValueKind == JsonValueKind.Array)
        {
            foreach (var rule in ingress.EnumerateArray())
            {
                rules.Add(new(rules.Count, Text(rule, "hostname"), Text(rule, "path"), Text(rule, "service") ?? "", DemandsToken(rule)));
            }
        }

        return new(rules);
    }

    /// <summary>The rules that can answer for the host, in order, up to the first one that takes every path.</summary>
    public IEnumerable<RoutedRule> For(string host)
    {
        var matching = patterns.Where(rule => Covers(rule.Hostname, host));
        if (exact.TryGetValue(host, out var same))
        {
            matching = matching.Concat(same).OrderBy(static rule => rule.Index);
        }

        foreach (var rule in matching)
        {
            yield return rule;
            if (string.IsNullOrEmpty(rule.Path))
            {
                yield break;
            }
        }
    }

    /// <summary>cloudflared's own match: <c>*.</c> stands for any depth.</summary>
    private static bool Covers(string? pattern, string host) =>
        pattern is null or "" or "*" || host.EndsWith(pattern[1..], StringComparison.OrdinalIgnoreCase);

    private static bool DemandsToken(JsonElement rule) =>
        rule.ValueKind == JsonValueKind.Object && rule.TryGetProperty("originRequest", out var origin) && origin.ValueKind == JsonValueKind.Object
        && origin.TryGetProperty("access", out var access) && access.ValueKind == JsonValueKind.Object
        && access.TryGetProperty("required", out var required) && required.ValueKind == JsonValueKind.True;

    private static string? Text(JsonElement rule, string name) =>
        rule.ValueKind == JsonValueKind.Object && rule.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
