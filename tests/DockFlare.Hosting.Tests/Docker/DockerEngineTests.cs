using DockFlare.Tests.Fixtures;

namespace DockFlare.Hosting.Tests.Docker;

/// <summary>What the fixture promises: engines do not disturb each other, and nothing stays behind.</summary>
public sealed class DockerEngineTests
{
    [Fact]
    public async Task Engines_run_side_by_side_are_reached_by_address_and_leave_nothing()
    {
        var engine = await DockerEngine.StartNewAsync();
        var other = await DockerEngine.StartNewAsync();
        var folders = new[] { Path.GetDirectoryName(engine.SocketPath)!, Path.GetDirectoryName(other.SocketPath)! };
        try
        {
            Assert.NotEqual(folders[0], folders[1]);
            foreach (var each in (DockerEngine[])[engine, other])
            {
                await TestImages.AddWorkloadAsync(each);
                await each.CliAsync("run", "-d", "--name", "web", "--restart", "always", TestImages.Workload, "sh", "-c", "echo hello > /tmp/index.html; httpd -f -p 8080 -h /tmp");
                var address = await each.CliAsync("inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}", "web");
                await each.CliAsync("exec", "web", "sh", "-c", "while ! wget -q -O - http://127.0.0.1:8080/index.html; do :; done");
                using var http = new HttpClient();
                Assert.Equal("hello\n", await http.GetStringAsync(new Uri($"http://{address}:8080/index.html"), TestContext.Current.CancellationToken));
            }

            // As a crash leaves it: containers run and no engine does.
            await other.KillAsync();
        }
        finally
        {
            await engine.DisposeAsync();
            await other.DisposeAsync();
        }

        Assert.All(folders, folder => Assert.False(Directory.Exists(folder)));
        var mounts = await File.ReadAllTextAsync("/proc/self/mountinfo", TestContext.Current.CancellationToken);
        var spaces = await Shell.RunAsync("ip", "netns", "list");
        Assert.All(folders, folder => Assert.DoesNotContain($"{folder}/", mounts, StringComparison.Ordinal));
        Assert.All(folders, folder => Assert.DoesNotContain($"dockflare-{Path.GetFileName(folder)} ", $"{spaces} ", StringComparison.Ordinal));
    }
}
