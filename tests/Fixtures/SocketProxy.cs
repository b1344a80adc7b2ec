using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace DockFlare.Tests.Fixtures;

/// <summary>
/// A proxy before an engine's socket as people run it beside their agents: HAProxy with the rules of tecnativa's docker-socket-proxy for
/// CONTAINERS, EVENTS, NETWORKS, IMAGES, POST, PING and EXEC. Everything else is a 403.
/// </summary>
public sealed class SocketProxy : IAsyncDisposable
{
    private static readonly string[] DefaultAreas = ["CONTAINERS", "EVENTS", "NETWORKS", "IMAGES", "POST", "PING", "VERSION", "EXEC"];
    private readonly string folder;
    private readonly Process haproxy;

    private SocketProxy(string folder, Process haproxy, int port)
    {
        this.folder = folder;
        this.haproxy = haproxy;
        Endpoint = new Uri($"tcp://127.0.0.1:{port}");
    }

    /// <summary>What goes into <c>DOCKER_HOST</c>.</summary>
    public Uri Endpoint { get; }

    /// <summary>Starts a proxy that allows the given areas, by default the ones above.</summary>
    public static Task<SocketProxy> StartAsync(DockerEngine engine, params string[] areas) => StartAsync(engine, FreePort(), areas);

    /// <summary>Starts a proxy where another one was.</summary>
    public static async Task<SocketProxy> StartAsync(DockerEngine engine, int port, params string[] areas)
    {
        Shell.Require("haproxy", "haproxy");
        var folder = Directory.CreateTempSubdirectory("dockflare-proxy-").FullName;
        var file = Path.Combine(folder, "haproxy.cfg");
        await File.WriteAllTextAsync(file, Configuration(engine.SocketPath, port, areas.Length == 0 ? DefaultAreas : areas));
        var haproxy = Process.Start(new ProcessStartInfo("haproxy", ["-db", "-f", file]) { RedirectStandardError = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("haproxy could not be started.");
        var proxy = new SocketProxy(folder, haproxy, port);
        await proxy.UntilItListensAsync(port);
        return proxy;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        haproxy.Kill();
        await haproxy.WaitForExitAsync();
        haproxy.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static string Configuration(string socket, int port, string[] areas)
    {
        string Area(string name, string path) => areas.Contains(name) ? $"    http-request allow if {{ path,url_dec -m reg -i ^(/v[\\d\\.]+)?/{path} }}\n" : "";
        var post = areas.Contains("POST") ? "" : "    http-request deny unless METH_GET || METH_HEAD\n";
        return $"""
            global
                maxconn 100
            defaults
                mode http
                timeout connect 30s
                timeout client 10m
                timeout server 10m
                timeout http-request 30s
            backend dockerbackend
                server dockersocket {socket}
            frontend dockerfrontend
                bind 127.0.0.1:{port}
            {post}{Area("CONTAINERS", "containers")}{Area("EVENTS", "events")}{Area("NETWORKS", "networks")}{Area("IMAGES", "images")}{Area("PING", "_ping")}{Area("VERSION", "version")}{Area("EXEC", "exec")}{Area("INFO", "info")}{Area("SERVICES", "services")}{Area("TASKS", "tasks")}    http-request deny
                default_backend dockerbackend

            """;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>HAProxy says nothing when it is ready: knock until it opens.</summary>
    private async Task UntilItListensAsync(int port)
    {
        while (!haproxy.HasExited)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(10);
            }
        }

        throw new InvalidOperationException($"haproxy ended with {haproxy.ExitCode.ToString(CultureInfo.InvariantCulture)}: {await haproxy.StandardError.ReadToEndAsync()}");
    }
}
