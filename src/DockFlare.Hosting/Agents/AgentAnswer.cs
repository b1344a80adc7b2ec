using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DockFlare.Core.Protocol;
using Microsoft.AspNetCore.Http;

namespace DockFlare.Hosting.Agents;

/// <summary>What an endpoint answers: a status and a JSON body.</summary>
internal sealed class AgentAnswer
{
    private readonly int status;
    private readonly byte[] json;

    private AgentAnswer(int status, byte[] json) => (this.status, this.json) = (status, json);

    public static AgentAnswer Of<T>(int status, T body, JsonTypeInfo<T> type) => new(status, JsonSerializer.SerializeToUtf8Bytes(body, type));

    public static AgentAnswer Of(int status, WireAnswer body) => Of(status, body, ProtocolJsonContext.Default.WireAnswer);

    public static AgentAnswer Success(int status, string code, string? message = null) => Of(status, new WireAnswer { Status = "success", Code = code, Message = message });

    public static AgentAnswer Error(int status, string code, string message) => Of(status, new WireAnswer { Status = "error", Code = code, Message = message });

    public async Task WriteAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        response.Headers.CacheControl = "no-store";
        await response.Body.WriteAsync(json, cancellationToken).ConfigureAwait(false);
    }
}
