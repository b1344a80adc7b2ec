using DockFlare.Core.Reconciliation;

namespace DockFlare.Tests.Reconciliation;

/// <summary>The text in which operators say what an agent may claim.</summary>
public sealed class AgentAuthorityTests
{
    [Theory]
    [InlineData("", "hosts=any; tunnels=own; groups=any")]
    [InlineData("hosts=NAS.example.com", "hosts=nas.example.com; tunnels=own; groups=any")]
    [InlineData("hosts=*.example.com ; tunnels=own, pi;groups=", "hosts=example.com; tunnels=own,pi; groups=")]
    [InlineData("tunnels=any", "hosts=any; tunnels=any; groups=any")]
    [InlineData("hosts=bücher.example", "hosts=xn--bcher-kva.example; tunnels=own; groups=any")]
    public void Text_is_read_and_written_in_one_form(string text, string canonical)
    {
        var authority = AgentAuthority.Parse(text);

        Assert.Equal(canonical, authority.ToString());
        Assert.Equal(authority, AgentAuthority.Parse(canonical));
    }

    [Theory]
    [InlineData("nas.example.com", "'nas.example.com' must be hosts=…, tunnels=… or groups=…")]
    [InlineData("hosts=a.com; hosts=b.com", "each once")]
    [InlineData("zones=a.com", "'zones' is not known: write hosts, tunnels or groups.")]
    [InlineData("hosts=http://a.com", "hosts: ")]
    public void What_is_wrong_is_named(string text, string fault) =>
        Assert.Contains(fault, Assert.Throws<FormatException>(() => AgentAuthority.Parse(text)).Message, StringComparison.Ordinal);
}
