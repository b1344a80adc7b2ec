using System.Buffers;
using System.Text;
using System.Text.Json;
using DockFlare.Core.Ingress;
using DockFlare.Testing.Dns;
using DockFlare.Testing.Wire;

namespace DockFlare.Testing.Tunnels;

/// <summary>Reads and writes <c>configurations</c>.</summary>
internal static class ConfigurationBody
{
    /// <summary>The configuration as it will be answered: an echo, plus <c>warp-routing</c> when it was not sent.</summary>
    public static (string Json, RoutingTable Routing) Read(JsonElement body, Func<string, string?>? findFault)
    {
        if (!body.TryGetProperty("config", out var config) || config.ValueKind is JsonValueKind.Null)
        {
            throw new Refusal(400, 1056, "Bad Configuration: config is missing.\n");
        }

        // cloudflared's text is passed on as it is, with the line break that follows it in Cloudflare's own answers.
        if ((IngressValidator.FindFaultInJson(Encoding.UTF8.GetBytes(config.GetRawText())) ?? findFault?.Invoke(config.GetRawText())) is { } fault)
        {
            throw new Refusal(400, 1056, $"Bad Configuration: {fault.TrimEnd('\n')}\n");
        }

        if (config.ValueKind != JsonValueKind.Object)
        {
            throw new Refusal(400, 1056, "Bad Configuration: config must be an object.\n");
        }

        return (Echo(config), RoutingTable.Read(config));
    }

    public static void Write(Utf8JsonWriter writer, TunnelState tunnel, FakeConfiguration configuration, DateTimeOffset at)
    {
        writer.WriteStartObject();
        writer.WriteString("tunnel_id"u8, tunnel.Id);
        writer.WriteNumber("version"u8, configuration.Version);
        writer.WritePropertyName("config"u8);
        if (configuration.Json is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteRawValue(configuration.Json, skipInputValidation: true);
        }

        writer.WriteString("source"u8, tunnel.ConfigSource);
        RecordJson.WriteTime(writer, "created_at", at);
        writer.WriteEndObject();
    }

    private static string Echo(JsonElement config)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, ApiAnswer.WriterOptions))
        {
            writer.WriteStartObject();
            foreach (var property in config.EnumerateObject())
            {
                property.WriteTo(writer);
            }

            if (!config.TryGetProperty("warp-routing", out _))
            {
                writer.WriteStartObject("warp-routing"u8);
                writer.WriteBoolean("enabled"u8, false);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
