using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DockFlare.Testing.Wire;

/// <summary>The HTTP side: latency, faults, the rate limit and authentication, before a call reaches the state.</summary>
internal sealed class FakeServer(FakeCloudflareOptions options, State state, Router router, Authentication authentication, FaultScript faults, CallLog log, Action afterWrite, FakeAccessTeam team) : IAsyncDisposable
{
    private const string BasePath = "/client/v4";
    private readonly Dictionary<string, RateCounter> rates = new(StringComparer.Ordinal);
    private WebApplication? app;
    private long rays;

    public async Task<int> StartAsync(CancellationToken cancellationToken)
    {
        // Empty: the emulator must not pick up settings, files or signals of the program it runs in.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 100 * 1024 * 1024;
            kestrel.Listen(IPAddress.Loopback, options.Port);
        });
        builder.Services.AddSingleton<IHostLifetime, OwnerLifetime>();
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        app = builder.Build();
        app.Run(HandleAsync);
        await app.StartAsync(cancellationToken).ConfigureAwait(false);
        return new Uri(app.Urls.First()).Port;
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task HandleAsync(HttpContext context)
    {
        var started = Stopwatch.GetTimestamp();
        var full = context.Request.Path.Value ?? "/";
        var path = full.StartsWith(BasePath, StringComparison.Ordinal) ? full[BasePath.Length..] : full;
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var exchange = new Exchange(context, path, segments);
        using var body = await ReadBodyAsync(context.Request).ConfigureAwait(false);
        await WaitAsync(options.Latency, started, context.RequestAborted).ConfigureAwait(false);

        var fault = faults.Next(context.Request.Method, segments);
        if (await PreventAsync(exchange, fault).ConfigureAwait(false))
        {
            return;
        }

        if (full == "/cdn-cgi/access/certs" && HttpMethods.IsGet(context.Request.Method))
        {
            await SendAsync(exchange, 200, team.Certificates(), "application/json").ConfigureAwait(false);
            return;
        }

        var answer = Answer(exchange, body);
        switch (fault)
        {
            case FakeFault.Drop:
                Log(exchange, 0);
                context.Abort();
                return;
            case FakeFault.Hang:
                Log(exchange, 0);
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            case FakeFault.FailAfterApplying failure:
                answer = ApiAnswer.Of(new Refusal(failure.Status, 1000, "Internal Server Error"));
                break;
        }

        await SendAsync(exchange, answer.Status, answer.Render(), "application/json").ConfigureAwait(false);
    }

    /// <summary>Does what comes before the call is carried out.</summary>
    /// <returns>Whether it is not to be carried out.</returns>
    private async Task<bool> PreventAsync(Exchange exchange, FakeFault? fault)
    {
        var context = exchange.Context;
        switch (fault)
        {
            case FakeFault.Refuse refuse:
                if (refuse.RetryAfterSeconds is { } seconds)
                {
                    context.Response.Headers.RetryAfter = Text(seconds);
                }

                var answer = ApiAnswer.Of(new Refusal(refuse.Status, refuse.Code, refuse.Message));
                await SendAsync(exchange, answer.Status, answer.Render(), "application/json").ConfigureAwait(false);
                return true;
            case FakeFault.Raw raw:
                await SendAsync(exchange, raw.Status, Encoding.UTF8.GetBytes(raw.Body), raw.ContentType).ConfigureAwait(false);
                return true;
            case FakeFault.Drop { AfterApplying: false }:
                Log(exchange, 0);
                context.Abort();
                return true;
            case FakeFault.Hang { AfterApplying: false }:
                Log(exchange, 0);
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return true;
            case FakeFault.Delay delay:
                await WaitAsync(delay.Wait, Stopwatch.GetTimestamp(), context.RequestAborted).ConfigureAwait(false);
                return false;
            case FakeFault.Before before:
                before.Action();
                return false;
            default:
                return false;
        }
    }

    private ApiAnswer Answer(Exchange exchange, JsonDocument? body)
    {
        var request = exchange.Context.Request;
        List<Action> pushes;
        ApiAnswer answer;
        lock (state.Gate)
        {
            try
            {
                var token = authentication.Authenticate(request.Headers.Authorization, exchange.Path);
                exchange.Caller = token.AccountId is null ? "user" : "account";
                CountCall(exchange, token);
                var call = new ApiRequest(request.Method, exchange.Path, request.Query, body, token);
                answer = router.Handle(call);
                if (!call.IsRead)
                {
                    afterWrite();
                }
            }
            catch (Refusal refusal)
            {
                answer = ApiAnswer.Of(refusal);
            }

            pushes = [.. state.Pushes];
            state.Pushes.Clear();
        }

        pushes.ForEach(static push => push());
        return answer;
    }

    private void CountCall(Exchange exchange, TokenState token)
    {
        var limit = options.RateLimit ?? FakeRateLimit.Cloudflare;
        var (left, reset, blocked) = (limit.Calls - 1, 1, (int?)null);
        if (options.RateLimit is not null)
        {
            if (!rates.TryGetValue(token.RateOwner, out var counter))
            {
                rates[token.RateOwner] = counter = new();
            }

            (left, reset, blocked) = counter.Count(limit, state.Now);
        }

        var headers = exchange.Context.Response.Headers;
        headers["Ratelimit"] = $"\"default\";r={Text(left)};t={Text(reset)}";
        headers["Ratelimit-Policy"] = $"\"default\";q={Text(limit.Calls)};w={Text((int)limit.Window.TotalSeconds)}";
        if (blocked is { } seconds)
        {
            headers.RetryAfter = Text(seconds);
            throw new Refusal(429, 971, "Please wait and consider throttling your request speed");
        }
    }

    private async Task SendAsync(Exchange exchange, int status, ReadOnlyMemory<byte> body, string contentType)
    {
        var response = exchange.Context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        response.Headers["cf-ray"] = $"{Interlocked.Increment(ref rays):x16}-FRA";
        // Logged first: who has the answer may count at once.
        Log(exchange, status);
        await response.BodyWriter.WriteAsync(body, exchange.Context.RequestAborted).ConfigureAwait(false);
    }

    private void Log(Exchange exchange, int status)
    {
        var request = exchange.Context.Request;
        log.Add(request.Method, exchange.Path, request.QueryString.Value ?? "", exchange.Segments, status, state.Now, exchange.Caller);
    }

    /// <summary>The body as JSON; null when there is none. One that cannot be read counts as no object, and is refused as such.</summary>
    private static async ValueTask<JsonDocument?> ReadBodyAsync(HttpRequest request)
    {
        if (request.ContentLength is null or 0 && !request.Headers.ContainsKey("Transfer-Encoding"))
        {
            return null;
        }

        try
        {
            return await JsonDocument.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted).ConfigureAwait(false);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Waits until <paramref name="span"/> has passed since <paramref name="started"/>. A timer knows whole milliseconds only, so the rest, if any, is spent yielding.</summary>
    private static async ValueTask WaitAsync(TimeSpan span, long started, CancellationToken cancellationToken)
    {
        var left = span - Stopwatch.GetElapsedTime(started);
        if (left > TimeSpan.FromMilliseconds(1))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Floor(left.TotalMilliseconds)), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        while (Stopwatch.GetElapsedTime(started) < span && !cancellationToken.IsCancellationRequested)
        {
            await Task.Yield();
        }
    }

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private sealed class Exchange(HttpContext context, string path, string[] segments)
    {
        public HttpContext Context { get; } = context;

        public string Path { get; } = path;

        public string[] Segments { get; } = segments;

        public string Caller { get; set; } = "none";
    }

    /// <summary>The emulator lives as long as its owner says; it does not listen for signals.</summary>
    private sealed class OwnerLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
