using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace DockFlare.Benchmarks.Lab;

/// <summary>An agent of protocol 3 as the master sees it: calls over the wire, no Docker behind it.</summary>
internal sealed class CrowdAgent(HttpClient client, string key, int number, int containers)
{
    private string session = "";
    private long events;
    private long reports;
    private string tunnel = "";
    private int version;

    public string Id { get; private set; } = "";

    /// <summary>Several source addresses, so that neither ports nor limits by address decide.</summary>
    public static HttpClient[] Clients(Uri master, int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10),
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    socket.Bind(new IPEndPoint(IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"127.0.1.{i + 1}")), 0));
                    await socket.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        }) { BaseAddress = master, Timeout = TimeSpan.FromSeconds(120) }),
    ];

    public async Task<HttpStatusCode> RegisterAsync()
    {
        using var answer = await SendAsync(HttpMethod.Post, "register", string.Create(CultureInfo.InvariantCulture,
            $$"""{"display_name":"crowd-{{number}}","agent_version":"3.0.0","hostname":"crowd-{{number}}","supported_protocol_versions":[3,2,1]{{(Id.Length > 0 ? $",\"agent_id\":\"{Id}\"" : "")}}}"""));
        if (answer.IsSuccessStatusCode)
        {
            using var body = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
            (Id, session) = (body.RootElement.GetProperty("agent_id").GetString()!, body.RootElement.GetProperty("agent_session_id").GetString()!);
            (events, reports) = (0, 0);
        }

        return answer.StatusCode;
    }

    public async Task<HttpStatusCode> HeartbeatAsync()
    {
        using var answer = await SendAsync(HttpMethod.Post, $"{Id}/events", string.Create(CultureInfo.InvariantCulture,
            $$"""{"type":"heartbeat","timestamp":"2026-11-25T00:00:00+00:00","protocol_version":3,"agent_session_id":"{{session}}","event_sequence":{{Interlocked.Increment(ref events)}}}"""));
        return answer.StatusCode;
    }

    /// <summary>All containers: the first one routed, the others labelled and not enabled.</summary>
    /// <param name="next">Makes one report differ from the one before.</param>
    public Task<HttpStatusCode> ReportAsync(int next)
    {
        version = next;
        return ReportAgainAsync();
    }

    /// <summary>The containers as they were reported last, and the connector as it is now.</summary>
    public async Task<HttpStatusCode> ReportAgainAsync()
    {
        var json = new StringBuilder(string.Create(CultureInfo.InvariantCulture,
            $$"""{"type":"status_report","timestamp":"2026-11-25T00:00:00+00:00","protocol_version":3,"agent_session_id":"{{session}}","report_sequence":{{Interlocked.Increment(ref reports)}},"inventory_complete":true,"containers":["""));
        for (var i = 0; i < containers; i++)
        {
            json.Append(i == 0 ? "" : ",").Append(string.Create(CultureInfo.InvariantCulture, $$$"""
                {"id":"{{{number:x8}}}{{{i:x4}}}","name":"app{{{i}}}","state":"running","networks":[{"name":"cloudflare-net","address":"172.18.0.{{{i + 2}}}"}],"labels":{"dockflare.enable":"{{{(i == 0 ? "true" : "false")}}}","dockflare.hostname":"a{{{number}}}-{{{i}}}.zone{{{number % 10}}}.example","dockflare.service":"http://app{{{i}}}:80{{{(i == 0 ? version % 10 : 0)}}}"}}
                """));
        }

        json.Append(']').Append(tunnel).Append('}');
        using var answer = await SendAsync(HttpMethod.Post, $"{Id}/events", json.ToString(), compress: true);
        return answer.StatusCode;
    }

    /// <summary>Waits for a command, carries it out as an agent does (its connector runs, it reports that and acknowledges), and answers whether there was one.</summary>
    public async Task<(HttpStatusCode Status, bool HasCommand)> PollAsync(int wait, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"{Id}/commands?wait={wait}&max=1&lease_seconds=60"));
        using var answer = await client.SendAsync(request, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            return (answer.StatusCode, false);
        }

        using var body = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
        foreach (var command in body.RootElement.GetProperty("commands").EnumerateArray())
        {
            var (id, lease) = (command.GetProperty("id").GetString(), command.GetProperty("lease").GetString());
            var running = string.Create(
                CultureInfo.InvariantCulture,
                $$""","tunnel":{"generation":{{command.GetProperty("generation").GetInt64()}},"tunnel_id":"{{command.GetProperty("tunnel_id").GetString()}}","version":"2026.8.0","ready_connections":4,"network":"cloudflare-net"}""");
            if (running != tunnel)
            {
                tunnel = running;
                if (await ReportAgainAsync() is var told and not HttpStatusCode.OK)
                {
                    return (told, false);
                }
            }

            using var acked = await SendAsync(HttpMethod.Post, $"{Id}/commands/{id}/ack", $$"""{"lease":"{{lease}}"}""");
            return (acked.StatusCode, true);
        }

        return (answer.StatusCode, false);
    }

    /// <summary>How long a call took.</summary>
    public static async Task<(HttpStatusCode Status, double Milliseconds)> TimedAsync(Func<Task<HttpStatusCode>> call)
    {
        var since = Stopwatch.GetTimestamp();
        var status = await call();
        return (status, Stopwatch.GetElapsedTime(since).TotalMilliseconds);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string json, bool compress = false)
    {
        using var request = Request(method, path);
        var bytes = Encoding.UTF8.GetBytes(json);
        if (compress)
        {
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                gzip.Write(bytes);
            }

            bytes = packed.ToArray();
        }

        request.Content = new ByteArrayContent(bytes) { Headers = { ContentType = new("application/json") } };
        if (compress)
        {
            request.Content.Headers.ContentEncoding.Add("gzip");
        }

        return await client.SendAsync(request);
    }

    private HttpRequestMessage Request(HttpMethod method, string path) =>
        new(method, new Uri($"api/v2/agents/{path}", UriKind.Relative)) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
}
