using DockFlare.Tests.Fixtures;

namespace DockFlare.EndToEnd.Tests.Stage;

/// <summary>The Docker Engines of the master's own host and of a second one, each with the images that the tests run.</summary>
public sealed class TwoEngines : IAsyncLifetime
{
    /// <summary>A stand-in that is connected when <see cref="Edge"/> lets it in.</summary>
    public const string Cloudflared = "dockflare-test/cloudflared-at-edge:2026.8.0";

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
        await TestImages.ImportAsync(
            engine, Cloudflared, ["ENTRYPOINT [\"cloudflared\"]", "CMD [\"version\"]", "ENV STANDIN_EDGE=1"], [("usr/local/bin/cloudflared", await TestImages.CompileCloudflaredAsync())]);
    }
}

/// <summary>The tests that share the engines, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class EngineTests : ICollectionFixture<TwoEngines>
{
    public const string Name = "engines";
}
