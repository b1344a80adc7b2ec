using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace DockFlare.Hosting.Tests.CommandLine;

public sealed class IngressCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dockflare-ingress-").FullName;

    public static TheoryData<string, int> Yaml => Names("ingress-cases.json");

    public static TheoryData<string, int> Json => Names("ingress-json-cases.json");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Yaml))]
    public async Task A_file_gets_the_verdict_of_cloudflared(string name, int index)
    {
        var one = Read("ingress-cases.json")[index];
        Assert.Equal(name, one.GetProperty("name").GetString());
        var file = Write("config.yml", one.GetProperty("config").GetString()!);

        var ran = await RunAsync("validate", file);

        Verdict(one, ran);
        if (one.TryGetProperty("matchedRule", out var rule))
        {
            var matched = await RunAsync("rule", file, one.GetProperty("url").GetString()!, "--json");
            using var answer = JsonDocument.Parse(matched.Output);
            Assert.Equal((0, rule.GetInt32()), (matched.ExitCode, answer.RootElement.GetProperty("index").GetInt32()));
        }
        else if (one.TryGetProperty("urlError", out var fault))
        {
            Assert.Equal(new(1, "", fault.GetString() + Environment.NewLine), await RunAsync("rule", file, one.GetProperty("url").GetString()!));
        }
    }

    [Theory]
    [MemberData(nameof(Json))]
    public async Task The_apis_json_gets_the_verdict_of_cloudflared(string name, int index)
    {
        var one = Read("ingress-json-cases.json")[index];
        Assert.Equal(name, one.GetProperty("name").GetString());

        Verdict(one, await RunAsync("validate", Write("config.json", one.GetProperty("json").GetString()!)));
    }

    [Fact]
    public async Task A_person_is_told_which_rule_answers_and_why()
    {
        var file = Write("config", """{"ingress":[{"hostname":"a.example.com","path":"^/api","service":"http://api:1"},{"hostname":"*.example.com","service":"http://b:1"},{"service":"http_status:404"}]}""");

        var ran = await RunAsync("rule", file, "https://a.example.com/api/v1");

        Assert.Equal(
            new(0, """
            Matched rule #0
              hostname: a.example.com
              path: ^/api
              service: http://api:1
            Rule #0 is the first that matches: its host is 'a.example.com', and '^/api' is found in '/api/v1'.
            It keeps from answering: #1.

            """, ""),
            ran);
    }

    [Fact]
    public async Task A_rule_that_is_never_reached_is_a_warning()
    {
        var file = Write("config.yml", "ingress:\n  - hostname: '*.example.com'\n    service: http://a:1\n  - hostname: a.example.com\n    service: http://b:1\n  - service: http_status:404\n");

        Assert.Equal(
            new(0, $"OK{Environment.NewLine}", $"warning: rule #1 is never reached, because rule #0 takes all of its requests{Environment.NewLine}"),
            await RunAsync("validate", file));
    }

    [Theory]
    [InlineData("ingress: {{{{[\u0000")]
    [InlineData("? ")]
    [InlineData("a: &x\n  <<: *y")]
    public async Task A_broken_file_is_a_fault_with_its_line(string text)
    {
        var ran = await RunAsync("validate", Write("config.yml", text));

        Assert.Equal((1, ""), (ran.ExitCode, ran.Output));
        Assert.NotEmpty(ran.Error);
    }

    [Fact]
    public async Task A_file_nested_without_end_is_a_fault()
    {
        var ran = await RunAsync("validate", Write("config.yml", new string('[', 100_000)));

        Assert.Equal(new(1, "", $"yaml: line 1: It is nested more than 200 deep.{Environment.NewLine}"), ran);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        var ran = await RunAsync("validate", Path.Combine(folder, "missing.yml"));

        Assert.Equal((1, ""), (ran.ExitCode, ran.Output));
        Assert.StartsWith($"'{Path.Combine(folder, "missing.yml")}' cannot be read: ", ran.Error, StringComparison.Ordinal);
    }

    private static void Verdict(JsonElement one, Ran ran)
    {
        if (one.GetProperty("expect").GetString() == "valid")
        {
            Assert.Equal((0, $"OK{Environment.NewLine}"), (ran.ExitCode, ran.Output));
            return;
        }

        Assert.Equal((1, ""), (ran.ExitCode, ran.Output));
        var expected = one.GetProperty("error").GetString()!;
        if (expected.StartsWith("yaml: ", StringComparison.Ordinal))
        {
            Assert.StartsWith("yaml: line ", ran.Error, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(expected, ran.Error.Split(Environment.NewLine)[^2]);
        }
    }

    private static Task<Ran> RunAsync(params string[] args) => Ran.Async(DockFlareCommandLine.Master(new ConfigurationManager()), ["ingress", .. args]);

    private string Write(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static TheoryData<string, int> Names(string file) => [.. Read(file).Select(static (one, index) => (one.GetProperty("name").GetString()!, index))];

    private static List<JsonElement> Read(string file, [CallerFilePath] string caller = "")
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(caller)!, "..", "..", "DockFlare.Core.Tests", "cases", "cloudflared", file)));
        return [.. document.RootElement.EnumerateArray().Select(static one => one.Clone())];
    }
}
