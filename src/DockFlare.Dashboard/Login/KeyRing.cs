using DockFlare.Hosting;
using DockFlare.Hosting.Configuration;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Dashboard.Login;

/// <summary>
/// Keeps the keys that protect cookies: in <c>DOCKFLARE_KEYS</c>, else in <c>keys</c> in the data folder. Without either they live as long as the process. Where the
/// app that embeds us has a key ring of its own, that one is used.
/// </summary>
internal sealed class KeyRing(SettingValues values, ILoggerFactory loggers, StateFolder? folder = null) : IPostConfigureOptions<KeyManagementOptions>
{
    public void PostConfigure(string? name, KeyManagementOptions options)
    {
        if (options.XmlRepository is not null || (values.Text("KeysPath") ?? (folder is null ? null : Path.Combine(folder.Path, "keys"))) is not { } path)
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        options.XmlRepository = new FileSystemXmlRepository(new(Path.GetFullPath(path)), loggers);
    }
}
