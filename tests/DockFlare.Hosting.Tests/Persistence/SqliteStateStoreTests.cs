using System.Runtime.Versioning;
using DockFlare.Hosting.Persistence;
using Microsoft.Data.Sqlite;

namespace DockFlare.Hosting.Tests.Persistence;

public sealed class SqliteStateStoreTests : StateStoreContract, IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("dockflare-state-").FullName;
    private SqliteStateStore store;

    public SqliteStateStoreTests() => store = SqliteStateStore.Open(DataPath);

    private protected override IStateStore Store => store;

    private string DataPath => Path.Combine(root, "data");

    private string FilePath => Path.Combine(DataPath, "dockflare.db");

    public void Dispose()
    {
        store.Dispose();
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task What_was_written_is_there_after_opening_again()
    {
        await PutAsync("agent", "nas", "1", 0);
        await PutAsync("agent", "gone", "1", 0);
        await Store.TryDeleteAsync("agent", "gone", 1, Token);

        store.Dispose();
        store = SqliteStateStore.Open(DataPath);

        Assert.Equal(["agent/nas@1=1"], (await Store.ListAsync("agent", Token)).Select(Text));
    }

    [Fact]
    public async Task A_commit_survives_a_process_that_ends_without_closing()
    {
        await PutAsync("agent", "nas", "1", 0);

        // What is on the disk now is what a killed process leaves.
        var left = Path.Combine(root, "left");
        Directory.CreateDirectory(left);
        foreach (var file in Directory.GetFiles(DataPath))
        {
            File.Copy(file, Path.Combine(left, Path.GetFileName(file)));
        }

        using var again = SqliteStateStore.Open(left);
        Assert.Equal("agent/nas@1=1", Text(await again.FindAsync("agent", "nas", Token)));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Directory_and_files_are_the_owners_alone()
    {
        await PutAsync("agent", "nas", "1", 0);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(DataPath));
        Assert.All(Directory.GetFiles(DataPath), static file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        Assert.Equal(["dockflare.db", "dockflare.db-shm", "dockflare.db-wal"], Directory.GetFiles(DataPath).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_newer_layout_is_refused()
    {
        store.Dispose();
        Execute("PRAGMA user_version = 2");

        var exception = Assert.Throws<StateStoreException>(() => SqliteStateStore.Open(DataPath));

        Assert.Equal(
            $"'{FilePath}' was written by a newer DockFlare (layout 2; this one knows 1). Run the newer version again, or set DOCKFLARE_DATA to another directory.",
            exception.Message);
    }

    [Fact]
    public void A_file_that_is_no_database_is_named()
    {
        store.Dispose();
        File.WriteAllText(FilePath, new string('x', 4096));

        var exception = Assert.Throws<StateStoreException>(() => SqliteStateStore.Open(DataPath));

        Assert.StartsWith($"'{FilePath}' is damaged or is not a DockFlare database (", exception.Message, StringComparison.Ordinal);
        Assert.EndsWith("Restore it from a backup, or set DOCKFLARE_DATA to an empty directory to begin anew.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_inside_the_file_is_found_at_the_start()
    {
        for (var i = 0; i < 50; i++)
        {
            await PutAsync("agent", $"{i}", new string('1', 1000), 0);
        }

        store.Dispose();
        using (var file = File.OpenWrite(FilePath))
        {
            file.Position = 8192;
            file.Write(new byte[8192]);
        }

        var exception = Assert.Throws<StateStoreException>(() => SqliteStateStore.Open(DataPath));

        Assert.StartsWith($"'{FilePath}' is damaged", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_named()
    {
        var file = Path.Combine(root, "file");
        File.WriteAllText(file, "");

        var exception = Assert.Throws<StateStoreException>(() => SqliteStateStore.Open(Path.Combine(file, "data")));

        Assert.StartsWith($"'{file}/data/dockflare.db' cannot be opened for writing (", exception.Message, StringComparison.Ordinal);
        Assert.EndsWith("Set DOCKFLARE_DATA to a directory that the user running DockFlare owns.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_that_fails_says_why_and_the_store_goes_on()
    {
        await PutAsync("agent", "nas", "1", 0);

        // A trigger stands for the disk: SQLite refuses the write in the middle of the transaction.
        Execute("CREATE TRIGGER full BEFORE INSERT ON document WHEN NEW.id = 'big' BEGIN SELECT RAISE(ABORT, 'no room'); END");
        var exception = await Assert.ThrowsAsync<StateStoreException>(async () => await PutAsync("agent", "big", "1", 0));

        Assert.StartsWith($"The state in '{FilePath}' could not be used (", exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, await PutAsync("agent", "nas", "2", 1));
        Assert.Equal(["agent/nas@2=2"], (await Store.ListAsync("agent", Token)).Select(Text));
    }

    [Theory]
    [InlineData(13, "The disk that holds '/d/dockflare.db' is full, so nothing can be saved. Make room on it, or set DOCKFLARE_DATA to a directory with room.")]
    [InlineData(10, "The disk that holds '/d/dockflare.db' could not be read or written (x). Check the disk and its free space, or set DOCKFLARE_DATA to another directory.")]
    [InlineData(8, "'/d/dockflare.db' cannot be opened for writing (x). Set DOCKFLARE_DATA to a directory that the user running DockFlare owns.")]
    [InlineData(5, "'/d/dockflare.db' is in use by another process. Stop the other DockFlare that has the same DOCKFLARE_DATA.")]
    [InlineData(11, "'/d/dockflare.db' is damaged or is not a DockFlare database (x). Restore it from a backup, or set DOCKFLARE_DATA to an empty directory to begin anew.")]
    public void Every_fault_of_the_disk_has_its_sentence(int code, string message) =>
        Assert.Equal(message, SqliteDatabase.Explain(code, "/d/dockflare.db", "x"));

    [Fact]
    public async Task After_it_was_closed_nothing_is_written()
    {
        store.Dispose();
        store.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await PutAsync("agent", "nas", "1", 0));
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The tests' own text.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
