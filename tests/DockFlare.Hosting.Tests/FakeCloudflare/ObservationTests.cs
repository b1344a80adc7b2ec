using DockFlare.Testing;

namespace DockFlare.Tests.Fake;

public sealed class ObservationTests : FakeCase
{
    [Fact]
    public async Task The_log_tells_every_call_and_counts_by_endpoint()
    {
        var zone = Fake.AddZone("example.com");
        Fake.AddRecord(zone, "A", "a", "1.1.1.1");
        await Get("/zones?per_page=50");
        await Get($"/zones/{zone}/dns_records");
        await Post($"/zones/{zone}/dns_records", """{"type":"A","name":"a","content":"1.1.1.1"}""");
        await SendAs("0123456789012345678901234567890123456789", "GET", "/zones");

        Assert.Equal((3, 1, 4), (Fake.Log.Reads, Fake.Log.Writes, Fake.Log.Total));
        Assert.Equal(
            new Dictionary<string, int> { ["GET /zones"] = 2, ["GET /zones/{id}/dns_records"] = 1, ["POST /zones/{id}/dns_records"] = 1 }, Fake.Log.ByEndpoint);
        Assert.Equal(
            [
                new FakeCall("GET", "/zones?per_page=50", "GET /zones", 200, Time.GetUtcNow(), "user"),
                new FakeCall("GET", $"/zones/{zone}/dns_records", "GET /zones/{id}/dns_records", 200, Time.GetUtcNow(), "user"),
                new FakeCall("POST", $"/zones/{zone}/dns_records", "POST /zones/{id}/dns_records", 400, Time.GetUtcNow(), "user"),
                new FakeCall("GET", "/zones", "GET /zones", 403, Time.GetUtcNow(), "none"),
            ],
            Fake.Log.Calls);
        Assert.DoesNotContain(Fake.Token, string.Concat(Fake.Log.Calls), StringComparison.Ordinal);
        Fake.Log.Reset();
        Assert.Equal((0, 0, 0), (Fake.Log.Total, Fake.Log.Calls.Count, Fake.Log.ByEndpoint.Count));
    }

    [Fact]
    public async Task An_observer_sees_every_state_between_two_writes_and_none_after_a_refusal()
    {
        var zone = Fake.AddZone("example.com");
        var tunnel = Fake.AddTunnel("main");
        var seen = new List<string>();
        Fake.Observe(view => seen.Add(string.Join(' ', view.Exposures().Select(static exposure => $"{exposure.Host}->{exposure.Service}{(exposure.App is null ? "" : $"[{exposure.App.Name}]")}"))));

        await Post($"/zones/{zone}/dns_records", $$"""{"type":"CNAME","name":"app","content":"{{tunnel.Id}}.cfargotunnel.com","proxied":true}""");
        await Post($"/zones/{zone}/dns_records", $$"""{"type":"CNAME","name":"app","content":"{{tunnel.Id}}.cfargotunnel.com","proxied":true}""");
        await Put($"/accounts/{Account}/cfd_tunnel/{tunnel.Id}/configurations", """{"config":{"ingress":[{"hostname":"app.example.com","service":"http://app:80"},{"service":"http_status:404"}]}}""");
        await Post($"/accounts/{Account}/access/apps", """{"type":"self_hosted","name":"guard","domain":"app.example.com"}""");
        await Get($"/accounts/{Account}/access/apps");

        Assert.Equal(["", "app.example.com->http://app:80", "app.example.com->http://app:80[guard]"], seen);
    }

