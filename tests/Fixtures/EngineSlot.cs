using System.Globalization;

namespace DockFlare.Tests.Fixtures;

/// <summary>
/// One of sixteen places for a private engine: a directory, a network namespace and address ranges that no other slot has.
/// Its lock goes with the process that holds it, so whoever takes a slot may remove what a crashed run left in it.
/// </summary>
internal sealed class EngineSlot : IDisposable
{
    private const int Slots = 16;
    private static readonly string Root = Path.Combine(Path.GetTempPath(), "dockflare-engines");
    private readonly int number;
    private readonly FileStream held;

    private EngineSlot(int number, FileStream held)
    {
        this.number = number;
        this.held = held;
    }

    public string Directory => Path.Combine(Root, Text(number));

    public string Namespace => $"dockflare-{number}";

    /// <summary>The end of the cable at the test process.</summary>
    public string HostAddress => $"10.213.{number}.1";

    /// <summary>The end of the cable at the engine.</summary>
    public string EngineAddress => $"10.213.{number}.2";

    /// <summary>The default bridge of the engine.</summary>
    public string BridgeAddress => $"10.214.{number}.1/24";

    /// <summary>Where the engine takes its further networks from.</summary>
    public string AddressPool => $"base={PoolRange},size=24";

    private string PoolRange => $"10.215.{number * 16}.0/20";

    private string HostLink => $"dockflare{number}h";

    private string EngineLink => $"dockflare{number}e";

    public static EngineSlot Take()
    {
        System.IO.Directory.CreateDirectory(Root);
        for (var number = 0; number < Slots; number++)
        {
            try
            {
                var held = new FileStream(Path.Combine(Root, $"{number}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return new EngineSlot(number, held);
            }
            catch (IOException)
            {
                // Another engine has this one.
            }
        }

        throw new InvalidOperationException($"All {Slots} places for private Docker Engines are taken: see the locks in {Root}.");
    }

    /// <summary>Makes the network namespace and the cable between it and the test process.</summary>
    public async Task ConnectAsync()
    {
        System.IO.Directory.CreateDirectory(Directory);
        await Ip("netns", "add", Namespace);
        await Ip("-n", Namespace, "link", "set", "lo", "up");
        await Ip("link", "add", HostLink, "type", "veth", "peer", "name", EngineLink, "netns", Namespace);
        await Ip("addr", "add", $"{HostAddress}/30", "dev", HostLink);
        await Ip("link", "set", HostLink, "up");
        await Ip("-n", Namespace, "addr", "add", $"{EngineAddress}/30", "dev", EngineLink);
        await Ip("-n", Namespace, "link", "set", EngineLink, "up");
        await Ip("-n", Namespace, "route", "add", "default", "via", HostAddress);
        await Ip("route", "add", $"10.214.{number}.0/24", "via", EngineAddress);
        await Ip("route", "add", PoolRange, "via", EngineAddress);
    }

    /// <summary>Drops whatever one end of the cable sends to the other: both sides see silence on the connections they have.</summary>
    public async Task CutAsync()
    {
        await Ip("route", "add", "blackhole", $"{EngineAddress}/32");
        await Ip("-n", Namespace, "route", "add", "blackhole", $"{HostAddress}/32");
    }

    public async Task MendAsync()
    {
        await Ip("-n", Namespace, "route", "del", "blackhole", $"{HostAddress}/32");
        await Ip("route", "del", "blackhole", $"{EngineAddress}/32");
    }

    /// <summary>Ends what still runs in this slot and removes its mounts, namespace, cable and files.</summary>
    public async Task CleanAsync()
    {
        while (Strays() is { Count: > 0 } strays)
        {
            await Shell.TryRunAsync("kill", ["-KILL", .. strays.Select(Text)]);
        }

        foreach (var mount in Mounts())
        {
            await Shell.TryRunAsync("umount", "-l", mount);
        }

        await Shell.TryRunAsync("ip", "route", "del", "blackhole", $"{EngineAddress}/32");
        await Shell.TryRunAsync("ip", "link", "del", HostLink);
        await Shell.TryRunAsync("ip", "netns", "del", Namespace);
        if (System.IO.Directory.Exists(Directory))
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    /// <summary>Ends the containerd that a killed engine leaves; the containers go on.</summary>
    public async Task KillContainerdAsync()
    {
        while (Strays().Where(id => Read(Text(id), "comm").Trim() is "containerd").Select(Text).ToArray() is { Length: > 0 } left)
        {
            await Shell.TryRunAsync("kill", ["-KILL", .. left]);
        }

        // Where nothing reaps it, the next engine would take its number for a containerd that runs.
        File.Delete(Path.Combine(Directory, "exec/containerd/containerd.pid"));
    }

    public void Dispose() => held.Dispose();

    /// <summary>The processes of this slot: the engine's own name the directory; a container's see it in the mounts of a namespace of their own.</summary>
    private List<int> Strays()
    {
        var own = Link("self");
        List<int> found = [];
        foreach (var process in System.IO.Directory.EnumerateDirectories("/proc"))
        {
            var name = Path.GetFileName(process);
            if (!int.TryParse(name, CultureInfo.InvariantCulture, out var id) || id == Environment.ProcessId || Read(name, "stat").Contains(") Z", StringComparison.Ordinal))
            {
                continue;
            }

            if (Read(name, "cmdline").Contains($"{Directory}/", StringComparison.Ordinal)
                || (Link(name) is { } space && space != own && Read(name, "mountinfo").Contains($"{Directory}/", StringComparison.Ordinal)))
            {
                found.Add(id);
            }
        }

        return found;
    }

    /// <summary>The deepest first.</summary>
    private List<string> Mounts() =>
    [
        .. File.ReadLines("/proc/self/mountinfo")
            .Select(line => line.Split(' ')[4])
            .Where(mount => mount.StartsWith($"{Directory}/", StringComparison.Ordinal))
            .OrderByDescending(mount => mount.Length)
            .ThenBy(mount => mount, StringComparer.Ordinal),
    ];

    private static string Read(string process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string? Link(string process)
    {
        try
        {
            return new FileInfo($"/proc/{process}/ns/mnt").LinkTarget;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static Task<string> Ip(params string[] arguments) => Shell.RunAsync("ip", arguments);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
