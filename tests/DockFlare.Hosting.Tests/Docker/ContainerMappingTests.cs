using Docker.DotNet.Models;
using DockFlare.Core;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Docker;

namespace DockFlare.Hosting.Tests.Docker;

public sealed class ContainerMappingTests
{
    [Fact]
    public void A_running_container_is_read()
    {
        var expected = new ContainerSnapshot("0123456789ab", "web", new LabelMap([new("a", "1")]))
        {
            State = DockFlare.Core.Protocol.ContainerState.Running,
            Health = ContainerHealth.Healthy,
            Networks = [new("backend", "fd00::2"), new("web", "10.0.0.2"), new("zero", "")],
            Ports = [80, 8080, 9000],
        };
        Assert.Equal(expected, ContainerMapping.ToSnapshot(Container()));
    }

    [Fact]
    public void A_container_that_does_not_run_is_no_snapshot()
    {
        var stopped = Container();
        stopped.State!.Running = false;
        Assert.Null(ContainerMapping.ToSnapshot(stopped));
        stopped.State = null;
        Assert.Null(ContainerMapping.ToSnapshot(stopped));
    }

    [Theory]
    [InlineData(true, false, DockFlare.Core.Protocol.ContainerState.Paused)]
    [InlineData(false, true, DockFlare.Core.Protocol.ContainerState.Restarting)]
    public void Paused_and_restarting_are_states_of_a_container_that_is_there(bool paused, bool restarting, DockFlare.Core.Protocol.ContainerState state)
    {
        var container = Container();
        (container.State!.Paused, container.State.Restarting) = (paused, restarting);
        Assert.Equal(state, ContainerMapping.ToSnapshot(container)?.State);
    }

    [Fact]
    public void Host_networking_has_no_networks()
    {
        var container = Container();
        container.HostConfig!.NetworkMode = "host";
        var snapshot = ContainerMapping.ToSnapshot(container);
        Assert.True(snapshot?.UsesHostNetwork);
        Assert.Equal([], snapshot?.Networks);
    }

    [Fact]
    public void What_the_engine_leaves_out_is_empty()
    {
        var container = new ContainerInspectResponse { ID = "ab", Name = "/web", State = new() { Running = true } };
        Assert.Equal(new ContainerSnapshot("ab", "web", LabelMap.Empty), ContainerMapping.ToSnapshot(container));
    }

    private static ContainerInspectResponse Container() => new()
    {
        ID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        Name = "/web",
        State = new() { Running = true, Health = new() { Status = "healthy" } },
        Config = new() { Labels = new Dictionary<string, string> { ["a"] = "1" }, ExposedPorts = new Dictionary<string, EmptyStruct> { ["8080/tcp"] = default, ["53/udp"] = default } },
        HostConfig = new() { NetworkMode = "web", PortBindings = new Dictionary<string, IList<PortBinding>> { ["9000/tcp"] = [] } },
        NetworkSettings = new()
        {
            Ports = new Dictionary<string, IList<PortBinding>> { ["8080/tcp"] = [], ["80/tcp"] = [], ["odd"] = [] },
            Networks = new Dictionary<string, EndpointSettings>
            {
                ["zero"] = new(),
                ["web"] = new() { IPAddress = "10.0.0.2", GlobalIPv6Address = "fd00::3" },
                ["backend"] = new() { IPAddress = "", GlobalIPv6Address = "fd00::2" },
            },
        },
    };
}
