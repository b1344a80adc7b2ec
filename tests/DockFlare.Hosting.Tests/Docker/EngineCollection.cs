using DockFlare.Tests.Fixtures;

namespace DockFlare.Hosting.Tests.Docker;

/// <summary>The tests that share one private engine, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class EngineCollection : ICollectionFixture<EngineFixture>
{
    public const string Name = "Docker engine";
}

/// <summary>One private engine with the images of the tests in it.</summary>
public sealed class EngineFixture : IAsyncLifetime
{
    public DockerEngine Engine { get; } = new();

    public async ValueTask InitializeAsync()
    {
        await Engine.InitializeAsync();
        await TestImages.AddWorkloadAsync(Engine);
        await TestImages.AddCloudflaredAsync(Engine);
    }

    public ValueTask DisposeAsync() => Engine.DisposeAsync();
}
