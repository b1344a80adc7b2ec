using System.Diagnostics;
using System.Globalization;
using System.Text;
using Docker.DotNet;

namespace DockFlare.Tests.Fixtures;

/// <summary>
/// A private Docker Engine in a network namespace of its own, so that the machine's own engine and its bridge are never touched.
/// The addresses of its containers are routable from the test process, and <see cref="HostAddress"/> is routable from its containers.
/// Stopping the process that owns it leaves nothing behind for good: the next engine that takes the slot cleans up first.
/// </summary>
public sealed class DockerEngine : IAsyncLifetime
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly List<string> log = [];
    private EngineSlot? slot;
    private Process? daemon;

    /// <summary>Where the engine listens: a unix socket.</summary>
    public Uri Endpoint => new($"unix://{SocketPath}");

    /// <summary>The path of its unix socket.</summary>
    public string SocketPath => Path.Combine(Slot.Directory, "docker.sock");

    /// <summary>The address of the test process as its containers see it.</summary>
    public string HostAddress => Slot.HostAddress;

    /// <summary>The address of the engine's host as the test process sees it: published ports are there.</summary>
    public string EngineAddress => Slot.EngineAddress;

    /// <summary>The network namespace it is in: a process there sees what the engine's host sees.</summary>
    public string NetworkNamespace => $"/run/netns/{Slot.Namespace}";

    /// <summary>Silences everything between the test process and processes in the engine's namespace. The engine's containers are reached all the same.</summary>
    public Task CutAsync() => Slot.CutAsync();

    /// <summary>Undoes <see cref="CutAsync"/>.</summary>
    public Task MendAsync() => Slot.MendAsync();

    /// <summary>A client of this engine; it lives as long as the engine object.</summary>
    public DockerClient Client { get; private set; } = null!;

    private EngineSlot Slot => slot ?? throw new InvalidOperationException("The engine was not started.");

    /// <summary>Starts one more engine beside those that run.</summary>
    public static async Task<DockerEngine> StartNewAsync()
    {
        var engine = new DockerEngine();
        await engine.InitializeAsync();
        return engine;
    }

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        Shell.Require("dockerd", "docker.io");
        Shell.Require("docker", "docker.io");
        Shell.Require("ip", "iproute2");
        Shell.Require("nsenter", "util-linux");
        slot = EngineSlot.Take();
        try
        {
            await slot.CleanAsync();
            await slot.ConnectAsync();
            Client = new DockerClientBuilder().WithEndpoint(Endpoint).Build();
            await StartAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the engine on its data root; nothing happens when it runs.</summary>
    public async Task StartAsync()
    {
        if (daemon is { HasExited: false })
        {
            return;
        }

        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        File.Delete(SocketPath);
        daemon = Process.Start(StartInfo()) ?? throw new InvalidOperationException("setsid could not be started.");
        daemon.EnableRaisingEvents = true;
        daemon.Exited += (_, _) => started.TrySetException(new InvalidOperationException($"dockerd ended at start:\n{LastLog()}"));
        daemon.ErrorDataReceived += (_, line) =>
        {
            Keep(line.Data);
            if (line.Data?.Contains("API listen on", StringComparison.Ordinal) == true)
            {
                started.TrySetResult();
            }
        };
        daemon.BeginErrorReadLine();
        try
        {
            await started.Task.WaitAsync(StartLimit);
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException($"dockerd did not listen within {StartLimit.TotalSeconds:0} s:\n{LastLog()}");
        }
    }

    /// <summary>Stops the engine as its service manager would; its containers stop with it.</summary>
    public Task StopAsync() => EndAsync("-TERM");

    /// <summary>Ends the engine without warning. Its containers go on until the next start.</summary>
    public async Task KillAsync()
    {
        await EndAsync("-KILL");
        await Slot.KillContainerdAsync();
    }

    /// <summary>Stops the engine and starts it again on the same data.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>Runs the docker command against this engine and gives what it printed, trimmed.</summary>
    public Task<string> CliAsync(params string[] arguments) => Shell.RunAsync("docker", ["-H", Endpoint.OriginalString, .. arguments]);

    /// <summary>Removes every container, as the end of a test does.</summary>
    public async Task RemoveContainersAsync()
    {
        foreach (var container in await Client.Containers.ListContainersAsync(new() { All = true }, CancellationToken.None))
        {
            try
            {
                await Client.Containers.RemoveContainerAsync(container.ID, new() { Force = true, RemoveVolumes = true }, CancellationToken.None);
            }
            catch (DockerContainerNotFoundException)
            {
                // It removed itself meanwhile.
            }
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (slot is null)
        {
            return;
        }

        await EndAsync("-TERM");
        Client?.Dispose();
        await slot.CleanAsync();
        slot.Dispose();
        slot = null;
    }

    private async Task EndAsync(string signal)
    {
        if (daemon is null)
        {
            return;
        }

        if (!daemon.HasExited)
        {
            await Shell.TryRunAsync("kill", signal, daemon.Id.ToString(CultureInfo.InvariantCulture));
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            try
            {
                await daemon.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                daemon.Kill();
            }
        }

        daemon.Dispose();
        daemon = null;
    }

    private ProcessStartInfo StartInfo()
    {
        var directory = Slot.Directory;
        var info = new ProcessStartInfo("setsid") { RedirectStandardError = true };
        foreach (var argument in (string[])
        [
            "nsenter", $"--net=/run/netns/{Slot.Namespace}", "dockerd", "--data-root", $"{directory}/data", "--exec-root", $"{directory}/exec",
            "-p", $"{directory}/docker.pid", "-H", Endpoint.OriginalString, "--config-file", $"{directory}/daemon.json",
            "--bip", Slot.BridgeAddress, "--default-address-pool", Slot.AddressPool, "--iptables=false", "--ip-masq=false", "--shutdown-timeout", "2",
        ])
        {
            info.ArgumentList.Add(argument);
        }

        File.WriteAllText(Path.Combine(directory, "daemon.json"), "{}");
        return info;
    }

    private void Keep(string? line)
    {
        lock (log)
        {
            if (line is not null)
            {
                log.Add(line);
            }
        }
    }

    private string LastLog()
    {
        lock (log)
        {
            return new StringBuilder().AppendJoin('\n', log.TakeLast(20)).ToString();
        }
    }
}
