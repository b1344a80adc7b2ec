using System.Text.Json;
using System.Text.Json.Serialization;
using DockFlare.Core.Commands;

namespace DockFlare.Core.Tests.Commands;

public sealed class AgentCommandJsonTests
{
    public static TheoryData<AgentCommand, string> Commands => new()
    {
        { new AgentCommand.EnsureTunnel(new CommandId("e"), "6ff42ae2", "home", 3), """{"kind":"ensure_tunnel","id":"e","tunnel_id":"6ff42ae2","tunnel_name":"home","generation":3}""" },
        { new AgentCommand.EnsureTunnel(new CommandId("e"), "6ff42ae2", "home", 3) { Restart = true }, """{"kind":"ensure_tunnel","id":"e","tunnel_id":"6ff42ae2","tunnel_name":"home","generation":3,"restart":true}""" },
        { new AgentCommand.StopTunnel(new CommandId("s")), """{"kind":"stop_tunnel","id":"s"}""" },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_is_one_object_and_reads_back_equal(AgentCommand command, string json)
    {
        var written = AgentCommandJson.Serialize(command);

        Assert.Equal(json, written);
        Assert.Equal(command, AgentCommandJson.Deserialize(written));
        Assert.Equal($"[{json}]", JsonSerializer.Serialize([command], CommandListContext.Default.AgentCommandArray));
        Assert.Equal([command], JsonSerializer.Deserialize($"[{json}]", CommandListContext.Default.AgentCommandArray)!);
    }

    [Theory]
    [InlineData("""{"kind":"fly","id":"f"}""", "The command 'f' is of the unknown kind 'fly': a newer DockFlare wrote it. Update this one.")]
    [InlineData("""{"kind":"ensure_tunnel","id":"e","tunnel_id":"6ff42ae2"}""", "The command 'e' lacks 'tunnel_id', 'tunnel_name' or 'generation'.")]
    [InlineData("""{"kind":"stop_tunnel"}""", "A command has no 'id'.")]
    [InlineData("null", "A command is null.")]
    public void What_is_no_command_says_why(string json, string message) =>
        Assert.Equal(message, Assert.Throws<JsonException>(() => AgentCommandJson.Deserialize(json)).Message);

    [Fact]
    public void Every_kind_has_its_JSON()
    {
        var kinds = typeof(AgentCommand).GetNestedTypes().Where(static type => type.IsSubclassOf(typeof(AgentCommand)));

        Assert.Equal(kinds.Order(Comparer<Type>.Create(static (a, b) => string.CompareOrdinal(a.Name, b.Name))), Commands.Select(static row => row.Data.Item1.GetType()).Distinct());
    }
}

[JsonSourceGenerationOptions(Converters = [typeof(AgentCommandConverter)])]
[JsonSerializable(typeof(AgentCommand[]))]
internal sealed partial class CommandListContext : JsonSerializerContext;
