using DockFlare.Core;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Docker;

namespace DockFlare.Hosting.Tests.Docker;

public sealed class ContainerFilterTests
{
    private static readonly ContainerSnapshot Blog = new("3f2a", "blog-web", new LabelMap([new("team", "web"), new("empty", "")]));

    [Theory]
    [InlineData(null, true)]
    [InlineData("  ", true)]
    [InlineData("label=team=web", true)]
    [InlineData("label=team=w*", true)]
    [InlineData("label=team=WEB", false)]
    [InlineData("label=team", true)]
    [InlineData("label=empty", true)]
    [InlineData("label=owner", false)]
    [InlineData("name=blog-*", true)]
    [InlineData("name=blog", false)]
    [InlineData("name=*log*e*", true)]
    [InlineData("name=blog-web*web", false)]
    [InlineData("name=*e*log*", false)]
    [InlineData("name=blog-we?", false)]
    [InlineData(" name = *-web , label = team = web ", true)]
    [InlineData("name=blog-*,label=team=data", false)]
    public void A_container_is_looked_at_when_every_term_holds(string? filter, bool matches) =>
        Assert.Equal(matches, ContainerFilter.Parse(filter).Matches(Blog));

    [Theory]
    [InlineData("team=web")]
    [InlineData("name=")]
    [InlineData("name")]
    [InlineData("label==web")]
    [InlineData("image=nginx")]
    public void A_malformed_term_is_named(string term)
    {
        var error = Assert.Throws<FormatException>(() => ContainerFilter.Parse($"name=blog-*,{term}"));
        Assert.Equal(
            $"DOCKFLARE_CONTAINER_FILTER has the term '{term}': write 'label=key', 'label=key=value' or 'name=pattern', such as 'label=team=web' or 'name=blog-*'.",
            error.Message);
    }

    [Theory]
    [InlineData(" unix:///run/docker.sock", "unix:///run/docker.sock")]
    [InlineData("tcp://docker-socket-proxy:2375", "tcp://docker-socket-proxy:2375/")]
    public void An_address_is_a_socket_or_tcp(string value, string address) => Assert.Equal(address, DockerOptions.ParseHost(value).ToString());

    [Theory]
    [InlineData("/var/run/docker.sock")]
    [InlineData("ssh://root@host")]
    [InlineData("unix://")]
    [InlineData("tcp://host:2375/path")]
    [InlineData("")]
    public void Another_address_is_refused_with_what_to_write(string value)
    {
        var error = Assert.Throws<FormatException>(() => DockerOptions.ParseHost(value));
        Assert.Equal($"DOCKER_HOST is '{value}', which is neither a unix socket nor a TCP address: write 'unix:///var/run/docker.sock' or 'tcp://docker-socket-proxy:2375'.", error.Message);
    }
}
