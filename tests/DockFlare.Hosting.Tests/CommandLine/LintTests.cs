using DockFlare.Hosting.CommandLine;
using DockFlare.Tests;
using Microsoft.Extensions.Configuration;

namespace DockFlare.Hosting.Tests.CommandLine;

public sealed class LintTests : IDisposable
{
    private const string Compose = """
        x-labels: &common
          dockflare.enable: "true"
        services:
          blog:
            image: ghost
            labels:
              <<: *common
              dockflare.hostname: blog.example.com
              dockflare.service: http://blog:2368
          shop:
            labels:
              - dockflare.enable=true
              - dockflare.hostname=blog.example.com
              - dockflare.servce=http://shop:80
              - dockflare.service=http://shop:80
            networks: [cf]
          wiki:
            labels:
              dockflare.enable: true
              dockflare.hostname: wiki.example.com
              dockflare.service: wiki:3000
          api:
            networks: { cf: {} }
            labels:
              dockflare.enable: true
              dockflare.hostname: api.${DOMAIN}
              dockflare.service: http://api:${PORT:-8080}
          plain:
            labels: { com.example.team: web }
        networks:
          cf: { external: true, name: cloudflare-net }

        """;

    private readonly string folder = Directory.CreateTempSubdirectory("dockflare-lint-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("text", "txt")]
    [InlineData("json", "json")]
    [InlineData("sarif", "sarif")]
    public void Findings_read_well_in_each_form(string format, string extension)
    {
        var linter = new Linter(new(), static _ => null);
        linter.Check("compose.yaml", Compose, "");

        Snapshot.Match("lint", extension, format switch
        {
            "json" => LintReport.ToJson(linter.Result),
            "sarif" => LintReport.ToSarif(linter.Result),
            _ => LintReport.ToText(linter.Result),
        });
    }

    [Fact]
    public void A_file_without_a_fault_has_no_findings()
    {
        var linter = new Linter(new(), static name => name == "DOMAIN" ? "example.com" : null);
        linter.Check("compose.yaml", Service("api", "dockflare.hostname: api.${DOMAIN}", "dockflare.service: http://elsewhere:8080"), "");

        Assert.Equal((0, 1, 1, 1), (linter.Result.Findings.Count, linter.Result.Files, linter.Result.Services, linter.Result.Routes));
    }

    [Fact]
    public void One_route_in_two_files_is_a_conflict()
    {
        var linter = new Linter(new(), static _ => null);
        linter.Check("a/compose.yaml", Service("web", "dockflare.hostname: app.example.com", "dockflare.service: http_status:200"), "");
        linter.Check("b/compose.yaml", Service("app", "dockflare.hostname: App.Example.com", "dockflare.service: http_status:200"), "");

        Assert.Equal(
            [new(LintSeverity.Error, "conflict", "b/compose.yaml", 3, "'app.example.com' is claimed by service 'web' of 'a/compose.yaml' too; only one of them gets it: give one another hostname or path.") { Service = "app" }],
            linter.Result.Findings);
    }

    [Theory]
    [InlineData("services: [", "'c.yaml' is no YAML: ")]
    [InlineData("version: '3'", "'c.yaml' cannot be checked: it has no 'services', so it is no compose file.")]
    [InlineData("services: [a]", "'c.yaml' cannot be checked: line 1: 'services' is not a mapping of names to services.")]
    [InlineData("services:\n  a: b", "'c.yaml' cannot be checked: line 2: service 'a' is not a mapping.")]
    [InlineData("services:\n  a:\n    labels: yes", "'c.yaml' cannot be checked: line 3: the labels of service 'a' are neither a mapping nor a list of key=value.")]
    [InlineData("services:\n  a: *none", "'c.yaml' is no YAML: ")]
    public void What_is_no_compose_file_is_said_and_hides_nothing_else(string text, string message)
    {
        var linter = new Linter(new(), static _ => null);
        linter.Check("c.yaml", text, "");
        linter.Check("d.yaml", Service("d", "dockflare.hostname: d.example.com", "dockflare.service: http_status:200"), "");

        Assert.StartsWith(message, Assert.Single(linter.Result.Findings).Message, StringComparison.Ordinal);
        Assert.Equal((1, 1), (linter.Result.Errors, linter.Result.Routes));
    }

    [Fact]
    public async Task The_command_reads_files_and_the_env_beside_them_and_ends_with_1_on_an_error()
    {
        var file = Path.Combine(folder, "compose.yaml");
        await File.WriteAllTextAsync(file, Service("api", "dockflare.hostname: api.${LINT_TEST_DOMAIN}", "dockflare.service: http://elsewhere:8080"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, ".env"), "# ours\nexport LINT_TEST_DOMAIN=\"example.com\" # the domain\n", TestContext.Current.CancellationToken);
        var root = DockFlareCommandLine.Master(new ConfigurationManager());

        Assert.Equal(new(0, "1 file, 1 service with labels, 1 route: 0 errors, 0 notes\n", ""), await Ran.Async(root, "lint", file));

        await File.WriteAllTextAsync(Path.Combine(folder, ".env"), "LINT_TEST_DOMAIN=nope\nLINT=1", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(file, Service("api", "dockflare.hostname: ${LINT_TEST_DOMAIN}:80", "dockflare.service: http://elsewhere:8080"), TestContext.Current.CancellationToken);
        var ran = await Ran.Async(root, "lint", file, Path.Combine(folder, "missing.yaml"));

        Assert.Equal(1, ran.ExitCode);
        Assert.StartsWith($"{file}:6: error: dockflare.hostname", ran.Output, StringComparison.Ordinal);
        Assert.StartsWith($"'{Path.Combine(folder, "missing.yaml")}' cannot be read", ran.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain", "plain", null)]
    [InlineData("$A-${A}", "1-1", null)]
    [InlineData("$$A", "$A", null)]
    [InlineData("${B:-x}${B-y}${E:-z}${E-w}", "xyz", null)]
    [InlineData("${B:-${A}}", "1", null)]
    [InlineData("${A:+yes}${B:+no}", "yes", null)]
    [InlineData("${A:?must}", "1", null)]
    [InlineData("${B:?must}", "", "B")]
    [InlineData("$B.${C}", ".", "B")]
    [InlineData("5$", "5$", null)]
    [InlineData("${A", "${A", null)]
    public void Variables_are_filled_in_as_compose_does(string text, string filled, string? unset)
    {
        var variables = new ComposeVariables(static name => name switch { "A" => "1", "E" => "", _ => null });

        Assert.Equal((filled, unset), (variables.Fill(text, out var missing), missing));
    }

    private static string Service(string name, params ReadOnlySpan<string> labels) =>
        $"services:\n  {name}:\n    image: x\n    labels:\n      dockflare.enable: true\n      {string.Join("\n      ", labels!)}\n";
}
