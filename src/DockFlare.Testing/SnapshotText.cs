using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DockFlare.Testing;

/// <summary>The state in text. Ids are replaced by names, so that the text is the same in every run.</summary>
internal static class SnapshotText
{
    public static string Of(FakeView view)
    {
        var text = new StringBuilder();
        var tunnels = view.Tunnels;
        foreach (var zone in view.Zones)
        {
            Line(text, $"zone {zone.Name} ({zone.Plan.ToString().ToLowerInvariant()}, {zone.Status})");
            foreach (var record in view.Records(zone.Id).OrderBy(static record => record.Name, StringComparer.Ordinal).ThenBy(static record => record.Type, StringComparer.Ordinal).ThenBy(static record => record.Content, StringComparer.Ordinal))
            {
                Line(text, $"  {record.Name} {record.Type} {Target(record.Content, tunnels)}{(record.Proxied ? " proxied" : "")}{(record.Ttl == 1 ? "" : Invariant($" ttl={record.Ttl}"))}{(record.Comment is null ? "" : $" \"{record.Comment}\"")}");
            }
        }

        foreach (var tunnel in tunnels)
        {
            Line(text, tunnel.DeletedAt is null ? $"tunnel {tunnel.Name} ({tunnel.ConfigSource}, {tunnel.Status}, version {Invariant($"{tunnel.Configuration.Version}")})" : $"tunnel {tunnel.Name} (deleted)");
            if (tunnel.DeletedAt is null && tunnel.Configuration.Json is { } json)
            {
                Rules(text, json);
            }
        }

        foreach (var app in view.AccessApps.Where(static app => app.Type == "self_hosted"))
        {
            Line(text, $"app {app.Name} ({string.Join(", ", app.Domains)})");
            foreach (var policy in app.Policies)
            {
                Line(text, $"  {policy.Decision} {policy.Name} {policy.IncludeJson}");
            }
        }

        return text.ToString();
    }

    private static void Rules(StringBuilder text, string json)
    {
        using var document = JsonDocument.Parse(json);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (property.Name != "ingress")
            {
                Line(text, $"  {property.Name} {property.Value.GetRawText()}");
                continue;
            }

            foreach (var rule in property.Value.EnumerateArray())
            {
                var (host, path, service) = (Text(rule, "hostname"), Text(rule, "path"), Text(rule, "service"));
                var origin = rule.TryGetProperty("originRequest", out var options) && options.ValueKind == JsonValueKind.Object && options.EnumerateObject().Any() ? $" {options.GetRawText()}" : "";
                Line(text, $"  {(host is null or "" ? "*" : host)}{(path is null or "" ? "" : $" {path}")} -> {service}{origin}");
            }
        }
    }

    private static string Target(string content, IReadOnlyList<FakeTunnel> tunnels) =>
        tunnels.FirstOrDefault(tunnel => content == $"{tunnel.Id}.cfargotunnel.com") is { } found ? $"tunnel:{found.Name}" : content;

    private static string? Text(JsonElement rule, string name) => rule.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}
