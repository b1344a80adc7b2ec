using DockFlare.Tests.Fixtures;

namespace DockFlare.EndToEnd.Tests.Stage;

/// <summary>The Docker Engines of the master's own host and of a second one, each with the images that the tests run.</summary>
public sealed class TwoEngines : IAsyncLifetime
{
    /// <summary>A stand-in that is connected when <see cref="Edge"/> lets it in.</summary>
    public const string Cloudflared = "dockflare-test/cloudflared-at-edge:2026.8.0";

    /// <summary>The same, but it drains for a while after it is told to end, as the real one does while requests are under way.</summary>
    public const string DrainingCloudflared = "dockflare-test/cloudflared-draining:2026.8.0";

    public DockerEngine Own { get; private set; } = null!;

    public DockerEngine Second { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        (Own, Second) = (await DockerEngine.StartNewAsync(), await DockerEngine.StartNewAsync());
        foreach (var engine in (DockerEngine[])[Own, Second])
        {
            await PrepareAsync(engine);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Own.DisposeAsync();
        await Second.DisposeAsync();
    }

    /// <summary>Runs a workload that asks for a route.</summary>
    public static Task<string> RunAsync(DockerEngine engine, string name, string host, params string[] more) => engine.CliAsync(
    [
        "run", "-d", "--name", name, "--label", "dockflare.enable=true", "--label", $"dockflare.hostname={host}", "--label", $"dockflare.service=http://{name}:8080", .. more, TestImages.Workload,
    ]);

    /// <summary>Brings an engine the images.</summary>
    public static async Task PrepareAsync(DockerEngine engine)
    {
        await TestImages.AddWorkloadAsync(engine);
        await AddCloudflaredAsync(engine, Cloudflared);
    }

    /// <summary>Brings an engine <see cref="DrainingCloudflared"/>.</summary>
    public static Task AddDrainingAsync(DockerEngine engine) => AddCloudflaredAsync(engine, DrainingCloudflared, "ENV STANDIN_DRAIN_MS=2000");

    /// <summary>The ids of the connectors that run.</summary>
    public static Task<string> ConnectorsAsync(DockerEngine engine) => engine.CliAsync("ps", "-q", "--filter", "label=dockflare.connector");

    /// <summary>Has the connector of the master's own host replaced, and waits until the new one is alone.</summary>
    internal static async Task ReplaceAsync(DockerEngine engine, MasterApi master)
    {
        var before = await ConnectorsAsync(engine);
        await master.PostAsync("agents/local/redeploy-tunnel");
        await Eventually.ReadAsync("another connector alone", () => ConnectorsAsync(engine), now => now != before && !now.Contains('\n', StringComparison.Ordinal));
    }

    private static async Task AddCloudflaredAsync(DockerEngine engine, string image, params string[] more) => await TestImages.ImportAsync(
        engine, image, ["ENTRYPOINT [\"cloudflared\"]", "CMD [\"version\"]", "ENV STANDIN_EDGE=1", .. more], [("usr/local/bin/cloudflared", await TestImages.CompileCloudflaredAsync())]);
}

/// <summary>The tests that share the engines, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class EngineTests : ICollectionFixture<TwoEngines>
{
    public const string Name = "engines";
}
