using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;

namespace DockFlare.Tests.Fixtures;

/// <summary>A Sentinel on a free loopback port that watches one primary alone, with a quorum of one. Killed at the end, whatever happened.</summary>
internal sealed class RedisSentinel : IAsyncDisposable
{
    public const string Service = "dockflare";
    private readonly string directory = Directory.CreateTempSubdirectory("dockflare-sentinel-").FullName;
    private readonly Channel<string> log = Channel.CreateUnbounded<string>();
    private readonly Process process;
    private readonly int port;

    private RedisSentinel(RedisServer primary)
    {
        port = RedisServer.FreePort();
        var file = Path.Combine(directory, "sentinel.conf");
        File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $"""
            bind 127.0.0.1
            port {port}
            dir {directory}
            sentinel monitor {Service} 127.0.0.1 {primary.Port} 1
            sentinel down-after-milliseconds {Service} 500
            sentinel failover-timeout {Service} 5000

            """));
        process = Process.Start(new ProcessStartInfo("redis-server", [file, "--sentinel"]) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("redis-server did not start.");
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
            {
                log.Writer.TryWrite(text);
            }
            else
            {
                log.Writer.TryComplete();
            }
        };
        process.BeginOutputReadLine();
    }

    /// <summary>What to write in REDIS_URL.</summary>
    public string Url => string.Create(CultureInfo.InvariantCulture, $"redis+sentinel://127.0.0.1:{port}/{Service}");

    /// <summary>Starts one and waits until it has found the primary's replica.</summary>
    public static async Task<RedisSentinel> StartAsync(RedisServer primary)
    {
        var sentinel = new RedisSentinel(primary);
        await sentinel.UntilLogAsync("+slave slave");
        return sentinel;
    }

    /// <summary>Waits until it has made the replica the primary.</summary>
    public Task SwitchedAsync() => UntilLogAsync("+switch-master");

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private async Task UntilLogAsync(string text)
    {
        var seen = new List<string>();
        await foreach (var line in log.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            seen.Add(line);
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail($"The Sentinel ended before it said '{text}':\n{string.Join('\n', seen)}");
    }
}
