using System.Diagnostics;
using DockFlare.EndToEnd.Tests.Stage;

namespace DockFlare.EndToEnd.Tests;

/// <summary>The sandbox as somebody tries it who has no account yet.</summary>
[Collection(EngineTests.Name)]
public sealed class SandboxTests(TwoEngines engines) : IAsyncDisposable
{
    [Fact]
    public async Task Once_without_an_engine_shows_routes_and_plan_and_ends_within_ten_seconds()
    {
        await using var world = await World.CreateAsync();
        var began = Stopwatch.GetTimestamp();
        var master = world.LaunchAlone([("DOCKER_HOST", "unix:///nowhere/docker.sock"), Anywhere()], "--sandbox", "--once");

        Assert.Equal(0, await master.ExitAsync());
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(10), $"It took {Stopwatch.GetElapsedTime(began)}.");
        Assert.Contains("No Docker Engine answers at DOCKER_HOST, so a scripted set of containers comes and goes.", master.Lines);
        Assert.Contains(master.Lines, static line => line.StartsWith("+ live      blog.example.com", StringComparison.Ordinal));
        Assert.Contains(master.Lines, static line => line.StartsWith("! rejected  metrics.example.com", StringComparison.Ordinal));
        Assert.Contains("Plan, as applied:", master.Lines);
        Assert.Contains(master.Lines, static line => line.StartsWith("Publish    + record   blog.example.com -> ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_real_engine_is_read_and_nothing_is_created_in_it()
    {
        await using var world = await World.CreateAsync();
        await TwoEngines.RunAsync(engines.Own, "wiki", "wiki.apps.test");
        var before = await EngineAsync();
        var master = world.LaunchAlone([("DOCKER_HOST", engines.Own.Endpoint.OriginalString), Anywhere()], "--sandbox", "--once");

        Assert.Equal(0, await master.ExitAsync());
        Assert.Contains($"The Docker Engine at {engines.Own.Endpoint} is read and nothing is created in it.", master.Lines);
        Assert.Contains(master.Lines, static line => line.StartsWith("+ live      wiki.apps.test  http://wiki:8080  wiki on local", StringComparison.Ordinal));
        Assert.Equal(before, await EngineAsync());
    }

    [Fact]
    public async Task Later_changes_are_shown_as_lines()
    {
        await using var world = await World.CreateAsync();
        await TwoEngines.RunAsync(engines.Own, "wiki", "wiki.apps.test");
        var master = world.LaunchAlone([("DOCKER_HOST", engines.Own.Endpoint.OriginalString), ("GRACE_PERIOD", "1s"), Anywhere()], "--sandbox");
        await master.UntilLineAsync("+ live      wiki.apps.test");

        await TwoEngines.RunAsync(engines.Own, "blog", "blog.apps.test");
        await master.UntilLineAsync(" + live      blog.apps.test -> http://blog:8080  (blog on local)");
        await engines.Own.CliAsync("stop", "wiki");
        await master.UntilLineAsync(" ~ grace     wiki.apps.test");
        await master.UntilLineAsync(" - gone      wiki.apps.test");
        Assert.Equal(0, await master.StopAsync());
    }

    public async ValueTask DisposeAsync() => await engines.Own.RemoveContainersAsync();

    private static (string, string) Anywhere() => ("ASPNETCORE_URLS", $"http://127.0.0.1:{LoopbackPort.Take()}");

    /// <summary>All there is in the engine; its lists have no order of their own.</summary>
    private async Task<List<string>> EngineAsync()
    {
        string[] lists =
        [
            await engines.Own.CliAsync("ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}} {{.Image}}"), await engines.Own.CliAsync("network", "ls", "--no-trunc"),
            await engines.Own.CliAsync("volume", "ls"), await engines.Own.CliAsync("images", "-q", "--no-trunc"),
        ];
        return [.. lists.SelectMany(static list => list.Split('\n')).Order(StringComparer.Ordinal)];
    }
}
