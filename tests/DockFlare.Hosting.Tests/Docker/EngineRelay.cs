using System.Collections.Concurrent;
using System.Net.Sockets;
using DockFlare.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Tests.Docker;

/// <summary>Stands between a client and the real engine: counts calls, answers some with an error, holds back or cuts the event stream.</summary>
internal sealed class EngineRelay : IAsyncDisposable
{
    private readonly HttpClient engine;
    private readonly WebApplication app;
    private CancellationTokenSource cut = new();

    private EngineRelay(DockerEngine engine)
    {
        this.engine = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(engine.SocketPath), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://docker"), Timeout = Timeout.InfiniteTimeSpan };
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        app = builder.Build();
        app.Run(RelayAsync);
    }

    /// <summary>Method and path of every call, without the version prefix.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>A call whose path contains this is answered with a 500.</summary>
    public string? Fails { get; set; }

    /// <summary>Lets no event pass.</summary>
    public bool IsMute { get; set; }

    public Uri Endpoint => new(app.Urls.Single().Replace("http://", "tcp://", StringComparison.Ordinal));

    public static async Task<EngineRelay> StartAsync(DockerEngine engine)
    {
        var relay = new EngineRelay(engine);
        await relay.app.StartAsync();
        return relay;
    }

    /// <summary>Ends the event streams that are open.</summary>
    public void CutEvents() => Interlocked.Exchange(ref cut, new()).Cancel();

    public async ValueTask DisposeAsync()
    {
        CutEvents();
        await app.DisposeAsync();
        engine.Dispose();
    }

    private async Task RelayAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        Calls.Enqueue($"{context.Request.Method} {(path.StartsWith("/v1.", StringComparison.Ordinal) ? path[path.IndexOf('/', 1)..] : path)}");
        if (Fails is { } part && path.Contains(part, StringComparison.Ordinal))
        {
            context.Response.StatusCode = 500;
            await context.Response.WriteAsync("{\"message\":\"the disk is on fire\"}");
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, cut.Token);
        try
        {
            using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), path + context.Request.QueryString);
            using var answer = await engine.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            await context.Response.Body.FlushAsync(limit.Token);
            await CopyAsync(await answer.Content.ReadAsStreamAsync(limit.Token), context.Response, path, limit.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or HttpRequestException or IOException)
        {
            context.Abort();
        }
    }

    private async Task CopyAsync(Stream from, HttpResponse to, string path, CancellationToken cancellationToken)
    {
        var buffer = new byte[16384];
        while (await from.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            if (!IsMute || !path.EndsWith("/events", StringComparison.Ordinal))
            {
                await to.Body.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                await to.Body.FlushAsync(cancellationToken);
            }
        }
    }
}
