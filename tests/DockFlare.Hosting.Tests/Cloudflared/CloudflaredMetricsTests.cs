using DockFlare.Core.Protocol;
using DockFlare.Hosting.Cloudflared;

namespace DockFlare.Hosting.Tests.Cloudflared;

public sealed class CloudflaredMetricsTests
{
    [Fact]
    public void The_version_and_the_configuration_in_force_are_read()
    {
        const string Text = """
            # HELP build_info Build and version information
            # TYPE build_info gauge
            build_info{goversion="go1.24",revision="2026-08-01 \"x\", {y}",type="",version="2026.8.0"} 1
            # TYPE cloudflared_orchestration_config_version gauge
            cloudflared_orchestration_config_version 1.7e+01 1764000000000
            coredns_panics_total 0
            """;
        Assert.Equal(new ConnectorStatus("t", "2026.8.0", 4, 17), CloudflaredMetrics.Read(Text, "t", 4));
    }

    [Fact]
    public void What_is_not_said_is_null() => Assert.Equal(new ConnectorStatus("t", null, 0, null), CloudflaredMetrics.Read("up 1\n", "t", 0));

    [Theory]
    [InlineData("{\"status\":200,\"readyConnections\":4,\"connectorId\":\"x\"}", 4)]
    [InlineData("{\"status\":503,\"readyConnections\":0}", 0)]
    [InlineData("404 page not found", 0)]
    [InlineData("null", 0)]
    [InlineData("", 0)]
    public void The_connections_are_read(string answer, int connections) => Assert.Equal(connections, CloudflaredMetrics.ReadyConnections(answer));

    [Fact]
    public void Every_form_of_a_sample_is_read_and_what_is_none_is_left_out()
    {
        var samples = PrometheusText.Read("a 1\r\nb{} 2\nc{x=\"1\",y=\"a\\\\b\\\"c\\nd\",} +Inf\n# d 4\n\ne{x=\"1\nf\ng NaN\nh{x=1} 2\n i\t-3.5").ToList();
        Assert.Equal(["a", "b", "c", "g", "i"], samples.Select(s => s.Name));
        Assert.Equal([1, 2, double.PositiveInfinity, double.NaN, -3.5], samples.Select(s => s.Value));
        Assert.Equal(new Dictionary<string, string> { ["x"] = "1", ["y"] = "a\\b\"c\nd" }, samples[2].Labels);
    }
}
