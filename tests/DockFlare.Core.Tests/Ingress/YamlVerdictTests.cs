using DockFlare.Core.Ingress;
using DockFlare.Hosting.CommandLine;
using YamlDotNet.Core;

namespace DockFlare.Core.Tests.Ingress;

public sealed class YamlVerdictTests
{
    public static TheoryData<string> Names => [.. IngressCases.Yaml.Where(static one => one.Url is null).Select(static one => one.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_gets_the_verdict_of_cloudflared(string name)
    {
        var one = IngressCases.Yaml.Single(candidate => candidate.Name == name);
        if (one.Error?.StartsWith("yaml: ", StringComparison.Ordinal) == true)
        {
            Assert.ThrowsAny<YamlException>(() => YamlNodes.Read(one.Text));
            return;
        }

        var verdict = IngressValidator.Examine(YamlNodes.Read(one.Text));

        // The binary prints no warnings beside a fault.
        Assert.Equal(one.Error, verdict.Fault);
        Assert.Equal(one.Warning is null ? [] : [one.Warning], one.Error is null ? verdict.Warnings : []);
    }

    [Theory]
    [InlineData("noTLSVerify: \"true\"", "line 4: cannot unmarshal !!str `true` into bool")]
    [InlineData("keepAliveConnections: many", "line 4: cannot unmarshal !!str `many` into int")]
    [InlineData("proxyPort: -1", "line 4: cannot unmarshal !!int `-1` into uint")]
    [InlineData("connectTimeout: 0", "line 4: cannot unmarshal !!int `0` into time.Duration")]
    [InlineData("connectTimeout: ~", null)]
    [InlineData("keepAliveConnections: 0x10", null)]
    [InlineData("keepAliveConnections: 1_000", null)]
    [InlineData("httpHostHeader: 12", null)]
    [InlineData("access: [x]", "line 4: cannot unmarshal !!seq into config.AccessConfig")]
    public void Values_are_typed_as_go_yaml_types_them(string setting, string? fault)
    {
        var yaml = $"ingress:\n  - service: http_status:404\n    originRequest:\n      {setting}\n";

        Assert.Equal(fault, IngressValidator.Examine(YamlNodes.Read(yaml)).Fault);
    }

    [Theory]
    [InlineData("warp-routing:\n  maxActiveFlows: -1\ningress:\n  - service: http_status:404\n", "line 2: cannot unmarshal !!int `-1` into uint64")]
    [InlineData("url: http://localhost:1\ningress:\n  - service: http_status:404\n", "You can't set the --url flag (or $TUNNEL_URL) when using multiple-origin ingress rules")]
    [InlineData("ingress:\n  - http://localhost\n", "line 2: cannot unmarshal !!str `http://...` into config.UnvalidatedIngressRule")]
    [InlineData("ingress: []\n", "Validation failed: The config file doesn't contain any ingress rules")]
    [InlineData("banana: 1\ningress:\n  - service: http_status:404\n", null)]
    public void The_top_level_is_typed_too(string yaml, string? fault) => Assert.Equal(fault, IngressValidator.Examine(YamlNodes.Read(yaml)).Fault);

    [Fact]
    public void Merged_keys_count_unless_the_mapping_has_its_own()
    {
        const string Yaml = """
            base: &base
              service: nowhere
              hostname: a.example.com
            ingress:
              - <<: *base
                service: http://a
              - service: http_status:404
            """;

        Assert.Equal(new(null, []), IngressValidator.Examine(YamlNodes.Read(Yaml)));
    }
}
