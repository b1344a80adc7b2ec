using System.Runtime.Versioning;
using DockFlare.Hosting.Agents;
using DockFlare.Tests.Fixtures;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace DockFlare.Hosting.Tests.Agents;

/// <summary>An agent's folder on a disk that fills up.</summary>
[SupportedOSPlatform("linux")]
public sealed class AgentFilesTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("dockflare-disk-").FullName;
    private readonly LogLines log = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await Shell.RunAsync("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder);

    public async ValueTask DisposeAsync()
    {
        await Shell.RunAsync("umount", folder);
        Directory.Delete(folder);
    }

    private AgentFiles Files() => new(Options.Create(new AgentOptions { DataPath = folder }), log.For<AgentFiles>());

    private static StoredTunnel Tunnel(long generation) => new() { Id = "t1", Name = "nas", Token = "secret", DesiredState = StoredTunnel.Running, Generation = generation };

    [Fact]
    public async Task A_full_disk_is_said_once_and_what_was_to_be_written_is_written_when_there_is_room()
    {
        var time = new FakeTimeProvider();
        using var files = Files();
        using var keeper = new AgentFilesKeeper(files, time);
        await keeper.StartAsync(Stop);
        await files.SaveTunnelAsync(Tunnel(1), Stop);
        var ballast = Path.Combine(folder, "ballast");
        await FillAsync(ballast);

        await files.SaveTunnelAsync(Tunnel(2), Stop);
        await files.SaveTunnelAsync(Tunnel(3), Stop);
        var (inMemory, onDisk) = (await files.FindTunnelAsync(Stop), await Files().FindTunnelAsync(Stop));
        File.Delete(ballast);
        await files.RetryAsync(Stop);
        await keeper.StopAsync(Stop);

        Assert.Equal((3L, 1L), (inMemory!.Generation, onDisk!.Generation));
        Assert.Equal(3, (await Files().FindTunnelAsync(Stop))!.Generation);
        Assert.Null(files.Trouble);
        var error = Assert.Single(log.Lines, static line => line.StartsWith("Error", StringComparison.Ordinal));
        Assert.Matches($"^Error: tunnel_state.json cannot be written in {folder}: .*No space left on device.* Free some space there.$", error);
        Assert.Single(log.Lines, $"Information: The files in {folder} are written again.");
        Assert.DoesNotContain(log.Lines, static line => line.Contains("secret", StringComparison.Ordinal));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "tunnel_state.json")));
    }

    private static async Task FillAsync(string path)
    {
        await using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var page = new byte[4096];
        try
        {
            while (true)
            {
                await stream.WriteAsync(page, Stop);
            }
        }
        catch (IOException)
        {
            // Full, as asked.
        }
    }
}
