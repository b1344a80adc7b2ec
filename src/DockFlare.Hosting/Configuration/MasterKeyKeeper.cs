using System.Buffers.Text;
using System.Security.Cryptography;
using DockFlare.Hosting.Agents;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Configuration;

/// <summary>
/// Sees to it that there is a master API key: the one that is set, else the one in the data folder, else a new one that is put there.
/// Without a data folder a made key lives as long as the process and is shown nowhere.
/// </summary>
internal sealed partial class MasterKeyKeeper(MasterApiKey key, string? configured, string? dataPath, ILogger<MasterKeyKeeper> logger) : IHostedService
{
    public const string FileName = "master_api_key.txt";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (configured is not null)
        {
            key.Value = configured;
            return;
        }

        if (dataPath is null)
        {
            key.Value = Make();
            return;
        }

        var path = Path.Combine(dataPath, FileName);
        if (File.Exists(path))
        {
            key.Value = (await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false)).Trim();
            return;
        }

        var made = Make();
        await KeepAsync(dataPath, made, cancellationToken).ConfigureAwait(false);
        key.Value = made;
        LogMade(path);
    }

    /// <summary>Writes a key into a data folder that has none.</summary>
    public static async Task KeepAsync(string dataPath, string key, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(dataPath);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var writer = new StreamWriter(Path.Combine(dataPath, FileName), options);
        await using (writer.ConfigureAwait(false))
        {
            await writer.WriteLineAsync(key.AsMemory(), cancellationToken).ConfigureAwait(false);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static string Make() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    [LoggerMessage(Level = LogLevel.Information, Message = "A master API key was made; it is in {Path}.")]
    private partial void LogMade(string path);
}
