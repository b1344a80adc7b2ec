using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using DockFlare.Core;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Reconciliation;
using DockFlare.Testing;
using DockFlare.Tests.Reconciliation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Tests.Api;

/// <summary>A master on real Kestrel with the operators' API, against an emulator; passes run when a test says so.</summary>
internal sealed class ApiMaster : IAsyncDisposable
{
    public const string Key = "the-master-api-key";
    private static readonly AgentId Nas = new("nas");
    private readonly WebApplication app;
    private readonly HttpClient http;

    private ApiMaster(WebApplication app, FakeCloudflare cloudflare)
    {
        (this.app, Cloudflare) = (app, cloudflare);
        http = new() { BaseAddress = new(app.Urls.Single()) };
    }

    public FakeCloudflare Cloudflare { get; }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<ApiMaster> StartAsync(params (string Key, string Value)[] settings)
    {
        var cloudflare = await FakeCloudflare.StartAsync(cancellationToken: Stop);
        cloudflare.AddZone("example.com", FakePlan.Pro);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(settings.Select(static setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)))
        {
            ["Cloudflare:ApiToken"] = cloudflare.Token,
            ["Cloudflare:ApiBaseUrl"] = cloudflare.BaseUrl.ToString(),
            ["Cloudflare:AccountEmail"] = "me@example.com",
            ["OwnerId"] = "tests",
            ["GracePeriod"] = "0s",
            ["ApiKey"] = Key,
        }).Build();
        builder.Services.AddSingleton<TimeProvider>(new JumpingTime());
        builder.Services.AddDockFlare(configuration).AddMaster();
        builder.Services.Remove(builder.Services.Single(static service => service.ServiceType == typeof(IHostedService) && service.ImplementationType == typeof(ReconcileLoop)));
        var app = builder.Build();
        app.MapDockFlareApi();
        await app.StartAsync(Stop);
        var master = new ApiMaster(app, cloudflare);
        var registry = app.Services.GetRequiredService<AgentRegistry>();
        await registry.RegisterAsync(Nas, new("nas", "1", null, 3), Stop);
        await registry.EnrolAsync(Nas, "nas", adopt: false, Stop);
        return master;
    }

    /// <summary>The agent reports these containers, and a pass is run.</summary>
    public Task<PassSnapshot> RunAsync(params ContainerSnapshot[] containers)
    {
        app.Services.GetRequiredService<AgentRegistry>().Accept(new(Nas, IsComplete: true, TunnelGeneration: 1, containers.ToEquatableArray()));
        return PassAsync();
    }

    public Task<PassSnapshot> PassAsync(bool resync = false) => app.Services.GetRequiredService<Reconciler>().RunOnceAsync(resync, Stop);

    /// <summary>The status and the body of a call.</summary>
    public async Task<(int Status, string Body, string? ContentType)> CallAsync(string method, string path, string? json = null, string? key = Key)
    {
        using var request = new HttpRequestMessage(new(method), new Uri(path, UriKind.Relative)) { Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        using var answer = await http.SendAsync(request, Stop);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Stop), answer.Content.Headers.ContentType?.ToString());
    }

    /// <summary>A call that answers JSON.</summary>
    public async Task<(int Status, JsonNode? Json)> JsonAsync(string method, string path, string? json = null)
    {
        var (status, body, _) = await CallAsync(method, path, json);
        return (status, body.Length == 0 ? null : JsonNode.Parse(body));
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await app.DisposeAsync();
        await Cloudflare.DisposeAsync();
    }
}
