using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DockFlare.Core.Protocol;
using Microsoft.AspNetCore.Http;

namespace DockFlare.Hosting.Agents;

/// <summary>What an endpoint answers: a status and a JSON body.</summary>
internal sealed class AgentAnswer
{
    private readonly int status;
    private readonly byte[] body;
    private readonly string type;
    private readonly TimeSpan? retryAfter;

    private AgentAnswer(int status, byte[] body, string type = "application/json", TimeSpan? retryAfter = null) =>
        (this.status, this.body, this.type, this.retryAfter) = (status, body, type, retryAfter);

    public static AgentAnswer Of<T>(int status, T body, JsonTypeInfo<T> type) => new(status, JsonSerializer.SerializeToUtf8Bytes(body, type));

    public static AgentAnswer Of(int status, WireAnswer body) => Of(status, body, ProtocolJsonContext.Default.WireAnswer);

    public static AgentAnswer Success(int status, string code, string? message = null) => Of(status, new WireAnswer { Status = "success", Code = code, Message = message });

    public static AgentAnswer Error(int status, string code, string message) => Of(status, new WireAnswer { Status = "error", Code = code, Message = message });

    /// <summary>A script.</summary>
    public static AgentAnswer Text(string text) => new(200, Encoding.UTF8.GetBytes(text), "text/x-shellscript; charset=utf-8");

    /// <summary>429 with <c>Retry-After</c> in whole seconds.</summary>
    public static AgentAnswer TooMany(TimeSpan wait) => new(
        StatusCodes.Status429TooManyRequests,
        JsonSerializer.SerializeToUtf8Bytes(new() { Status = "error", Code = "too_many_requests", Message = "Too many calls: wait as long as Retry-After says." }, ProtocolJsonContext.Default.WireAnswer),
        retryAfter: wait);

    public async Task WriteAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        response.StatusCode = status;
        response.ContentType = type;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        if (retryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        await response.Body.WriteAsync(body, cancellationToken).ConfigureAwait(false);
    }
}
