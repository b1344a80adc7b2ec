using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace DockFlare.Tests.Fixtures;

/// <summary>A private redis-server on a free loopback port, empty and without files. Killed at the end, whatever happened.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("dockflare-redis-").FullName;
    private readonly string[] arguments;
    private Process? process;

    private readonly (int First, int Last)? slots;
    private readonly TaskCompletionSource isClusterWhole = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RedisServer(string? password, bool isCluster, (int First, int Last)? slots)
    {
        this.slots = slots;
        Password = password;
        IsCluster = isCluster;
        Port = FreePort();
        arguments =
        [
            "--bind", "127.0.0.1", "--port", Port.ToString(CultureInfo.InvariantCulture), "--dir", directory, "--save", "", "--appendonly", "no",
            .. password is null ? [] : (string[])["--requirepass", password],
            .. isCluster ? (string[])["--cluster-enabled", "yes"] : [],
        ];
    }

    public int Port { get; }

    public string? Password { get; }

    public bool IsCluster { get; }

    /// <summary>What to write in REDIS_URL.</summary>
    public string Url => Password is null ? $"redis://127.0.0.1:{Port}" : $"redis://:{Password}@127.0.0.1:{Port}";

    public static async Task<RedisServer> StartAsync(string? password = null, bool isCluster = false, (int First, int Last)? slots = null)
    {
        var server = new RedisServer(password, isCluster, slots);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>A server that is not running yet.</summary>
    public static RedisServer Create(string? password = null, bool isCluster = false) => new(password, isCluster, slots: null);

    /// <summary>Starts it, empty, on the same port.</summary>
    public async Task StartAgainAsync()
    {
        var start = new ProcessStartInfo("redis-server") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Fail("redis-server is not installed. Run: apt-get install redis-server");
        }

        // The log is the event: no port is polled.
        await WaitForLogAsync(process.StandardOutput, "Ready to accept connections");
        if (IsCluster && slots is { } own)
        {
            await SendAsync(string.Create(CultureInfo.InvariantCulture, $"CLUSTER ADDSLOTSRANGE {own.First} {own.Last}"));
        }
        else if (IsCluster)
        {
            await SendAsync("CLUSTER ADDSLOTSRANGE 0 16383");
            await WaitForLogAsync(process.StandardOutput, "Cluster state changed: ok");
        }

        // Nobody reads the rest, and a full pipe would stop the server.
        _ = DrainAsync(process.StandardOutput);
    }

    /// <summary>Makes one Cluster of servers that hold all slots between them.</summary>
    public static async Task MeetAsync(IReadOnlyList<RedisServer> nodes)
    {
        foreach (var node in nodes.Skip(1))
        {
            await nodes[0].SendAsync($"CLUSTER MEET 127.0.0.1 {node.Port}");
        }

        await Task.WhenAll(nodes.Select(static node => node.isClusterWhole.Task)).WaitAsync(TimeSpan.FromMinutes(1));
    }

    /// <summary>Kills it without a chance to say goodbye; what was in it is lost.</summary>
    public async Task KillAsync()
    {
        if (process is null)
        {
            return;
        }

        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    public Task FlushAsync() => SendAsync("FLUSHALL");

    /// <summary>Sends one command in Redis's inline form and answers its first line.</summary>
    public async Task<string> SendAsync(string command)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port);
        using var stream = client.GetStream();
        using var reader = new StreamReader(stream);
        if (Password is not null)
        {
            await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"AUTH {Password}\r\n"));
            await reader.ReadLineAsync();
        }

        await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(command + "\r\n"));
        var answer = await reader.ReadLineAsync() ?? "";
        Assert.False(answer.StartsWith('-'), $"Redis answered {answer} to {command}");
        return answer;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(directory, recursive: true);
    }

    private async Task DrainAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            if (line.Contains("Cluster state changed: ok", StringComparison.Ordinal))
            {
                isClusterWhole.TrySetResult();
            }
        }
    }

    private static async Task WaitForLogAsync(StreamReader output, string text)
    {
        var log = new List<string>();
        while (await output.ReadLineAsync() is { } line)
        {
            log.Add(line);
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail($"redis-server ended before it said '{text}':\n{string.Join('\n', log)}");
    }

    public static int FreePort()
    {
        // A Cluster also listens 10,000 higher, so the kernel's own choice may be too high.
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            if (port < 55536)
            {
                return port;
            }
        }
    }
}
