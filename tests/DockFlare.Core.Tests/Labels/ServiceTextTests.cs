using CsCheck;
using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;

namespace DockFlare.Tests.Labels;

/// <summary>cloudflared's verdict decides, ours says what to write instead.</summary>
public sealed class ServiceTextTests
{
    private static readonly string[] Pieces =
    [
        "http", "https", "tcp", "foo", "HTTP", "1x", "unix:", "unix+tls:", "http_status:", "hello_world", "hello-world", "bastion", "socks-proxy", "://", ":", "/", "//", "@", "?", "#", "[", "]",
        "::1", "app", "localhost", "web_1", "8080", "404", "99", "+404", "65535", "user:pw", "%zz", "é", " ", "-", ".", "x=1",
    ];

    [Fact]
    public void A_fault_is_seen_only_where_cloudflared_sees_one() => Gen.OneOf(Pieces).Array[0, 8].Select(string.Concat).Sample(
        service =>
        {
            if (IngressService.FindFault(service) is null && !ServiceText.HasImpossiblePort(service))
            {
                Assert.True(ServiceText.FindFault(service) is null or "its host has a character that no host has: write scheme, host and port, such as http://app:8080", $"'{service}': {ServiceText.FindFault(service)}");
            }
        },
        iter: Samples.Of(50_000, 1_000_000));

    [Theory]
    [InlineData("http://app:99999")]
    public void Ports_that_cannot_be_are_refused_though_cloudflared_would_try_them(string service)
    {
        Assert.Null(IngressService.FindFault(service));
        Assert.True(ServiceText.HasImpossiblePort(service));
        Assert.NotNull(ServiceText.FindFault(service));
    }

    [Theory]
    [InlineData("http://user:secret@app:80", "http://***@app:80")]
    [InlineData("http://user:se@cret@app:80", "http://***@app:80")]
    [InlineData("user:secret@app:80", "***@app:80")]
    [InlineData("http://app:80", "http://app:80")]
    public void A_password_is_never_shown(string service, string shown) => Assert.Equal(shown, ServiceText.RedactService(service));
}
