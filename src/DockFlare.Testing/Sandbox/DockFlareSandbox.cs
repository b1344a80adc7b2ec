using System.Net.Sockets;
using DockFlare.Hosting;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Configuration;
using DockFlare.Hosting.Docker;
using DockFlare.Testing.Sandbox;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Testing;

/// <summary>The master without an account: Cloudflare is emulated, state goes to a temporary folder, Docker is read and never written to.</summary>
public static class DockFlareSandbox
{
    /// <summary>
    /// Starts the emulator and has the master use it. A Docker Engine that answers at <c>DOCKER_HOST</c> is watched; without one a scripted set of
    /// containers comes and goes. The connector is simulated. The routes are shown in the terminal.
    /// </summary>
    /// <param name="builder">The builder of a master.</param>
    /// <param name="once">Print routes and plan, and end.</param>
    public static async Task<IDockFlareBuilder> UseSandboxAsync(this IDockFlareBuilder builder, bool once = false)
    {
        ArgumentNullException.ThrowIfNull(builder);

        var cloudflare = await FakeCloudflare.StartAsync().ConfigureAwait(false);
        HashSet<string> zones = ["example.com", "example.net", "example.org"];
        foreach (var zone in zones.Order(StringComparer.Ordinal))
        {
            cloudflare.AddZone(zone);
        }

        var folder = Directory.CreateTempSubdirectory("dockflare-sandbox-").FullName;
        var services = builder.Services;
        // Nothing here is worth a secret; a key that somebody set is theirs.
        var key = builder.Configuration["ApiKey"] is { Length: > 0 } ? null : "sandbox";
        services.AddSingleton(cloudflare);
        services.AddSingleton(new SandboxMode("sandbox"));
        services.AddHostedService(provider => new SandboxKey(provider.GetRequiredService<MasterApiKey>(), key));
        services.AddHostedService(provider => new SandboxCleanup(cloudflare, folder));
        services.PostConfigure<CloudflareOptions>(options => (options.ApiBaseUrl, options.ApiToken, options.AccountId) = (cloudflare.BaseUrl, cloudflare.Token, cloudflare.AccountId));
        services.PostConfigure<AgentOptions>(options => (options.DataPath, options.TunnelCheckInterval) = (Path.Combine(folder, "agent"), TimeSpan.FromSeconds(1)));
        services.PostConfigure<MasterOptions>(static options => options.ResyncInterval = TimeSpan.FromSeconds(10));

        // The terminal shows the routes and each change; the log is for what somebody may have to act on.
        services.AddLogging(static logging => logging.AddFilter("DockFlare", LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning));
        builder.UseSqliteState(folder).UseTunnelRunner<SimulatedTunnelRunner>();
        var engine = await FindEngineAsync(builder.Configuration["Docker:Host"]).ConfigureAwait(false);
        services.Replace(ServiceDescriptor.Singleton<IContainerSource>(provider => engine is null
            ? new SandboxContainers(provider.GetRequiredService<TimeProvider>())
            : new ZoneSeedingSource(ActivatorUtilities.CreateInstance<DockerContainerSource>(provider), cloudflare, zones)));
        return builder.AddRouteConsole(
            "DockFlare sandbox. Cloudflare is emulated on this machine and the connector is simulated: nothing leaves it.\n"
                + (engine is null
                    ? "No Docker Engine answers at DOCKER_HOST, so a scripted set of containers comes and goes."
                    : $"The Docker Engine at {engine} is read and nothing is created in it."),
            $"Ask it: curl -H 'Authorization: Bearer {key ?? "<DOCKFLARE_API_KEY>"}' {{address}}/api/v2/rules",
            once);
    }

    private static async Task<Uri?> FindEngineAsync(string? configured)
    {
        Uri host;
        try
        {
            host = configured is { Length: > 0 } ? DockerOptions.ParseHost(configured) : new DockerOptions().Host;
        }
        catch (FormatException)
        {
            // The check of the settings says what is wrong.
            return null;
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        using var socket = host.Scheme == "unix"
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (host.Scheme == "unix")
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(host.AbsolutePath), patience.Token).ConfigureAwait(false);
            }
            else
            {
                await socket.ConnectAsync(host.Host, host.Port, patience.Token).ConfigureAwait(false);
            }

            return host;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            return null;
        }
    }
}

/// <summary>Ends the emulator and removes what the sandbox wrote.</summary>
internal sealed class SandboxCleanup(FakeCloudflare cloudflare, string folder) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await cloudflare.DisposeAsync().ConfigureAwait(false);
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>The master API key of a sandbox.</summary>
internal sealed class SandboxKey(MasterApiKey master, string? key) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        master.Value = key ?? master.Value;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
