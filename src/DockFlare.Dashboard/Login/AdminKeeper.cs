using System.Buffers.Text;
using System.Security.Cryptography;
using DockFlare.Hosting;
using DockFlare.Hosting.Configuration;
using DockFlare.Hosting.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DockFlare.Dashboard.Login;

/// <summary>
/// Sees to it that somebody can log in: without any user it makes <c>admin</c>, with the password that is set or one that is put into the data folder.
/// A <c>DOCKFLARE_ADMIN_PASSWORD</c> other than the one that was taken last becomes admin's password: the way back in when it is forgotten.
/// </summary>
internal sealed partial class AdminKeeper(Users users, Sessions sessions, FirstPassword first, PasswordGate gate, ILogger<AdminKeeper> logger) : BackgroundService
{
    public const string FileName = "admin_password.txt";
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when there is somebody who can log in.</summary>
    public Task Ready => done.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Hashing takes a while, which the start of the host does not wait for.
        await Task.Yield();
        try
        {
            await sessions.LoadAsync(stoppingToken).ConfigureAwait(false);
            await users.LoadAsync(stoppingToken).ConfigureAwait(false);
            if (first.Configured is { } configured)
            {
                await TakeAsync(configured, stoppingToken).ConfigureAwait(false);
            }
            else if (users.All.Count == 0 && gate.IsOpen)
            {
                await MakeAsync(stoppingToken).ConfigureAwait(false);
            }

            done.TrySetResult();
        }
        catch (Exception exception) when (exception is StateStoreException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            // A login that waits is told too.
            done.TrySetException(exception);
            throw;
        }
    }

    private async Task TakeAsync(string configured, CancellationToken cancellationToken)
    {
        if (users.Find(Users.Admin) is { } admin)
        {
            if (admin.TakenFirstPassword is { } taken && PasswordHash.Verify(configured, taken))
            {
                return;
            }

            var hash = PasswordHash.Make(configured);
            await users.ChangeAsync(Users.Admin, user => user with { Role = Role.Admin, TakenFirstPassword = hash }, cancellationToken).ConfigureAwait(false);
            await users.SetPasswordAsync(Users.Admin, hash, cancellationToken).ConfigureAwait(false);
            await sessions.EndAllAsync(Users.Admin, exceptId: null, cancellationToken).ConfigureAwait(false);
            LogTaken();
            return;
        }

        var made = PasswordHash.Make(configured);
        await users.CreateAsync(new() { Name = Users.Admin, Role = Role.Admin, Password = made, TakenFirstPassword = made }, cancellationToken).ConfigureAwait(false);
    }

    private async Task MakeAsync(CancellationToken cancellationToken)
    {
        if (first.Folder is not { } folder)
        {
            LogNobody();
            return;
        }

        var password = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(18));
        var path = Path.Combine(folder, FileName);
        await OwnedFile.WriteAsync(path, password, cancellationToken).ConfigureAwait(false);
        await users.CreateAsync(new() { Name = Users.Admin, Role = Role.Admin, Password = PasswordHash.Make(password) }, cancellationToken).ConfigureAwait(false);
        LogMade(path);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The dashboard's user 'admin' was made; the password is in {Path}. Log in, change it and delete the file.")]
    private partial void LogMade(string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "DOCKFLARE_ADMIN_PASSWORD is not the one that was taken last: it is admin's password now, and admin's sessions have ended.")]
    private partial void LogTaken();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Nobody can log in to the dashboard: there is no user and no data folder to put a password into. Set DOCKFLARE_ADMIN_PASSWORD.")]
    private partial void LogNobody();
}

/// <summary>Where the first password comes from.</summary>
/// <param name="Configured">The one that is set. Secret.</param>
/// <param name="Folder">Where a made one is put; null when nothing is kept.</param>
internal sealed record FirstPassword(string? Configured, string? Folder)
{
    public static FirstPassword Of(SettingValues values, SandboxMode? sandbox, StateFolder? folder) => new(values.Text("AdminPassword") ?? sandbox?.AdminPassword, folder?.Path);

    /// <summary>Leaves the password out.</summary>
    public override string ToString() => nameof(FirstPassword);
}

/// <summary>A file that nobody but the process's user reads.</summary>
internal static class OwnedFile
{
    public static async Task WriteAsync(string path, string line, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var writer = new StreamWriter(path, options);
        await using (writer.ConfigureAwait(false))
        {
            await writer.WriteLineAsync(line.AsMemory(), cancellationToken).ConfigureAwait(false);
        }
    }
}
