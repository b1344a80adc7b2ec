using DockFlare.Hosting;
using DockFlare.Hosting.Configuration;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Dashboard.Login;

/// <summary>
/// Keeps the keys that protect cookies and stored secrets: in <c>DOCKFLARE_KEYS</c>, else in <c>keys</c> in the data folder. Without either they live as long as the process.
/// Where the app that embeds us has a key ring of its own, that one is used.
/// </summary>
internal sealed class KeyRing(SettingValues values, ILoggerFactory loggers, StateFolder? folder = null) : IPostConfigureOptions<KeyManagementOptions>, IHostedService
{
    public const int LeastPassphrase = 12;

    private string? Folder => values.Text("KeysPath") ?? (folder is null ? null : Path.Combine(folder.Path, "keys"));

    public void PostConfigure(string? name, KeyManagementOptions options)
    {
        if (options.XmlRepository is null && Folder is { } path)
        {
            options.XmlRepository = Open(path);
        }
    }

    /// <summary>Keys that cannot be opened are found now, not at the first login.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (Folder is { } path)
        {
            Open(path).SealAll();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private SealedKeys Open(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return new(new(Path.GetFullPath(path)), values.Text("KeyPassphrase"), loggers);
    }
}
