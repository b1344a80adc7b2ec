using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using DockFlare.Core.Commands;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Commands;
using DockFlare.Hosting.Persistence;
using DockFlare.Hosting.Reconciliation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Tests.Agents;

/// <summary>The agents' endpoints on real Kestrel, with the in-memory queue and store.</summary>
internal sealed class WireMaster : IAsyncDisposable
{
    public const string AdminKey = "the-master-api-key";
    public const string TunnelId = "6ff42ae2-765d-4adf-8112-31c55c1551ef";
    public const string Token = "eyJhIjoiYSIsInQiOiJ0IiwicyI6InMifQ==";
    private readonly WebApplication app;

    private WireMaster(WebApplication app)
    {
        this.app = app;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Client { get; }

    public AgentRegistry Registry => app.Services.GetRequiredService<AgentRegistry>();

    public AgentKeys Keys => app.Services.GetRequiredService<AgentKeys>();

    public MasterApiKey MasterKey => app.Services.GetRequiredService<MasterApiKey>();

    public AgentTunnels Tunnels => app.Services.GetRequiredService<AgentTunnels>();

    public ICommandQueue Queue => app.Services.GetRequiredService<ICommandQueue>();

    public ReconcileSignal Signal => app.Services.GetRequiredService<ReconcileSignal>();

    public static async Task<WireMaster> StartAsync(IStateStore? store = null, Action<IServiceCollection>? more = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        builder.Services.AddSingleton(store ?? new InMemoryStateStore());
        builder.Services.AddSingleton<ICommandQueue>(new InMemoryCommandQueue(new QueueOptions(), TimeProvider.System, static () => 0.5));
        builder.Services.AddSingleton<ReconcileSignal>();
        var tokens = new TunnelTokens(null!, null!);
        tokens.Remember(TunnelId, Token);
        builder.Services.AddSingleton(tokens);
        more?.Invoke(builder.Services);
        builder.Services.AddSingleton<RenderTemplate>(DockFlare.Hosting.Configuration.TextTemplate.Render);
        builder.Services.AddAgentPlane();
        var app = builder.Build();
        app.Services.GetRequiredService<MasterApiKey>().Value = AdminKey;
        app.MapDockFlareAgents();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new(app);
    }

    public async Task<string> NewKeyAsync() => (await Keys.CreateAsync("tests", lifetime: null, TestContext.Current.CancellationToken)).Raw;

    /// <summary>Enrols an agent and puts an <c>EnsureTunnel</c> in its queue.</summary>
    public async Task GiveTunnelAsync(AgentId agent, string command = "ensure-1", bool restart = false)
    {
        await Registry.EnrolAsync(agent, "nas", adopt: false, TestContext.Current.CancellationToken);
        Tunnels.Set(agent, new(TunnelId, "nas", 1));
        await Queue.EnqueueAsync(
            agent, new AgentCommand.EnsureTunnel(new(command), TunnelId, "nas", 1) { Restart = restart }, TestContext.Current.CancellationToken);
    }

    public Task<(int Status, JsonObject Body)> PostAsync(string key, string path, string json) =>
        CallAsync(HttpMethod.Post, key, path, new StringContent(json, Encoding.UTF8, "application/json"));

    public Task<(int Status, JsonObject Body)> GetAsync(string key, string path) => CallAsync(HttpMethod.Get, key, path, null);

    public async Task<(int Status, JsonObject Body)> CallAsync(HttpMethod method, string key, string path, HttpContent? content, string scheme = "Bearer")
    {
        // Not through BaseAddress, which would take '//api' for a host.
        using var request = new HttpRequestMessage(method, new Uri(Client.BaseAddress!.GetLeftPart(UriPartial.Authority) + path)) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue(scheme, key);
        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, text.Length == 0 ? [] : JsonNode.Parse(text)!.AsObject());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }
}
