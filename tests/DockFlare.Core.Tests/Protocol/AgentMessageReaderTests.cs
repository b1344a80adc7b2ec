using System.Text;
using CsCheck;
using DockFlare.Core.Protocol;
using DockFlare.Tests;

namespace DockFlare.Core.Tests.Protocol;

public sealed class AgentMessageReaderTests
{
    private static readonly int[] Speaks = [3, 2, 1];

    private const string Whole =
        """{"type":"status_report","agent_session_id":"s","report_sequence":3,"inventory_complete":true,"containers":[{"id":"0123456789abcdef","name":"/blog","labels":{"a":"b"},"state":"paused","networks":[{"name":"n","address":"10.0.0.1"}],"ports":[80]}],"tunnel":{"generation":2,"tunnel_id":"t","ready_connections":4,"config_version":9}}""";

    [Fact]
    public void A_whole_report_is_read()
    {
        var message = AgentMessageReader.ReadEvent(Encoding.UTF8.GetBytes(Whole));

        var blog = new ContainerSnapshot("0123456789ab", "blog", new LabelMap([new("a", "b")]))
        {
            State = ContainerState.Paused,
            Networks = [new("n", "10.0.0.1")],
            Ports = [80],
        };
        var listing = new AgentEvent.Listing([blog], IsComplete: true, LeftOut: []) { TunnelGeneration = 2, Connector = new("t", null, 4, 9) };
        Assert.Equal(new AgentMessage(listing) { SessionId = "s", ReportSequence = 3 }, message);
    }

    [Theory]
    [InlineData("""{"type":"tunnel_status","tunnel":{"name":"n","status":"running"},"status":"stopped"}""")]
    [InlineData("""{"type":"tunnel_status","name":"n","status":"running","container":{"status":"stopped"}}""")]
    [InlineData("""{"type":"tunnel_status","container":{"name":"n","status":"running"}}""")]
    public void A_tunnel_status_is_read_from_the_first_place_that_has_one(string json)
    {
        var message = AgentMessageReader.ReadEvent(Encoding.UTF8.GetBytes(json));

        Assert.Equal(new AgentEvent.TunnelState("n", "running", null), message.Event);
    }

    [Fact]
    public void Random_bytes_give_a_message_or_a_protocol_error() =>
        Gen.Byte.Array[0, 200].Sample(static bytes => Survives(bytes), iter: Samples.Of(1_000, 50_000));

    [Fact]
    public void A_damaged_message_gives_a_message_or_a_protocol_error() =>
        Gen.Select(Gen.Int[0, Whole.Length - 1], Gen.Byte, Gen.Int[0, Whole.Length - 1], Gen.Byte).Sample(static damage =>
        {
            var bytes = Encoding.UTF8.GetBytes(Whole);
            bytes[damage.Item1] = damage.Item2;
            bytes[damage.Item3] = damage.Item4;
            return Survives(bytes);
        }, iter: Samples.Of(1_000, 50_000));

    [Theory]
    [InlineData("""{"type":"\ud800"}""")]
    [InlineData("""{"type":"container_start","container":{"id":"\udfff"}}""")]
    [InlineData("""{"type":"container_start","container":{"id":"a","labels":{"\ud800":"b"}}}""")]
    [InlineData("""{"type":"status_report","containers":[1,null,{}]}""")]
    [InlineData("""{"type":"status_report","containers":[],"tunnel":{"generation":1e400}}""")]
    [InlineData("""{"type":"heartbeat","event_sequence":-1}""")]
    [InlineData("""null""")]
    public void Odd_messages_give_a_message_or_a_protocol_error(string json) => Assert.True(Survives(Encoding.UTF8.GetBytes(json)));

    private static bool Survives(byte[] bytes)
    {
        try
        {
            AgentMessageReader.ReadEvent(bytes);
        }
        catch (ProtocolException exception)
        {
            Assert.InRange(exception.Status, 400, 499);
        }

        try
        {
            AgentMessageReader.ReadRegistration(bytes, Speaks);
        }
        catch (ProtocolException exception)
        {
            Assert.InRange(exception.Status, 400, 499);
        }

        return true;
    }
}