    [Fact]
    public void Exposure_follows_wildcards_paths_and_the_most_specific_application()
    {
        var zone = Fake.AddZone("example.com");
        var tunnel = Fake.AddTunnel("main");
        Fake.AddRecord(zone, "CNAME", "*", $"{tunnel.Id}.cfargotunnel.com", proxied: true);
        Fake.AddRecord(zone, "A", "direct", "1.1.1.1", proxied: true);
        Fake.AddRecord(zone, "CNAME", "grey", $"{tunnel.Id}.cfargotunnel.com");
        Fake.PutConfiguration(tunnel.Id, """
            {"ingress":[{"hostname":"a.example.com","path":"^/api","service":"http://api:1"},{"hostname":"a.example.com","service":"http://a:1"},
            {"hostname":"direct.example.com","service":"http://d:1"},{"hostname":"grey.example.com","service":"http://g:1"},
            {"hostname":"x.elsewhere.net","service":"http://x:1"},{"hostname":"*.example.com","service":"http://any:1"},{"service":"http_status:404"}]}
            """);
        Fake.Edit("POST", $"/accounts/{Account}/access/apps", """{"type":"self_hosted","name":"all","domain":"*.example.com"}""");
        Fake.Edit("POST", $"/accounts/{Account}/access/apps", """{"type":"self_hosted","name":"path only","domain":"a.example.com/admin"}""");

        var before = Fake.Read(static view => view.Exposures());
        Fake.Edit("POST", $"/accounts/{Account}/access/apps", """{"type":"self_hosted","name":"exact","domain":"a.example.com"}""");
        using var connector = new Connection(Fake.Connect(tunnel.Token));
        var after = Fake.Read(static view => view.Exposures());

        Assert.Equal(
            [
                ("*.example.com", null, "http://any:1", "all", false),
                ("a.example.com", "^/api", "http://api:1", "all", false),
                ("a.example.com", null, "http://a:1", "all", false),
            ],
            before.Select(static exposure => (exposure.Host, exposure.Path, exposure.Service, exposure.App?.Name, exposure.HasConnector)));
        Assert.Equal(["all", "exact", "exact"], after.Select(static exposure => exposure.App?.Name));
        Assert.All(after, static exposure => Assert.True(exposure.HasConnector));
    }

    [Fact]
    public void A_snapshot_is_the_same_text_in_every_run()
    {
        var zone = Fake.AddZone("example.com");
        var tunnel = Fake.AddTunnel("main");
        Fake.AddRecord(zone, "CNAME", "b", $"{tunnel.Id}.cfargotunnel.com", proxied: true, comment: "mine");
        Fake.AddRecord(zone, "A", "a", "1.1.1.1", ttl: 300);
        Fake.PutConfiguration(tunnel.Id, """{"ingress":[{"hostname":"b.example.com","path":"^/x","service":"http://b:1","originRequest":{"noTLSVerify":true}},{"service":"http_status:404"}]}""");
        Fake.Edit("POST", $"/accounts/{Account}/access/apps", """{"type":"self_hosted","name":"guard","domain":"b.example.com","policies":[{"name":"all","decision":"allow","include":[{"everyone":{}}]}]}""");
        var gone = Fake.AddTunnel("old");
        Fake.Edit("DELETE", $"/accounts/{Account}/cfd_tunnel/{gone.Id}");

        Assert.Equal(
            """
            zone example.com (free, active)
              a.example.com A 1.1.1.1 ttl=300
              b.example.com CNAME tunnel:main proxied "mine"
            tunnel main (cloudflare, inactive, version 1)
              b.example.com ^/x -> http://b:1 {"noTLSVerify":true}
              * -> http_status:404
              warp-routing {"enabled":false}
            tunnel old (deleted)
            app guard (b.example.com)
              allow all [{"everyone":{}}]

            """,
            Fake.Snapshot());
    }

    [Fact]
    public async Task Equal_seeds_and_calls_give_equal_ids()
    {
        await using var other = await FakeCloudflare.StartAsync(new() { Time = Time }, Cancellation);
        await using var differs = await FakeCloudflare.StartAsync(new() { Time = Time, Seed = 2 }, Cancellation);

        Assert.Equal((Fake.Token, Fake.AddZone("a.example")), (other.Token, other.AddZone("a.example")));
        Assert.NotEqual(Fake.Token, differs.Token);
    }

    private sealed class Connection(FakeConnector connector) : IDisposable
    {
        public void Dispose() => connector.Disconnect();
    }
}
