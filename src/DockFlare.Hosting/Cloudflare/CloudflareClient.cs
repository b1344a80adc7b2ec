using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DockFlare.Core.Ingress;
using DockFlare.Hosting.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Cloudflare;

/// <summary>
/// Only the calls we make. GET, PATCH and DELETE are repeated when a failure is passing; a POST never is, because its outcome is
/// not known, nor is a PUT, which would overwrite what somebody wrote meanwhile: the next pass looks first.
/// </summary>
internal sealed partial class CloudflareClient : IDisposable
{
    private const int MaxAttempts = 3;
    private const int ZonesPerPage = 50;
    private const int RecordsPerPage = 5000;
    private const int TunnelsPerPage = 1000;
    private static readonly TimeSpan LongestWaitInside = TimeSpan.FromSeconds(2);

    private readonly HttpClient http;
    private readonly TimeProvider time;
    private readonly ILogger<CloudflareClient> logger;
    private readonly CloudflareBudget budget;
    private readonly DockFlareMetrics metrics;
    private readonly SharedCalls? shared;
    private readonly CloudflareCircuits circuits;
    private readonly string baseUrl;
    private readonly int callLimit;

    public CloudflareClient(IOptions<CloudflareOptions> options, TimeProvider time, ILogger<CloudflareClient> logger, DockFlareMetrics metrics, ReserveCalls? reserve = null)
    {
        this.time = time;
        this.logger = logger;
        this.metrics = metrics;
        callLimit = options.Value.CallLimit;
        budget = new(callLimit, time);
        shared = reserve is null ? null : new(reserve, budget, time);
        circuits = new(time, Random.Shared.NextDouble);
        metrics.WatchCallsLeft(() => budget.Left);
        baseUrl = options.Value.ApiBaseUrl.AbsoluteUri.TrimEnd('/');
        // One connection for each of the few calls that run side by side, kept open between passes.
        http = new(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5), AutomaticDecompression = DecompressionMethods.All })
        {
            Timeout = options.Value.CallTimeout,
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", options.Value.ApiToken);
        http.DefaultRequestHeaders.UserAgent.ParseAdd("dockflare-dotnet");
    }

    /// <summary>Where nothing is asked for a while, because calls fail there.</summary>
    public IReadOnlyList<PausedArea> Paused => circuits.Paused;

    public void Dispose()
    {
        http.Dispose();
        shared?.Dispose();
    }

    /// <summary>How many calls may be made now.</summary>
    public int CallsLeft => budget.Left;

    /// <summary>How long until there is room for that many calls.</summary>
    public TimeSpan WaitFor(CallLane lane, int calls) => budget.WaitFor(lane, calls);

    public async Task<CfTokenStatus> VerifyTokenAsync(string? accountId, CancellationToken cancellationToken)
    {
        var call = new CloudflareCall("accept the token", "");
        try
        {
            return await GetAsync(call, "/user/tokens/verify", CloudflareJson.Default.CfEnvelopeCfTokenStatus, cancellationToken).ConfigureAwait(false);
        }
        catch (CloudflareException exception) when (exception.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden && accountId is not null)
        {
            // A token that belongs to the account is not known under the user route.
            return await GetAsync(call, $"/accounts/{accountId}/tokens/verify", CloudflareJson.Default.CfEnvelopeCfTokenStatus, cancellationToken).ConfigureAwait(false);
        }
    }

    public Task<List<CfAccount>> ListAccountsAsync(CancellationToken cancellationToken) =>
        GetAsync(new("list the accounts", "Account / Account Settings / Read"), "/accounts?per_page=50", CloudflareJson.Default.CfEnvelopeListCfAccount, cancellationToken);

    public async Task<List<CfZone>> ListZonesAsync(string? accountId, CancellationToken cancellationToken)
    {
        var filter = accountId is null ? "" : $"&account.id={accountId}";
        var zones = await ListAsync(
            new("list the zones", "Zone / Zone / Read"), $"/zones?per_page={ZonesPerPage}{filter}", ZonesPerPage,
            CloudflareJson.Default.CfEnvelopeListCfZone, cancellationToken).ConfigureAwait(false);
        zones.ForEach(zone => circuits.Name(zone.Id, zone.Name));
        return zones;
    }

    public async Task<CfTunnel?> FindTunnelAsync(string accountId, string tunnelId, CancellationToken cancellationToken)
    {
        try
        {
            var tunnel = await GetAsync(
                new("show the tunnel", TunnelPermission), $"/accounts/{accountId}/cfd_tunnel/{tunnelId}", CloudflareJson.Default.CfEnvelopeCfTunnel, cancellationToken).ConfigureAwait(false);
            return tunnel.DeletedAt is null ? tunnel : null;
        }
        catch (CloudflareException exception) when (exception.Fault == CloudflareFault.NotFound)
        {
            return null;
        }
    }

    public Task<List<CfTunnel>> ListTunnelsAsync(string accountId, CancellationToken cancellationToken) =>
        ListAsync(
            new("list the tunnels", TunnelPermission) { Lane = CallLane.Resync }, $"/accounts/{accountId}/cfd_tunnel?is_deleted=false&per_page={TunnelsPerPage}", TunnelsPerPage,
            CloudflareJson.Default.CfEnvelopeListCfTunnel, cancellationToken);

    public async Task<CfTunnel?> FindTunnelByNameAsync(string accountId, string name, CancellationToken cancellationToken)
    {
        var tunnels = await GetAsync(
            new("list the tunnels", TunnelPermission), $"/accounts/{accountId}/cfd_tunnel?is_deleted=false&name={Uri.EscapeDataString(name)}",
            CloudflareJson.Default.CfEnvelopeListCfTunnel, cancellationToken).ConfigureAwait(false);
        return tunnels.Find(tunnel => string.Equals(tunnel.Name, name, StringComparison.Ordinal) && tunnel.DeletedAt is null);
    }

    public Task<CfTunnel> CreateTunnelAsync(string accountId, string name, string secret, CancellationToken cancellationToken) =>
        SendAsync(
            new($"create the tunnel '{name}'", TunnelPermission), HttpMethod.Post, $"/accounts/{accountId}/cfd_tunnel",
            JsonSerializer.SerializeToUtf8Bytes(new(name, "cloudflare", secret), CloudflareJson.Default.CfNewTunnel), CloudflareJson.Default.CfEnvelopeCfTunnel, cancellationToken);

    public async Task<string> GetTunnelTokenAsync(string accountId, string tunnelId, CancellationToken cancellationToken)
    {
        var token = await GetAsync(
            new("hand out the tunnel's token", TunnelPermission), $"/accounts/{accountId}/cfd_tunnel/{tunnelId}/token", CloudflareJson.Default.CfEnvelopeString, cancellationToken).ConfigureAwait(false);
        return string.Concat(token.Where(static c => !char.IsWhiteSpace(c)));
    }

    public async Task<(IngressDocument Document, long Version)> GetConfigurationAsync(string accountId, string tunnelId, CallLane lane, CancellationToken cancellationToken)
    {
        var configuration = await GetAsync(
            new("show the tunnel's configuration", TunnelPermission) { Lane = lane }, $"/accounts/{accountId}/cfd_tunnel/{tunnelId}/configurations",
            CloudflareJson.Default.CfEnvelopeCfConfiguration, cancellationToken).ConfigureAwait(false);
        return (Parse(configuration), configuration.Version);
    }

    public async Task<long> PutConfigurationAsync(string accountId, string tunnelId, IngressDocument document, CallLane lane, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("config"u8);
            document.WriteTo(writer);
            writer.WriteEndObject();
        }

        var configuration = await SendAsync(
            new("take the tunnel's configuration", TunnelPermission) { Lane = lane }, HttpMethod.Put, $"/accounts/{accountId}/cfd_tunnel/{tunnelId}/configurations",
            body.ToArray(), CloudflareJson.Default.CfEnvelopeCfConfiguration, cancellationToken).ConfigureAwait(false);
        return configuration.Version;
    }

    /// <summary>Asks for hardly anything, to see whether the token may read the zone's records.</summary>
    public Task<List<CfRecord>> ProbeRecordsAsync(string zoneId, CancellationToken cancellationToken) =>
        GetAsync(new("list the DNS records", DnsPermission), $"/zones/{zoneId}/dns_records?per_page=1", CloudflareJson.Default.CfEnvelopeListCfRecord, cancellationToken);

    /// <summary>Asks for hardly anything, to see whether the token may read the account's tunnels.</summary>
    public Task<List<CfTunnel>> ProbeTunnelsAsync(string accountId, CancellationToken cancellationToken) =>
        GetAsync(new("list the tunnels", TunnelPermission), $"/accounts/{accountId}/cfd_tunnel?is_deleted=false&per_page=1", CloudflareJson.Default.CfEnvelopeListCfTunnel, cancellationToken);

    public Task<List<CfRecord>> ListRecordsAsync(string zoneId, CallLane lane, CancellationToken cancellationToken) =>
        ListAsync(
            new("list the DNS records", DnsPermission) { Lane = lane }, $"/zones/{zoneId}/dns_records?per_page={RecordsPerPage}", RecordsPerPage,
            CloudflareJson.Default.CfEnvelopeListCfRecord, cancellationToken);

    /// <summary>The records of a zone that point to a tunnel, whichever.</summary>
    public Task<List<CfRecord>> ListTunnelRecordsAsync(string zoneId, CancellationToken cancellationToken) =>
        ListAsync(
            new("list the DNS records", DnsPermission) { Lane = CallLane.Resync }, $"/zones/{zoneId}/dns_records?type=CNAME&content.endswith=.cfargotunnel.com&per_page={RecordsPerPage}", RecordsPerPage,
            CloudflareJson.Default.CfEnvelopeListCfRecord, cancellationToken);

    public Task<CfRecord> CreateRecordAsync(string zoneId, CfRecord record, CancellationToken cancellationToken) =>
        SendAsync(new($"create the record '{record.Name}'", DnsPermission), HttpMethod.Post, $"/zones/{zoneId}/dns_records", Body(record), CloudflareJson.Default.CfEnvelopeCfRecord, cancellationToken);

    public Task<CfRecord> UpdateRecordAsync(string zoneId, string recordId, CfRecord record, CancellationToken cancellationToken) =>
        SendAsync(new($"change the record '{record.Name}'", DnsPermission), HttpMethod.Patch, $"/zones/{zoneId}/dns_records/{recordId}", Body(record), CloudflareJson.Default.CfEnvelopeCfRecord, cancellationToken);

    public async Task DeleteRecordAsync(string zoneId, string recordId, string name, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(new($"delete the record '{name}'", DnsPermission) { Lane = CallLane.Closing }, HttpMethod.Delete, $"/zones/{zoneId}/dns_records/{recordId}", null, CloudflareJson.Default.CfEnvelopeJsonElement, cancellationToken).ConfigureAwait(false);
        }
        catch (CloudflareException exception) when (exception.Fault == CloudflareFault.NotFound)
        {
            // Gone is what was wanted.
        }
    }

    public Task<CfBatchResult> BatchRecordsAsync(string zoneId, CfBatch batch, CancellationToken cancellationToken) =>
        SendAsync(
            new("change the DNS records", DnsPermission) { Lane = batch.Deletes is null ? CallLane.Route : CallLane.Closing }, HttpMethod.Post, $"/zones/{zoneId}/dns_records/batch",
            JsonSerializer.SerializeToUtf8Bytes(batch, CloudflareJson.Default.CfBatch), CloudflareJson.Default.CfEnvelopeCfBatchResult, cancellationToken);

    private const string TunnelPermission = "Account / Cloudflare Tunnel / Edit";
    private const string DnsPermission = "Zone / DNS / Edit";

    private static byte[] Body(CfRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, CloudflareJson.Default.CfRecord);

    private static IngressDocument Parse(CfConfiguration configuration)
    {
        if (configuration.Config is not { ValueKind: JsonValueKind.Object } config)
        {
            return IngressDocument.Empty;
        }

        try
        {
            return IngressDocument.ParseJson(System.Text.Encoding.UTF8.GetBytes(config.GetRawText()));
        }
        catch (JsonException exception)
        {
            throw new CloudflareException($"The tunnel's configuration at Cloudflare cannot be read, so it is left alone: {exception.Message} Correct it in the Cloudflare dashboard.", CloudflareFault.Lasting, exception);
        }
    }

    private Task<T> GetAsync<T>(CloudflareCall call, string path, JsonTypeInfo<CfEnvelope<T>> type, CancellationToken cancellationToken) =>
        SendAsync(call, HttpMethod.Get, path, null, type, cancellationToken);

    private async Task<List<T>> ListAsync<T>(CloudflareCall call, string path, int perPage, JsonTypeInfo<CfEnvelope<List<T>>> type, CancellationToken cancellationToken)
    {
        var all = new List<T>();
        for (var page = 1; ; page++)
        {
            var envelope = await SendEnvelopeAsync(call, HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"{path}&page={page}"), null, type, cancellationToken).ConfigureAwait(false);
            all.AddRange(envelope.Result ?? []);
            if (envelope.Result is not { Count: > 0 } || all.Count >= (envelope.ResultInfo?.TotalCount ?? 0) || envelope.Result.Count < perPage)
            {
                return all;
            }
        }
    }

    internal async Task<T> SendAsync<T>(CloudflareCall call, HttpMethod method, string path, byte[]? body, JsonTypeInfo<CfEnvelope<T>> type, CancellationToken cancellationToken)
    {
        var envelope = await SendEnvelopeAsync(call, method, path, body, type, cancellationToken).ConfigureAwait(false);
        return envelope.Result ?? throw new CloudflareException($"Cloudflare did not {call.What}: the answer has no result.", CloudflareFault.Passing);
    }

    internal async Task<CfEnvelope<T>> SendEnvelopeAsync<T>(CloudflareCall call, HttpMethod method, string path, byte[]? body, JsonTypeInfo<CfEnvelope<T>> type, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await SendOnceAsync(call, method, path, body, type, cancellationToken).ConfigureAwait(false);
            }
            catch (CloudflareException exception) when (
                exception is { Fault: CloudflareFault.Passing, WasTimeout: false } && attempt < MaxAttempts && method != HttpMethod.Post && method != HttpMethod.Put && (exception.RetryAfter ?? default) <= LongestWaitInside)
            {
                var backoff = TimeSpan.FromMilliseconds(100 * attempt * (1 + Random.Shared.NextDouble()));
                await Task.Delay(exception.RetryAfter is { } asked && asked > backoff ? asked : backoff, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<CfEnvelope<T>> SendOnceAsync<T>(CloudflareCall call, HttpMethod method, string path, byte[]? body, JsonTypeInfo<CfEnvelope<T>> type, CancellationToken cancellationToken)
    {
        CloudflareCircuits.CircuitTurn? turn = null;
        long? began = null;
        try
        {
            turn = await circuits.EnterAsync(call, circuits.AreaOf(path), cancellationToken).ConfigureAwait(false);
            await EnterAsync(call, cancellationToken).ConfigureAwait(false);
            began = time.GetTimestamp();
            var envelope = await CallAsync(call, method, path, body, type, turn.IsTrial ? http.Timeout / 3 : http.Timeout, cancellationToken).ConfigureAwait(false);
            turn.Answered();
            metrics.Called(KindOf(path), "ok", time.GetElapsedTime(began.Value));
            return envelope;
        }
        catch (CloudflareException exception)
        {
            turn?.Failed(exception);
            metrics.Called(KindOf(path), exception.Outcome, began is { } at ? time.GetElapsedTime(at) : null);
            throw;
        }
        finally
        {
            turn?.Dispose();
        }
    }

    // Few words, and none that names a zone.
    private static string KindOf(string path) => path.Split('/', '?') switch
    {
        [_, "zones", _, _, ..] => "dns",
        [_, "accounts", _, "access", ..] => "access",
        [_, "accounts", _, "cfd_tunnel", ..] => "tunnels",
        _ => "account",
    };

    private async Task<CfEnvelope<T>> CallAsync<T>(CloudflareCall call, HttpMethod method, string path, byte[]? body, JsonTypeInfo<CfEnvelope<T>> type, TimeSpan patience, CancellationToken cancellationToken)
    {
        HttpResponseMessage? response = null;
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(patience);
        try
        {
            using var request = new HttpRequestMessage(method, baseUrl + path);
            if (body is not null)
            {
                request.Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
            }

            response = await http.SendAsync(request, limited.Token).ConfigureAwait(false);
            var answer = await response.Content.ReadAsByteArrayAsync(limited.Token).ConfigureAwait(false);
            return Judge(call, response, answer, type);
        }
        catch (HttpRequestException exception)
        {
            throw new CloudflareException($"Cloudflare could not be asked to {call.What}: no connection to {baseUrl} ({exception.Message}). Check the network, DNS and CF_API_BASE_URL.", CloudflareFault.Passing, exception)
            {
                // That the network is down here says nothing about an area of the API.
                WasNotSent = exception.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
            };
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CloudflareException($"Cloudflare did not {call.What} in time.", CloudflareFault.Passing, exception) { WasTimeout = true };
        }
        finally
        {
            budget.Done(Header(response, "Ratelimit"), Header(response, "Ratelimit-Policy"));
            response?.Dispose();
        }
    }

    // A short wait for the rate limit is waited out here; a long one ends the pass, which is tried again when it is over.
    private async ValueTask EnterAsync(CloudflareCall call, CancellationToken cancellationToken)
    {
        while (await TakeAsync(call.Lane, cancellationToken).ConfigureAwait(false) is { Ticks: > 0 } wait)
        {
            if (wait > LongestWaitInside)
            {
                throw new CloudflareException(
                    string.Create(CultureInfo.InvariantCulture, $"Cloudflare was not asked to {call.What}, because the calls of these 5 minutes are used up (CF_API_LIMIT={callLimit}, and Cloudflare's own limit); it is asked when there is room again."),
                    CloudflareFault.Passing)
                { RetryAfter = wait, WasNotSent = true };
            }

            await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            metrics.Waited(wait);
        }
    }

    private async ValueTask<TimeSpan> TakeAsync(CallLane lane, CancellationToken cancellationToken)
    {
        var wait = budget.Take(lane);
        if (wait > TimeSpan.Zero || shared is null)
        {
            return wait;
        }

        try
        {
            wait = await shared.TakeAsync(lane, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            budget.GiveBack();
            throw;
        }

        if (wait > TimeSpan.Zero)
        {
            budget.GiveBack();
        }

        return wait;
    }

    private CfEnvelope<T> Judge<T>(CloudflareCall call, HttpResponseMessage response, byte[] answer, JsonTypeInfo<CfEnvelope<T>> type)
    {
        var envelope = Read(answer, response.IsSuccessStatusCode, type);
        if (response.IsSuccessStatusCode && envelope is { Success: true })
        {
            return envelope;
        }

        if (response.IsSuccessStatusCode && envelope is null)
        {
            throw new CloudflareException($"Cloudflare did not {call.What}: the answer is not the API's JSON.", CloudflareFault.Passing) { Status = response.StatusCode };
        }

        var exception = CloudflareException.From(call, response.StatusCode, envelope?.Errors ?? ReadErrors(answer), response.Headers.RetryAfter?.Delta);
        LogRefused(exception.Message, Header(response, "cf-ray") ?? "unknown");
        if (exception.IsTooManyCalls)
        {
            throw new CloudflareException(exception.Message, CloudflareFault.Passing) { Status = exception.Status, Code = exception.Code, RetryAfter = budget.Pause(exception.RetryAfter) };
        }

        throw exception;
    }

    private static string? Header(HttpResponseMessage? response, string name) =>
        response is not null && response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private static CfEnvelope<T>? Read<T>(byte[] answer, bool isSuccess, JsonTypeInfo<CfEnvelope<T>> type)
    {
        if (!isSuccess)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(answer, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static IReadOnlyList<CfError>? ReadErrors(byte[] answer)
    {
        try
        {
            return JsonSerializer.Deserialize(answer, CloudflareJson.Default.CfEnvelopeJsonElement)?.Errors;
        }
        catch (JsonException)
        {
            // A gateway's HTML page: the status alone has to do.
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Message} cf-ray {Ray}")]
    private partial void LogRefused(string message, string ray);
}
