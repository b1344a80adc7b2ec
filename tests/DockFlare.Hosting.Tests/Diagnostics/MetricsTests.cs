using System.Globalization;
using System.Text.RegularExpressions;
using DockFlare.Hosting.Tests.Api;
using DockFlare.Testing;
using DockFlare.Tests.Reconciliation;

namespace DockFlare.Hosting.Tests.Diagnostics;

/// <summary><c>GET /metrics</c>.</summary>
public sealed partial class MetricsTests
{
    [Fact]
    public async Task Metrics_are_valid_exposition_and_carry_no_host_and_no_secret()
    {
        await using var master = await ApiMaster.StartAsync();
        await master.RunAsync(MasterRig.Wants("app.example.com", more: ("access.policy", "authenticate")), MasterRig.Wants("blog.example.com"));
        master.Cloudflare.Faults.Add("GET", "/zones/*/dns_records", new FakeFault.Refuse(403, 10000, "Authentication error"));
        await master.PassAsync(resync: true);

        var (status, text, type) = await master.CallAsync("GET", "/metrics");

        Assert.Equal((200, "text/plain; version=0.0.4; charset=utf-8"), (status, type));
        AssertIsExposition(text);
        foreach (var secret in (string[])[master.Cloudflare.Token, ApiMaster.Key, "example.com", "me@example.com", master.Cloudflare.FindTunnelByName("nas")!.Token])
        {
            Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task What_was_done_is_counted()
    {
        await using var master = await ApiMaster.StartAsync();
        await master.RunAsync(MasterRig.Wants("app.example.com"), MasterRig.Wants("blog.example.com"), MasterRig.Wants("wrong_host!"));
        var calls = master.Cloudflare.Log.Total;

        var text = (await master.CallAsync("GET", "/metrics")).Body;

        Assert.Equal(calls, Values(text, "dockflare_cloudflare_calls_total").Sum());
        Assert.Equal(calls, Values(text, "dockflare_cloudflare_call_duration_seconds_count").Sum());
        Assert.Contains("\ndockflare_cloudflare_calls_total{area=\"tunnels\",outcome=\"ok\"} ", text, StringComparison.Ordinal);
        Assert.Contains($"\ndockflare_cloudflare_calls_left {1100 - calls}\n", text, StringComparison.Ordinal);
        Assert.Contains("\ndockflare_routes{state=\"pending\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("\ndockflare_routes{state=\"rejected\"} 1\n", text, StringComparison.Ordinal);
        Assert.Equal((1, 1), (Values(text, "dockflare_pass_duration_seconds_count").Single(), Values(text, "dockflare_pass_calls_per_change_count").Single()));
        Assert.Equal(Values(text, "dockflare_changes_total").Single() * Values(text, "dockflare_pass_calls_per_change_sum").Single(), calls, 6);
        Assert.Contains("\ndotnet_process_memory_working_set_bytes ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_that_were_not_made_are_held_and_count_for_nothing_else()
    {
        await using var master = await ApiMaster.StartAsync(("Cloudflare:CallLimit", "10"));
        await master.RunAsync([.. Enumerable.Range(0, 20).Select(static i => MasterRig.Wants($"app{i}.example.com", more: ("access.policy", "authenticate")))]);

        var text = (await master.CallAsync("GET", "/metrics")).Body;

        Assert.Contains("outcome=\"held\"} ", text, StringComparison.Ordinal);
        Assert.Equal(master.Cloudflare.Log.Total, Values(text, "dockflare_cloudflare_call_duration_seconds_count").Sum());
    }

    [Theory]
    [InlineData(null, null, 401)]
    [InlineData(null, "wrong", 401)]
    [InlineData(null, ApiMaster.Key, 200)]
    [InlineData("true", null, 200)]
    public async Task The_key_is_needed_unless_a_setting_opens_them(string? open, string? key, int status)
    {
        await using var master = open is null ? await ApiMaster.StartAsync() : await ApiMaster.StartAsync(("MetricsOpen", open));

        Assert.Equal(status, (await master.CallAsync("GET", "/metrics", key: key)).Status);
    }

    private static IEnumerable<double> Values(string text, string name) => text.Split('\n')
        .Where(line => line.StartsWith(name + " ", StringComparison.Ordinal) || line.StartsWith(name + "{", StringComparison.Ordinal))
        .Select(static line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));

    // The text format 0.0.4: HELP and TYPE once and first, names of the type, cumulative buckets that end in +Inf, which equals the count; no line twice.
    private static void AssertIsExposition(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var buckets = new Dictionary<string, double>(StringComparer.Ordinal);
        var lines = text[..^1].Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("# HELP ", StringComparison.Ordinal))
            {
                var name = lines[i].Split(' ')[2];
                var type = lines[++i].Split(' ');
                Assert.Equal(["#", "TYPE", name], type[..3]);
                Assert.Contains(type[3], (string[])["counter", "gauge", "histogram"]);
                Assert.Equal(type[3] == "counter", name.EndsWith("_total", StringComparison.Ordinal));
                Assert.True(types.TryAdd(name, type[3]), $"{name} is there twice.");
                continue;
            }

            var sample = Sample().Match(lines[i]);
            Assert.True(sample.Success, $"'{lines[i]}' is no sample.");
            Assert.True(seen.Add(lines[i][..lines[i].LastIndexOf(' ')]), $"'{lines[i]}' is there twice.");
            var (own, labels, value) = (sample.Groups["name"].Value, sample.Groups["labels"].Value, double.Parse(sample.Groups["value"].Value.Replace("+Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture));
            var family = types.Keys.Last(name => own == name || (types[name] == "histogram" && own.StartsWith(name + "_", StringComparison.Ordinal) && own[name.Length..] is "_bucket" or "_sum" or "_count"));
            Assert.Equal(types.Keys.Last(), family);
            if (own.EndsWith("_bucket", StringComparison.Ordinal))
            {
                var series = family + Bound().Replace(labels, "");
                Assert.True(value >= buckets.GetValueOrDefault(series), $"'{lines[i]}' is less than the bucket before.");
                buckets[series] = value;
            }
            else if (types[family] == "histogram" && own.EndsWith("_count", StringComparison.Ordinal))
            {
                Assert.Equal(buckets[family + labels], value);
            }
        }

        Assert.NotEmpty(buckets);
    }

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\.)*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\.)*")*)\})? (?<value>[-+]?[0-9.eE+-]+|[-+]Inf|NaN)$""")]
    private static partial Regex Sample();

    [GeneratedRegex(",?le=\"[^\"]*\"")]
    private static partial Regex Bound();
}
