using System.Diagnostics;
using System.Net;
using DockFlare.Testing;

namespace DockFlare.Tests.Fake;

public sealed class FaultTests : FakeCase
{
    private const string Record = """{"type":"A","name":"a","content":"1.1.1.1"}""";

    private string? zone;

    private string Records => $"/zones/{zone ??= Fake.AddZone("example.com")}/dns_records";

    [Fact]
    public async Task A_fault_hits_the_nth_matching_call_and_as_many_as_it_is_told_to()
    {
        Fake.Faults.Add("GET", "/zones/*/dns_records", new FakeFault.Refuse(503, 10001, "internal error"), nth: 2, times: 2);

        var codes = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            await Get("/zones");
            codes.Add((await Get(Records)).Code);
        }

        Assert.Equal(["200", "503/10001", "503/10001", "200"], codes);
        Assert.True(Fake.Faults.IsSpent);
    }

    [Fact]
    public async Task Too_many_requests_comes_with_and_without_retry_after()
    {
        Fake.Faults.Add("*", "/**", FakeFault.TooManyRequests(7));
        Fake.Faults.Add("*", "/**", FakeFault.TooManyRequests(), nth: 2);

        var (with, without) = (await Get("/zones"), await Get("/zones"));

        Assert.Equal(("429/971 Please wait and consider throttling your request speed", "7"), (with.Verdict, with.Header("Retry-After")));
        Assert.Equal(("429/971", ""), (without.Code, without.Header("Retry-After")));
    }

    [Fact]
    public async Task Success_can_be_false_with_200()
    {
        Fake.Faults.Add("POST", "/zones/*/dns_records", new FakeFault.Refuse(200, 971, "slow down"));

        Assert.Equal("200/971 slow down", (await Post(Records, Record)).Verdict);
        Assert.Empty(Fake.Records(zone!));
    }

    [Fact]
    public async Task A_gateway_answers_with_its_page()
    {
        Fake.Faults.Add("GET", "/zones", new FakeFault.Raw(502, "<html>Bad gateway</html>"));

        var reply = await Get("/zones");

        Assert.Equal((HttpStatusCode.BadGateway, "<html>Bad gateway</html>"), (reply.Status, reply.Body));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public async Task A_connection_is_cut_before_or_after_the_write(bool afterApplying, int records)
    {
        Fake.Faults.Add("POST", "/zones/*/dns_records", new FakeFault.Drop(afterApplying));

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => Post(Records, Record));

        Assert.Equal(records, Fake.Records(zone!).Count);
        Assert.Equal(0, Fake.Log.Calls[^1].Status);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public async Task An_answer_never_comes(bool afterApplying, int records)
    {
        Fake.Faults.Add("POST", "/zones/*/dns_records", new FakeFault.Hang(afterApplying));
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SendAs(Fake.Token, "POST", Records, Record, patience.Token));

        Assert.Equal(records, Fake.Records(zone!).Count);
    }

    [Fact]
    public async Task A_server_fails_after_it_has_written()
    {
        Fake.Faults.Add("POST", "/zones/*/dns_records", new FakeFault.FailAfterApplying());

        Assert.Equal("500/1000 Internal Server Error", (await Post(Records, Record)).Verdict);
        Assert.Single(Fake.Records(zone!));
        Assert.Equal("400/81058", (await Post(Records, Record)).Code);
    }

    [Fact]
    public async Task A_foreign_writer_acts_between_GET_and_PUT()
    {
        var tunnel = Fake.AddTunnel("main");
        var path = $"/accounts/{Account}/cfd_tunnel/{tunnel.Id}/configurations";
        Fake.Faults.Add("PUT", "/accounts/*/cfd_tunnel/*/configurations", new FakeFault.Before(() => Fake.PutConfiguration(tunnel.Id, """{"ingress":[{"service":"http_status:503"}]}""")));

        Assert.Equal("0", (await Get(path)).Text("version"));
        Assert.Equal("2", (await Put(path, """{"config":{"ingress":[{"service":"http_status:404"}]}}""")).Text("version"));
    }

    [Fact]
    public async Task Latency_and_delays_are_real_time()
    {
        var started = Stopwatch.GetTimestamp();
        Fake.Latency = TimeSpan.FromMilliseconds(40);
        await Get("/zones");
        var latency = Stopwatch.GetElapsedTime(started);
        Fake.Latency = TimeSpan.Zero;
        Fake.Faults.Add("GET", "/zones", new FakeFault.Delay(TimeSpan.FromMilliseconds(40)));
        started = Stopwatch.GetTimestamp();
        Assert.Equal("200", (await Get("/zones")).Verdict);

        Assert.True(latency >= TimeSpan.FromMilliseconds(40), $"{latency}");
        Assert.True(Stopwatch.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(40));
    }

    [Fact]
    public async Task Going_over_the_rate_limit_blocks_for_a_whole_window()
    {
        Fake.RateLimit = new(3, TimeSpan.FromMinutes(5));
        var owned = Fake.AddToken(FakePermissions.All, ownerAccountId: Account);

        Assert.Equal("\"default\";r=2;t=300", (await Get("/zones")).Header("Ratelimit"));
        Time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal("\"default\";r=1;t=60", (await Get("/zones")).Header("Ratelimit"));
        Assert.Equal("\"default\";r=0;t=60", (await Get("/zones")).Header("Ratelimit"));
        var over = await Get("/zones");
        Assert.Equal(("429/971", "300", "\"default\";q=3;w=300"), (over.Code, over.Header("Retry-After"), over.Header("Ratelimit-Policy")));
        Assert.Equal("200", (await SendAs(owned, "GET", "/zones")).Code);
        Assert.Equal("429/971", (await SendAs(Fake.AddToken(FakePermissions.All), "GET", "/zones")).Code);
        Time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        Assert.Equal("429/971", (await Get("/zones")).Code);
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("\"default\";r=2;t=300", (await Get("/zones")).Header("Ratelimit"));
    }

    [Fact]
    public async Task The_window_slides()
    {
        Fake.RateLimit = new(2, TimeSpan.FromMinutes(5));
        await Get("/zones");
        Time.Advance(TimeSpan.FromMinutes(3));
        await Get("/zones");
        Time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal("200", (await Get("/zones")).Code);
        Assert.Equal("429/971", (await Get("/zones")).Code);
    }
}
