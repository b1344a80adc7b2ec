using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DockFlare.Core.Protocol;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Agents;

/// <summary>
/// Calls to the master: the key, Cloudflare Access, compression, and sentences for what goes wrong. A refused key is read
/// again from its file, once, before it is a failure.
/// </summary>
internal sealed class MasterHttp(HttpClient client, IOptions<AgentOptions> options) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly SemaphoreSlim reading = new(1, 1);
    private string? key;

    /// <summary>The master's address, for messages.</summary>
    public string Where => $"DOCKFLARE_MASTER_URL '{options.Value.MasterUrl}'";

    public Task<TAnswer> GetAsync<TAnswer>(string path, JsonTypeInfo<TAnswer> type, TimeSpan wait, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, path, body: null, compress: false, type, Patience + wait, cancellationToken);

    public Task<TAnswer> SendAsync<TBody, TAnswer>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> type, CancellationToken cancellationToken, bool compress = false) =>
        SendAsync(method, path, JsonSerializer.SerializeToUtf8Bytes(body, bodyType), compress, type, Patience, cancellationToken);

    /// <summary>The key as it is set now, read anew when it is in a file.</summary>
    public ValueTask<string> ReadKeyAsync(CancellationToken cancellationToken) => KeyAsync(refused: key, cancellationToken);

    public void Dispose() => reading.Dispose();

    private async Task<TAnswer> SendAsync<TAnswer>(
        HttpMethod method, string path, byte[]? body, bool compress, JsonTypeInfo<TAnswer> type, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(patience);
        try
        {
            var used = await KeyAsync(refused: null, timer.Token).ConfigureAwait(false);
            var response = await SendOnceAsync(method, path, body, compress, used, timer.Token).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.Unauthorized && await KeyAsync(refused: used, timer.Token).ConfigureAwait(false) is { } fresh && !string.Equals(fresh, used, StringComparison.Ordinal))
            {
                response.Dispose();
                response = await SendOnceAsync(method, path, body, compress, fresh, timer.Token).ConfigureAwait(false);
            }

            using (response)
            {
                return await ReadAsync(response, type, timer.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MasterLinkException($"{Where} did not answer within {patience.TotalSeconds:0} s. Check the address, and that this host can reach it.", exception);
        }
        catch (HttpRequestException exception)
        {
            throw new MasterLinkException($"{Where} cannot be reached: {exception.Message} Check the address, and that this host can reach it.", exception);
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, string path, byte[]? body, bool compress, string bearer, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(options.Value.MasterUrl!.TrimEnd('/') + path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        if (options.Value is { AccessClientId.Length: > 0, AccessClientSecret.Length: > 0 })
        {
            request.Headers.Add("CF-Access-Client-Id", options.Value.AccessClientId);
            request.Headers.Add("CF-Access-Client-Secret", options.Value.AccessClientSecret);
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(compress ? Pack(body) : body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            if (compress)
            {
                request.Content.Headers.ContentEncoding.Add("gzip");
            }
        }

        return await client.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private async Task<TAnswer> ReadAsync<TAnswer>(HttpResponseMessage response, JsonTypeInfo<TAnswer> type, CancellationToken cancellationToken)
    {
        var json = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!response.IsSuccessStatusCode)
            {
                throw Failure(response, JsonSerializer.Deserialize(json, ProtocolJsonContext.Default.WireAnswer));
            }

            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("It is null.");
        }
        catch (JsonException exception)
        {
            // A login page of Cloudflare Access answers 200 or 403 with HTML.
            throw response.IsSuccessStatusCode
                ? new MasterLinkException(
                    $"The answer from {Where} is not a DockFlare master's. If the master is behind Cloudflare Access, set CF_ACCESS_CLIENT_ID and CF_ACCESS_CLIENT_SECRET.", exception)
                : Failure(response, answer: null);
        }
    }

    private MasterLinkException Failure(HttpResponseMessage response, WireAnswer? answer)
    {
        var status = (int)response.StatusCode;
        var said = answer?.Message is { Length: > 0 } message ? $": {message}" : ".";
        var inner = new HttpRequestException(null, null, response.StatusCode);
        var retryAfter = response.Headers.RetryAfter?.Delta;
        return (status, answer?.Code) switch
        {
            (401, _) => new($"The master refused the agent's key (DOCKFLARE_API_KEY){said} Make a key on the master's Agents page and set it here.", inner) { Unauthorized = true, RetryAfter = retryAfter },
            (403, "agent_key_mismatch") => new($"The agent's key (DOCKFLARE_API_KEY) belongs to another agent. Use a key of its own for each host, or remove agent_id.txt from the data folder.", inner) { IsRefused = true },
            (403, _) => new($"{Where} refused the call with 403{said} If it is behind Cloudflare Access, set CF_ACCESS_CLIENT_ID and CF_ACCESS_CLIENT_SECRET.", inner) { IsRefused = true },
            (409, "agent_decommissioning") => new($"The master is removing this agent{said}", inner) { IsLeaving = true, IsRefused = true },
            (409, "registration_required" or "stale_sequence") or (404, "agent_not_found") => new($"The master does not know this session{said}", inner) { RegistrationRequired = true },
            (429 or 503, _) => new($"{Where} asks to wait ({status}){said}", inner) { RetryAfter = retryAfter },
            _ => new($"{Where} answered {status}{said}", inner) { RetryAfter = retryAfter, IsRefused = status is >= 400 and < 500 and not (408 or 425) },
        };
    }

    /// <summary>The key in use; read again from its file when <paramref name="refused"/> is that key.</summary>
    private async ValueTask<string> KeyAsync(string? refused, CancellationToken cancellationToken)
    {
        await reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (key is { } known && !string.Equals(known, refused, StringComparison.Ordinal))
            {
                return known;
            }

            key = options.Value.ApiKeyFile is { Length: > 0 } file
                ? (await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false)).Trim()
                : options.Value.ApiKey?.Trim();
            return key is { Length: > 0 } ? key : throw new MasterLinkException("There is no agent key: set DOCKFLARE_API_KEY or DOCKFLARE_API_KEY_FILE.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MasterLinkException($"The file of DOCKFLARE_API_KEY_FILE, '{options.Value.ApiKeyFile}', cannot be read: {exception.Message}", exception);
        }
        finally
        {
            reading.Release();
        }
    }

    private static byte[] Pack(byte[] body)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            stream.Write(body);
        }

        return packed.ToArray();
    }
}
