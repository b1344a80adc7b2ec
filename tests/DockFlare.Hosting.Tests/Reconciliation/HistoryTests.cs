using System.Text.Json.Nodes;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Persistence;
using DockFlare.Hosting.Reconciliation;
using DockFlare.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>What was changed is told afterwards, with why and what came of it.</summary>
public sealed class HistoryTests : RigCase
{
    [Fact]
    public async Task A_life_of_a_host_is_told_with_its_causes()
    {
        var zone = Cloudflare.AddZone("example.com");
        var (rig, client) = await MasterWithApiAsync();
        using var disposing = client;
        var nas = await rig.EnrolAsync("nas", cancellationToken: Cancellation);
        rig.Report(nas, MasterRig.Wants("app.example.com", "http://root:hunter2@app:8080"), MasterRig.Wants("other.example.com"));
        await rig.PassAsync(resync: true);
        Cloudflare.Edit("PATCH", $"/zones/{zone}/dns_records/{Cloudflare.Records(zone)[0].Id}", """{"proxied":false}""");
        await rig.PassAsync(resync: true);
        rig.Report(nas, MasterRig.Wants("app.example.com", "http://app:9090"), MasterRig.Wants("other.example.com"));
        await rig.PassAsync();
        rig.Report(nas, MasterRig.Wants("other.example.com"));
        await rig.PassAsync();
        Time.Advance(TimeSpan.FromHours(1));
        await rig.PassAsync();

        var (_, json) = await AskAsync(client, "history?host=app.example.com");

        var target = $"{Tunnel().Id}.cfargotunnel.com";
        Assert.Equal(
            [
                "remove_rule [http://app:9090] -> [] expired: app.example.com on nas was gone for the grace period (applied)",
                $"delete_dns [CNAME {target}, proxied] -> [] expired: app.example.com on nas was gone for the grace period (applied)",
                "change_rule [http://***@app:8080] -> [http://app:9090] container: app.example.com on nas (applied)",
                $"update_dns [CNAME {target}] -> [CNAME {target}, proxied] drift: it was changed at Cloudflare (applied)",
                $"create_dns [] -> [CNAME {target}, proxied] container: app.example.com on nas (applied)",
                "add_rule [] -> [http://***@app:8080] container: app.example.com on nas (applied)",
            ],
            Lines(json));
        Assert.DoesNotContain("hunter2", string.Concat((await Store.ListAsync("history", Cancellation)).Select(document => System.Text.Encoding.UTF8.GetString(document.Json.Span))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_label_that_is_taken_off_a_block_and_an_adoption_are_told_apart()
    {
        var zone = Cloudflare.AddZone("example.com");
        Cloudflare.AddRecord(zone, "CNAME", "theirs.example.com", "elsewhere.example.net");
        var (rig, client) = await MasterWithApiAsync();
        using var disposing = client;
        var nas = await rig.EnrolAsync("nas", cancellationToken: Cancellation);
        rig.Report(nas, MasterRig.Wants("app.example.com"), MasterRig.Wants("theirs.example.com"), MasterRig.Wants("blog.example.com"));
        await rig.PassAsync(resync: true);
        rig.Reconciler.Confirmations.Adopt(rig.Board.Current.Remaining.Held.Select(held => held.AdoptionId!));
        await rig.PassAsync();
        rig.Report(nas, MasterRig.Wants("renamed.example.com") with { Name = "app.example.com" }, MasterRig.Wants("theirs.example.com"), MasterRig.Wants("blog.example.com", more: ("access.group", "nobody")));
        await rig.PassAsync();

        var (_, json) = await AskAsync(client, "history");

        var told = Lines(json);
        Assert.Contains(told, line => line.StartsWith("remove_rule [http://app:8080] -> [] withdrawn: app.example.com on nas does not ask for it any more", StringComparison.Ordinal));
        Assert.Contains(told, line => line.StartsWith("adopt_dns [CNAME elsewhere.example.net] -> [CNAME", StringComparison.Ordinal) && line.Contains("adoption: an operator agreed (applied)", StringComparison.Ordinal));
        Assert.Contains(told, line => line.StartsWith("delete_dns", StringComparison.Ordinal) && line.Contains("blocked: There is no access group", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_Cloudflare_refuses_is_told_once_with_the_reason()
    {
        Cloudflare.AddZone("example.com");
        var (rig, client) = await MasterWithApiAsync();
        using var disposing = client;
        var nas = await rig.EnrolAsync("nas", cancellationToken: Cancellation);
        Cloudflare.Faults.Add("POST", "/zones/*/dns_records", new FakeFault.Refuse(403, 10000, "Authentication error"), times: 100);
        rig.Report(nas, MasterRig.Wants("app.example.com"));
        for (var i = 0; i < 4; i++)
        {
            await rig.PassAsync(resync: true);
        }

        var (_, json) = await AskAsync(client, "history?host=app.example.com");

        Assert.Equal("failed", (string)json["lines"]![0]!["outcome"]!);
        Assert.Contains("Zone / DNS / Edit", (string)json["lines"]![0]!["reason"]!, StringComparison.Ordinal);
        Assert.Equal(2, json["lines"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_change_that_the_end_of_the_process_interrupts_stays_with_an_unknown_outcome()
    {
        Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        rig.Report(nas, MasterRig.Wants("app.example.com"));
        await rig.PassAsync(resync: true);
        using var end = new CancellationTokenSource();
        Cloudflare.Faults.Add("PUT", "/accounts/*/cfd_tunnel/*/configurations", new FakeFault.Before(end.Cancel));
        rig.Report(nas, MasterRig.Wants("app.example.com", "http://app:9090"));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rig.Reconciler.RunOnceAsync(resync: false, end.Token));

        var (next, client) = await MasterWithApiAsync();
        using var disposing = client;
        var (_, json) = await AskAsync(client, "history?limit=1");
        Assert.Equal(["change_rule [http://app:8080] -> [http://app:9090] container: app.example.com on nas (unknown)"], Lines(json));
    }

    [Fact]
    public async Task A_wrong_query_is_answered_with_what_to_write()
    {
        var (_, client) = await MasterWithApiAsync();
        using var disposing = client;

        foreach (var query in (string[])["limit=0", "limit=x", "since=yesterday", "from=7"])
        {
            var (status, json) = await AskAsync(client, "history?" + query);
            Assert.Equal((400, true), (status, ((string)json["detail"]!).Contains("write", StringComparison.Ordinal)));
        }
    }

    private static string[] Lines(JsonObject json) =>
        [.. json["lines"]!.AsArray().Select(line => $"{line!["kind"]} [{line["before"]}] -> [{line["after"]}] {line["cause"]}: {line["by"]} ({line["outcome"]})")];

    private static async Task<(int Status, JsonObject Json)> AskAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!.AsObject());
    }
}

/// <summary>How the history is kept, in every store.</summary>
public abstract class HistoryContract
{
    private readonly JumpingTime time = new();

    private protected abstract IStateStore State { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_go_on_where_the_last_one_ended_and_filters_hold_across_them()
    {
        var history = History();
        for (var i = 0; i < 5; i++)
        {
            await AddAsync(history, Line("a", i * 2), Line("b", (i * 2) + 1));
        }

        Assert.Equal(["9", "8", "7", "6", "5", "4", "3", "2", "1", "0"], await PagesAsync(history, new(3)));
        Assert.Equal(["8", "6", "4", "2", "0"], await PagesAsync(history, new(2) { Host = "A" }));
        Assert.Equal(["9", "8", "7", "6"], await PagesAsync(history, new(3) { Since = time.GetUtcNow() - TimeSpan.FromMinutes(2.5) }));
        Assert.Empty(await PagesAsync(history, new(3) { Host = "c" }));
    }

    [Fact]
    public async Task What_is_too_old_goes_and_a_process_that_starts_goes_on_with_it()
    {
        await AddAsync(History(), Line("a", 0));
        time.Advance(TimeSpan.FromDays(29));
        var next = History();
        await AddAsync(next, Line("a", 1));
        Assert.Equal(["1", "0"], await PagesAsync(next, new(10)));

        time.Advance(TimeSpan.FromDays(2));
        await next.PruneAsync(Cancellation);

        Assert.Equal(["1"], await PagesAsync(next, new(10)));
    }

    [Fact]
    public async Task The_oldest_go_when_there_are_too_many()
    {
        var history = History();
        for (var i = 0; i < 3; i++)
        {
            await AddAsync(history, [.. Enumerable.Range(0, HistoryStore.MaxEntries / 2).Select(_ => Line("a", i))]);
        }

        Assert.Equal(HistoryStore.MaxEntries, (await State.ListAsync("history", Cancellation)).Count * HistoryStore.MaxEntries / 2);
        Assert.Equal(["2"], await PageAsync(history, new(1)));
    }

    [Fact]
    public async Task Without_a_retention_nothing_is_kept()
    {
        var history = History(TimeSpan.Zero);

        Assert.Null(await history.BeginAsync([Line("a", 0)], Cancellation));
        Assert.Empty(await State.ListAsync("history", Cancellation));
    }

    private HistoryStore History(TimeSpan? retention = null) =>
        new(State, time, Microsoft.Extensions.Options.Options.Create(new DockFlare.Hosting.MasterOptions { HistoryRetention = retention ?? TimeSpan.FromDays(30) }));

    private static (Change, RecordedChange) Line(string host, int number)
    {
        var text = number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return (new Change.CreateDns(new("z", host, text)), new("create_dns", text, ChangeCause.Container, "blog on nas") { Host = host });
    }

    private async Task AddAsync(HistoryStore history, params (Change Change, RecordedChange)[] lines)
    {
        var pending = await history.BeginAsync(lines, Cancellation);
        await history.CompleteAsync(pending!, [.. lines.Select(line => line.Change)], [], Cancellation);
        time.Advance(TimeSpan.FromMinutes(1));
    }

    private static async Task<string[]> PageAsync(HistoryStore history, HistoryQuery query) =>
        [.. (await history.ReadAsync(query, Cancellation)).Lines.Select(line => line.Entry.Text)];

    private static async Task<List<string>> PagesAsync(HistoryStore history, HistoryQuery query)
    {
        var all = new List<string>();
        while (true)
        {
            var (lines, next) = await history.ReadAsync(query, Cancellation);
            all.AddRange(lines.Select(line => line.Entry.Text));
            if (next is null)
            {
                return all;
            }

            query = query with { From = HistoryPosition.Parse(next) };
        }
    }
}

public sealed class InMemoryHistoryTests : HistoryContract
{
    private protected override IStateStore State { get; } = new InMemoryStateStore();
}

public sealed class SqliteHistoryTests : HistoryContract, IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dockflare-history-").FullName;
    private readonly SqliteStateStore store;

    public SqliteHistoryTests() => store = SqliteStateStore.Open(folder);

    private protected override IStateStore State => store;

    public void Dispose()
    {
        store.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
