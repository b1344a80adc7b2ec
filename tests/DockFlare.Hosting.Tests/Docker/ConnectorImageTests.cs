using DockFlare.Hosting.Docker;

namespace DockFlare.Hosting.Tests.Docker;

public sealed class ConnectorImageTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("cloudflare/cloudflared:2026.8.0", "cloudflare/cloudflared:2026.8.0")]
    [InlineData("  cloudflare/cloudflared : 2026.8.0  # pinned by ops", "cloudflare/cloudflared:2026.8.0")]
    [InlineData("cloudflare/cloudflared", "cloudflare/cloudflared:latest")]
    [InlineData("registry.lan:5000/cloudflared", "registry.lan:5000/cloudflared:latest")]
    [InlineData("registry.lan:5000/cloudflared:1", "registry.lan:5000/cloudflared:1")]
    [InlineData("cloudflare/cloudflared@" + Digest, "cloudflare/cloudflared@" + Digest)]
    [InlineData("cloudflare/cloudflared@" + Digest + "#x", "cloudflare/cloudflared@" + Digest)]
    public void An_image_is_read(string value, string image) => Assert.Equal(image, ConnectorImage.Parse(value).ToString());

    [Theory]
    [InlineData("cloudflare/cloudflared@sha256:0123")]
    [InlineData("cloudflare/cloudflared@" + Digest + "0")]
    [InlineData("cloudflare/cloudflared@sha512:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("@" + Digest)]
    public void A_malformed_digest_is_refused(string value) =>
        Assert.StartsWith($"CLOUDFLARED_IMAGE is '{value}': a digest is 'sha256:' and 64 hex digits", Assert.Throws<FormatException>(() => ConnectorImage.Parse(value)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("", "")]
    [InlineData("# none", "")]
    [InlineData("cloudflared:", "cloudflared:")]
    [InlineData(":tag", ":tag")]
    [InlineData("a;b:1", "a;b:1")]
    public void What_is_no_image_is_refused_with_what_to_write(string value, string named) =>
        Assert.Equal(
            $"CLOUDFLARED_IMAGE is '{named}', which is no image: write 'repo:tag', such as 'cloudflare/cloudflared:2026.8.0', or 'repo@sha256:…'.",
            Assert.Throws<FormatException>(() => ConnectorImage.Parse(value)).Message);

    [Fact]
    public void The_default_is_a_pinned_release() => Assert.Equal(ConnectorImage.Parse("cloudflare/cloudflared:2026.8.0"), new DockerOptions().ConnectorImage);
}
