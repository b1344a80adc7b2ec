using System.Buffers;
using System.Text;
using System.Text.Json;
using DockFlare.Testing.Wire;

namespace DockFlare.Testing;

/// <summary>Writes small JSON texts.</summary>
internal static class FakeJson
{
    public static string Object(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, ApiAnswer.WriterOptions))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
