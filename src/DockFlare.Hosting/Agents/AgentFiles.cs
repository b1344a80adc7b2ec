using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using DockFlare.Core.Commands;
using DockFlare.Hosting.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Agents;

/// <summary>
/// What an agent keeps on its host: its id and its tunnel's state, in the files of the agents before ours. Each file is 0600 and is written
/// beside, flushed and renamed, so that a crash leaves the old one or the new one. What cannot be written after the start, as on a full disk, is kept
/// in memory and written when it can be: the host goes on serving. Without a data path nothing is kept.
/// </summary>
internal sealed partial class AgentFiles : IDisposable
{
    public const string TombstoneFile = "decommission.json";
    private const string IdFile = "agent_id.txt";
    private const string TunnelFile = "tunnel_state.json";
    private readonly string? folder;
    private readonly ILogger<AgentFiles> logger;
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly Dictionary<string, byte[]> unwritten = new(StringComparer.Ordinal);
    private string? trouble;

    public AgentFiles(IOptions<AgentOptions> options, ILogger<AgentFiles> logger) =>
        (folder, this.logger) = (options.Value.DataPath is { Length: > 0 } path ? path : null, logger);

    public void Dispose() => turn.Dispose();

    /// <summary>Why something could not be written that is still to be; null while all is.</summary>
    public string? Trouble => Volatile.Read(ref trouble);

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
    public async ValueTask<AgentId?> FindIdAsync(CancellationToken cancellationToken) =>
        await ReadAsync(IdFile, cancellationToken).ConfigureAwait(false) is { } bytes && Encoding.UTF8.GetString(bytes).Trim() is { Length: > 0 } id ? new AgentId(id) : null;

    public ValueTask SaveIdAsync(AgentId id, CancellationToken cancellationToken) => KeepAsync(IdFile, Encoding.UTF8.GetBytes(id.Value + "\n"), cancellationToken);

    /// <summary>Null when there is none, or when what is there is no state: the master then says again what is to run.</summary>
    public ValueTask<StoredTunnel?> FindTunnelAsync(CancellationToken cancellationToken) => FindAsync(TunnelFile, AgentFilesJson.Default.StoredTunnel, cancellationToken);

    public ValueTask SaveTunnelAsync(StoredTunnel tunnel, CancellationToken cancellationToken) =>
        KeepAsync(TunnelFile, JsonSerializer.SerializeToUtf8Bytes(tunnel, AgentFilesJson.Default.StoredTunnel), cancellationToken);

    /// <summary>Null while no master has asked this agent to leave.</summary>
    public ValueTask<Tombstone?> FindTombstoneAsync(CancellationToken cancellationToken) => FindAsync(TombstoneFile, AgentFilesJson.Default.Tombstone, cancellationToken);

    public ValueTask SaveTombstoneAsync(Tombstone tombstone, CancellationToken cancellationToken) =>
        KeepAsync(TombstoneFile, JsonSerializer.SerializeToUtf8Bytes(tombstone, AgentFilesJson.Default.Tombstone), cancellationToken);

    /// <summary>Whether the file is there as it was saved last, and not in memory alone.</summary>
    public bool IsKept(string name) => folder is not null && Trouble is null && File.Exists(Path.Combine(folder, name));

    /// <summary>Tries again to write what could not be written.</summary>
    public async ValueTask RetryAsync(CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (var (name, content) in unwritten.ToList())
            {
                await TryWriteAsync(name, content, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            turn.Release();
        }
    }

    private async ValueTask<T?> FindAsync<T>(string name, JsonTypeInfo<T> type, CancellationToken cancellationToken) where T : class
    {
        if (await ReadAsync(name, cancellationToken).ConfigureAwait(false) is not { } bytes)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(bytes, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async ValueTask KeepAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await TryWriteAsync(name, content, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    private async ValueTask TryWriteAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        try
        {
            unwritten[name] = content;
            await WriteAsync(name, content, cancellationToken).ConfigureAwait(false);
            unwritten.Remove(name);
            if (unwritten.Count == 0 && Interlocked.Exchange(ref trouble, null) is not null)
            {
                LogWritten(folder!);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!string.Equals(Interlocked.Exchange(ref trouble, exception.Message), exception.Message, StringComparison.Ordinal))
            {
                LogUnwritten(name, folder!, exception.Message);
            }
        }
    }

    private async ValueTask<byte[]?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        if (folder is null)
        {
            return null;
        }

        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return unwritten.TryGetValue(name, out var newest) ? newest : await File.ReadAllBytesAsync(Path.Combine(folder, name), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(name, folder, exception.Message);
            return null;
        }
        finally
        {
            turn.Release();
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

    [LoggerMessage(Level = LogLevel.Error, Message = "{File} cannot be written in {Folder}: {Reason} It is kept in memory and written as soon as that is possible; the connector goes on serving. Free some space there.")]
    private partial void LogUnwritten(string file, string folder, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The files in {Folder} are written again.")]
    private partial void LogWritten(string folder);

    [LoggerMessage(Level = LogLevel.Error, Message = "{File} cannot be read in {Folder}: {Reason} The master is asked instead.")]
    private partial void LogUnreadable(string file, string folder, string reason);
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

/// <summary>That a master of protocol 2 asked this agent to leave, as <c>decommission.json</c> holds it.</summary>
internal sealed record Tombstone
{
    public string? OperationId { get; init; }

    /// <summary>SHA-256 of the key it was asked under: with another key the agent begins anew.</summary>
    public string? Key { get; init; }

    /// <summary>Whether a connector was to run when it was asked.</summary>
    public bool HadConnector { get; init; }

    /// <summary>Whether all is done: the agent neither registers nor serves any more.</summary>
    public bool HasLeft { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredTunnel))]
[JsonSerializable(typeof(Tombstone))]
internal sealed partial class AgentFilesJson : JsonSerializerContext;

/// <summary>Has the agent's folder tried before anything of the agent begins, and again whenever something could not be written.</summary>
internal sealed class AgentFilesKeeper(AgentFiles files, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(10);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await files.CheckAsync(cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Between, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            if (files.Trouble is not null)
            {
                await files.RetryAsync(stoppingToken).ConfigureAwait(false);
            }
        }
    }
}
