using System.Text;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Tests.Ingress;

public sealed class JsonVerdictTests
{
    public static TheoryData<string> Names => [.. IngressCases.Json.Select(static one => one.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Json_gets_the_verdict_of_cloudflared(string name)
    {
        var one = IngressCases.Json.Single(candidate => candidate.Name == name);

        Assert.Equal(one.Error, IngressValidator.FindFaultInJson(Encoding.UTF8.GetBytes(one.Text)));
    }

    [Theory]
    [InlineData("""{"ingress":[{"service":"http_status:404"}],"originRequest":{"connectTimeout":1.5}}""", "strconv.ParseInt: parsing \"1.5\": invalid syntax")]
    [InlineData("""{"ingress":[{"service":"http_status:404","originRequest":{"connectTimeout":1e1}}]}""", "strconv.ParseInt: parsing \"1e1\": invalid syntax")]
    [InlineData("""{"ingress":[{"service":"http_status:404","originRequest":{"keepAliveConnections":1.5}}]}""", "json: cannot unmarshal number 1.5 into Go struct field OriginRequestConfig.Ingress.originRequest.keepAliveConnections of type int")]
    [InlineData("""{"ingress":[{"service":"http_status:404","originRequest":{"keepAliveConnections":"1"}}]}""", "json: cannot unmarshal string into Go struct field OriginRequestConfig.Ingress.originRequest.keepAliveConnections of type int")]
    [InlineData("""{"ingress":[{"service":"http_status:404","originRequest":{"proxyPort":-1}}]}""", "json: cannot unmarshal number -1 into Go struct field OriginRequestConfig.Ingress.originRequest.proxyPort of type uint")]
    [InlineData("""{"ingress":[{"service":"http_status:404","originRequest":{"access":{"audTag":"x"}}}]}""", "json: cannot unmarshal string into Go struct field AccessConfig.Ingress.originRequest.access.audTag of type []string")]
    [InlineData("""[]""", "json: cannot unmarshal array into Go value of type config.Configuration")]
    [InlineData("""{"ingress":[]}""", "Validation failed: The config file doesn't contain any ingress rules")]
    [InlineData("""{"ingress":[{"service":"http_status:404"}],"warp-routing":{"connectTimeout":"bad"}}""", null)]
    [InlineData("""{"ingress":[{"service":"http_status:404","originRequest":{"connectTimeout":-1,"tlsTimeout":0}}]}""", null)]
    public void Json_gets_the_verdict_of_the_table(string json, string? fault) =>
        Assert.Equal(fault, IngressValidator.FindFaultInJson(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void A_duration_that_cannot_be_read_is_reported_before_an_earlier_wrong_type()
    {
        const string Json = """{"ingress":[{"hostname":5,"service":"http_status:404","originRequest":{"tlsTimeout":"x"}}]}""";

        Assert.Equal("strconv.ParseInt: parsing \"\\\"x\\\"\": invalid syntax", IngressValidator.FindFaultInJson(Encoding.UTF8.GetBytes(Json)));
    }
}
