using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using DockFlare.Core.Commands;
using DockFlare.Hosting.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Agents;

/// <summary>
/// What an agent keeps on its host: its id and its tunnel's state, in the files of the agents before ours. Each file is 0600 and is written
/// beside, flushed and renamed, so that a crash leaves the old one or the new one. Without a data path nothing is kept.
/// </summary>
internal sealed class AgentFiles
{
    private const string IdFile = "agent_id.txt";
    private const string TunnelFile = "tunnel_state.json";
    private readonly string? folder;

    public AgentFiles(IOptions<AgentOptions> options) => folder = options.Value.DataPath is { Length: > 0 } path ? path : null;

    /// <summary>Makes the folder and tries whether files can be written there, so that an agent that could not keep its id does not begin.</summary>
    /// <exception cref="StateStoreException">It cannot be written.</exception>
    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        const string Trial = "writable.txt";
        if (folder is null)
        {
            return;
        }

        try
        {
            await WriteAsync(Trial, [], cancellationToken).ConfigureAwait(false);
            File.Delete(Path.Combine(folder, Trial));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StateStoreException($"'{folder}' cannot be opened for writing ({exception.Message}). Set DOCKFLARE_DATA to a directory that the user running DockFlare owns.", exception);
        }
    }

    /// <summary>Null when there is none yet.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async ValueTask<AgentId?> FindIdAsync(CancellationToken cancellationToken) =>
        await ReadAsync(IdFile, cancellationToken).ConfigureAwait(false) is { } bytes && Encoding.UTF8.GetString(bytes).Trim() is { Length: > 0 } id ? new AgentId(id) : null;

    public ValueTask SaveIdAsync(AgentId id, CancellationToken cancellationToken) => WriteAsync(IdFile, Encoding.UTF8.GetBytes(id.Value + "\n"), cancellationToken);

    /// <summary>Null when there is none, or when what is there is no state: the master then says again what is to run.</summary>
    public async ValueTask<StoredTunnel?> FindTunnelAsync(CancellationToken cancellationToken)
    {
        if (await ReadAsync(TunnelFile, cancellationToken).ConfigureAwait(false) is not { } bytes)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(bytes, AgentFilesJson.Default.StoredTunnel);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public ValueTask SaveTunnelAsync(StoredTunnel tunnel, CancellationToken cancellationToken) =>
        WriteAsync(TunnelFile, JsonSerializer.SerializeToUtf8Bytes(tunnel, AgentFilesJson.Default.StoredTunnel), cancellationToken);

    private async ValueTask<byte[]?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        if (folder is null)
        {
            return null;
        }

        try
        {
            return await File.ReadAllBytesAsync(Path.Combine(folder, name), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private async ValueTask WriteAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        if (folder is null)
        {
            return;
        }

        CreateFolder(folder);
        var path = Path.Combine(folder, name);
        var beside = path + ".new";
        File.Delete(beside);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var stream = new FileStream(beside, options);
        await using (stream.ConfigureAwait(false))
        {
            await stream.WriteAsync(content, cancellationToken).ConfigureAwait(false);
            stream.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
    }

    private static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}

/// <summary>The tunnel this host is to run, as <c>tunnel_state.json</c> holds it. <c>generation</c> is ours; older agents ignore it.</summary>
internal sealed record StoredTunnel
{
    public const string Running = "running";
    public const string Stopped = "stopped";

    public string? Token { get; init; }

    public string? Id { get; init; }

    public string? Name { get; init; }

    public string? DesiredState { get; init; }

    public long Generation { get; init; }

    /// <summary>Whether a connector is to run: every state but <c>stopped</c> with a token means yes, as with older agents.</summary>
    [JsonIgnore]
    public bool IsToRun => Token is { Length: > 0 } && Id is { Length: > 0 } && !string.Equals(DesiredState, Stopped, StringComparison.Ordinal);

    /// <summary>Leaves the token out.</summary>
    public override string ToString() => $"StoredTunnel {{ {Name} ({Id}), generation {Generation}, {DesiredState} }}";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredTunnel))]
internal sealed partial class AgentFilesJson : JsonSerializerContext;

/// <summary>Has the agent's folder tried before anything of the agent begins.</summary>
internal sealed class AgentFilesCheck(AgentFiles files) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => files.CheckAsync(cancellationToken).AsTask();

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
