using System.Collections.Concurrent;
using System.Net.Http.Headers;
using DockFlare.Hosting.Agents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Tests.Agents;

/// <summary>Keys that were planted wherever one can be sent, and a master that logs all it can.</summary>
public sealed class KeyCanaryTests
{
    private const string Canary = "canary-0123456789abcdefghijklmnopqrstuvwxyz";
    private const string MasterCanary = "canary-of-the-master-key";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("trace")]
    [InlineData("info")]
    public async Task No_key_is_in_any_log_line(string level)
    {
        using var log = new Lines();
        await using var app = await StartAsync(level, log);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        var made = await CallAsync(client, HttpMethod.Post, MasterCanary, "/api/v2/agents/generate-key", "{}");
        var key = (string)System.Text.Json.Nodes.JsonNode.Parse(made)!["key"]!;

        foreach (var secret in (string[])[key, Canary])
        {
            await CallAsync(client, HttpMethod.Post, secret, "/api/v2/agents/register", $$"""{"display_name":"nas","key":"{{secret}}"}""");
            await CallAsync(client, HttpMethod.Post, secret, "//api/v2/agents/register", "not json " + secret);
            await CallAsync(client, HttpMethod.Get, MasterCanary, $"/api/v2/agents/deploy-info/{secret}", null);
            await CallAsync(client, HttpMethod.Get, MasterCanary, $"//api/v2/agents/deploy-script/{secret}", null);
            await CallAsync(client, HttpMethod.Get, secret, $"/api/v2/nowhere/{secret}?key={secret}", null);
            await CallAsync(client, HttpMethod.Post, MasterCanary, "/api/v2/agents/revoke-key", $$"""{"key":"{{secret}}"}""");
            await CallAsync(client, HttpMethod.Delete, MasterCanary, $"/api/v2/agents/keys/{secret}", null);
        }

        await app.StopAsync(Stop);
        Assert.NotEmpty(log.All);
        Assert.All(log.All, line => Assert.False(line.Contains(key, StringComparison.Ordinal) || line.Contains("canary", StringComparison.Ordinal), line));
    }

    private static async Task<WebApplication> StartAsync(string level, Lines log)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddDockFlareEnvironment([new("LOG_LEVEL", level)]);
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddDockFlare(builder.Configuration.GetSection("DockFlare")).AddMaster();
        var app = builder.Build();
        app.MapDockFlareAgents();
        app.MapDockFlareApi();
        await app.StartAsync(Stop);
        app.Services.GetRequiredService<MasterApiKey>().Value = MasterCanary;
        return app;
    }

    private static async Task<string> CallAsync(HttpClient client, HttpMethod method, string key, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, new Uri(client.BaseAddress!.GetLeftPart(UriPartial.Authority) + path)) { Content = body is null ? null : new StringContent(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await client.SendAsync(request, Stop);
        return await response.Content.ReadAsStringAsync(Stop);
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
