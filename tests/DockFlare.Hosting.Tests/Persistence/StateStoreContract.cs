using System.Text;
using DockFlare.Hosting.Persistence;

namespace DockFlare.Hosting.Tests.Persistence;

/// <summary>What every state store does. Derived once per implementation.</summary>
public abstract class StateStoreContract
{
    private protected abstract IStateStore Store { get; }

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_document_has_version_1_and_one_more_with_each_write()
    {
        Assert.Equal(1, await PutAsync("agent", "nas", "{\"a\":1}", 0));
        Assert.Equal(2, await PutAsync("agent", "nas", "{\"ü\":2}", 1));
        Assert.Equal(3, await PutAsync("agent", "nas", "", 2));

        Assert.Equal("agent/nas@3=", Text(await Store.FindAsync("agent", "nas", Token)));
        Assert.Null(await Store.FindAsync("agent", "NAS", Token));
        Assert.Null(await Store.FindAsync("tunnel", "nas", Token));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(0)]
    public async Task A_write_at_another_version_changes_nothing(long expected)
    {
        await PutAsync("agent", "nas", "1", 0);
        await PutAsync("agent", "nas", "2", 1);

        Assert.Null(await PutAsync("agent", "nas", "3", expected));
        Assert.False(await Store.TryDeleteAsync("agent", "nas", expected, Token));
        Assert.Equal("agent/nas@2=2", Text(await Store.FindAsync("agent", "nas", Token)));
    }

    [Fact]
    public async Task A_document_that_is_not_there_can_only_be_made()
    {
        Assert.Null(await PutAsync("agent", "nas", "1", 1));
        Assert.False(await Store.TryDeleteAsync("agent", "nas", 0, Token));
        Assert.False(await Store.TryDeleteAsync("agent", "nas", 1, Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await PutAsync("agent", "nas", "1", -1));
        Assert.Empty(await Store.ListAsync("agent", Token));
    }

    [Fact]
    public async Task A_deleted_document_is_gone_and_begins_at_1_again()
    {
        await PutAsync("agent", "nas", "1", 0);
        await PutAsync("agent", "nas", "2", 1);

        Assert.True(await Store.TryDeleteAsync("agent", "nas", 2, Token));
        Assert.Null(await Store.FindAsync("agent", "nas", Token));
        Assert.Equal(1, await PutAsync("agent", "nas", "3", 0));
    }

    [Fact]
    public async Task A_list_is_one_kind_by_id_in_ordinal_order()
    {
        foreach (var id in (string[])["b", "\U0001F600", "a", "B", "\uFFFD", "", "a/b", "ä"])
        {
            await PutAsync("rule", id, "1", 0);
        }

        await PutAsync("rules", "x", "1", 0);

        Assert.Equal(["", "B", "a", "a/b", "b", "ä", "\U0001F600", "\uFFFD"], (await Store.ListAsync("rule", Token)).Select(static document => document.Id));
    }

    [Fact]
    public async Task Of_many_writers_at_one_version_one_succeeds()
    {
        await PutAsync("agent", "nas", "0", 0);

        var written = await Task.WhenAll(Enumerable.Range(0, 50).Select(async n => await PutAsync("agent", "nas", $"{n}", 1)));

        Assert.Equal(2, Assert.Single(written, static version => version is not null));
        Assert.Equal(2, (await Store.FindAsync("agent", "nas", Token))!.Version);
    }

    [Fact]
    public async Task The_callers_buffer_is_the_callers_again()
    {
        var buffer = Encoding.UTF8.GetBytes("1");
        await Store.TryPutAsync("agent", "nas", buffer, 0, Token);
        buffer[0] = (byte)'2';

        Assert.Equal("agent/nas@1=1", Text(await Store.FindAsync("agent", "nas", Token)));
    }

    private protected static string Text(StateDocument? document) =>
        document is null ? "-" : $"{document.Kind}/{document.Id}@{document.Version}={Encoding.UTF8.GetString(document.Json.Span)}";

    private protected ValueTask<long?> PutAsync(string kind, string id, string json, long expected) =>
        Store.TryPutAsync(kind, id, Encoding.UTF8.GetBytes(json), expected, Token);
}

public sealed class InMemoryStateStoreTests : StateStoreContract
{
    private protected override IStateStore Store { get; } = new InMemoryStateStore();
}
