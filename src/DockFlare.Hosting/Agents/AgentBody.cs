using System.Buffers;
using System.IO.Compression;
using System.Text.Json;
using DockFlare.Core.Protocol;
using Microsoft.AspNetCore.Http;

namespace DockFlare.Hosting.Agents;

/// <summary>Reads a request's body, compressed or not; the limit counts the decompressed bytes while they come, whatever the headers say.</summary>
internal static class AgentBody
{
    /// <exception cref="ProtocolException">It is over the limit, or is not what its header says.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > ProtocolLimits.Body)
        {
            throw TooLarge();
        }

        switch (request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant())
        {
            case "" or "identity":
                return await ReadAsync(request.Body, cancellationToken).ConfigureAwait(false);
            case "gzip":
                var unpacked = new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true);
                await using (unpacked.ConfigureAwait(false))
                {
                    return await ReadAsync(unpacked, cancellationToken).ConfigureAwait(false);
                }

            default:
                throw new ProtocolException(415, "invalid_payload", "The body must be plain or compressed with gzip.");
        }
    }

    /// <summary>Reads a small JSON object; an empty body is an empty object.</summary>
    public static async ValueTask<T> ReadAsync<T>(HttpContext context, Func<JsonElement, T> read)
    {
        var body = await ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false);
        return AgentMessageReader.Read(body.IsEmpty ? "{}"u8.ToArray() : body, read);
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(16 * 1024);
        try
        {
            while (true)
            {
                var count = await body.ReadAsync(buffer.GetMemory(16 * 1024), cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    return buffer.WrittenMemory;
                }

                buffer.Advance(count);
                if (buffer.WrittenCount > ProtocolLimits.Body)
                {
                    throw TooLarge();
                }
            }
        }
        catch (InvalidDataException)
        {
            throw ProtocolException.Invalid("The body is not valid gzip.");
        }
        catch (BadHttpRequestException exception)
        {
            throw new ProtocolException(exception.StatusCode, exception.StatusCode == 413 ? "payload_too_large" : "invalid_payload", "The body could not be read.");
        }
    }

    private static ProtocolException TooLarge() => ProtocolException.TooLarge($"The body is larger than {ProtocolLimits.Body} bytes.");
}
