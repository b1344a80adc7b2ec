using System.Text.Json;
using DockFlare.Core.Ingress;
using DockFlare.Hosting.CommandLine;
using DockFlare.Tests;

namespace DockFlare.Core.Tests.Ingress;

public sealed class DocumentTests
{
    private static readonly IngressRule Everything = new(new("app.example.com", RulePath.Prefix("/api")), "https://app:8443")
    {
        Origin = new()
        {
            ConnectTimeout = TimeSpan.FromSeconds(90),
            TlsTimeout = TimeSpan.FromSeconds(10),
            TcpKeepAlive = TimeSpan.FromHours(1),
            KeepAliveTimeout = TimeSpan.Zero,
            KeepAliveConnections = 100,
            NoHappyEyeballs = false,
            HttpHostHeader = "app.internal",
            OriginServerName = "app: internal",
            MatchSniToHost = true,
            CaPool = "/etc/ssl/ca.pem",
            NoTlsVerify = true,
            DisableChunkedEncoding = true,
            Http2Origin = true,
            ProxyType = "socks",
            ProxyAddress = "127.0.0.1",
            ProxyPort = 8080,
            BastionMode = false,
            IpRules = [new("10.0.0.0/8", [80, 443], Allow: true), new("0.0.0.0/0", [], Allow: false)],
            Access = new(Required: true, "team", ["aud1", "12345"]),
        },
    };

    private static readonly IngressDocument Golden = IngressDocument.FromRules(
    [
        Everything,
        new(new("*.example.com", default), "http://wild:80"),
        new(new("app.example.com", RulePath.Expression("(?i)\\.(jpg|png)$ \"x\" # no comment")), "unix:/run/app.sock"),
        new(new("yes", default), "hello_world"),
        new(new("xn--mller-kva.example.com", default), "http_status:200"),
    ]);

    [Fact]
    public void Rules_as_yaml() => Snapshot.Match("rules", "yml", Golden.ToYaml());

    [Fact]
    public void Rules_as_json() => Snapshot.Match("rules", "json", Golden.ToJson(isIndented: true) + "\n");

    [Fact]
    public void Both_forms_are_valid_to_cloudflared()
    {
        Assert.Null(IngressValidator.FindFaultInJson(System.Text.Encoding.UTF8.GetBytes(Golden.ToJson())));
        Assert.Equal(new(null, []), IngressValidator.Examine(YamlNodes.Read(Golden.ToYaml())));
    }

    [Fact]
    public void The_yaml_says_what_the_document_says()
    {
        var read = Documents.FromYaml(Golden.ToYaml());

        Assert.Equal(Golden.Entries.Select(static entry => (entry.Identity, entry.Service)), read.Entries.Select(static entry => (entry.Identity, entry.Service)));
    }

    [Fact]
    public void What_is_not_ours_survives_reading_and_writing()
    {
        const string Json = """
            {"ingress":[
              {"hostname":"a.com","path":"^/x","service":"http://x","originRequest":{"connectTimeout":30,"future":{"b":1.0,"a":[1e3,null]},"access":{"required":true,"environment":"x"}},"id":"7","enabled":true},
              {"service":"http_status:404"}],
             "originRequest":{"noTLSVerify":true,"banana":1},
             "warp-routing":{"enabled":true},
             "future":"é"}
            """;

        var document = Documents.Parse(Json);
        var written = document.ToJson();

        using var before = JsonDocument.Parse(Json);
        using var after = JsonDocument.Parse(written);
        Assert.True(JsonElement.DeepEquals(before.RootElement, after.RootElement), written);
        Assert.Contains("\"b\":1.0,\"a\":[1e3,null]", written, StringComparison.Ordinal);
        Assert.True(document.SaysTheSameAs(Documents.Parse(written)));
    }

    [Fact]
    public void Keys_are_read_in_any_case_and_written_as_cloudflared_spells_them()
    {
        var document = Documents.Parse("""{"INGRESS":[{"HostName":"a.com","Service":"http://x","originrequest":{"noTlsVerify":true,"TCPKEEPALIVE":5}},{"service":"http_status:404"}]}""");

        Assert.Equal(
            """{"ingress":[{"hostname":"a.com","service":"http://x","originRequest":{"tcpKeepAlive":5,"noTLSVerify":true}},{"service":"http_status:404"}]}""",
            document.ToJson());
    }

    [Theory]
    [InlineData("""{"ingress":[{"service":"http_status:404"}],"warp-routing":{"enabled":false}}""", true)]
    [InlineData("""{"ingress":[{"hostname":"","path":null,"service":"http_status:404","originRequest":{}}],"originRequest":{},"x":null}""", true)]
    [InlineData("""{"ingress":[{"service":"http_status:404","originRequest":{"noTLSVerify":null}}]}""", true)]
    [InlineData("""{"ingress":[{"service":"http_status:404"}],"warp-routing":{"enabled":true}}""", false)]
    [InlineData("""{"ingress":[{"service":"http_status:404","originRequest":{"noTLSVerify":false}}]}""", false)]
    [InlineData("""{"ingress":[{"service":"http_status:404"}],"x":1}""", false)]
    public void What_the_server_adds_by_itself_does_not_count(string json, bool isSame)
    {
        var plain = Documents.Parse("""{"ingress":[{"service":"http_status:404"}]}""");

        Assert.Equal((isSame, isSame), (plain.SaysTheSameAs(Documents.Parse(json)), Documents.Parse(json).SaysTheSameAs(plain)));
    }

    [Theory]
    [InlineData("""{"ingress":[{"hostname":5}]}""", "'hostname' of rule #1 is a number; it must be a text.")]
    [InlineData("""{"ingress":[5]}""", "Rule #1 is a number; a rule is an object.")]
    [InlineData("""{"ingress":{}}""", "'ingress' is an object; it must be a list.")]
    [InlineData("""[]""", "The configuration is a list; it must be an object.")]
    public void What_is_no_configuration_is_refused_with_the_place(string json, string message) =>
        Assert.Equal(message, Assert.Throws<JsonException>(() => Documents.Parse(json)).Message);

    [Fact]
    public void Null_is_the_empty_document() => Assert.Same(IngressDocument.Empty, Documents.Parse("null"));
}
