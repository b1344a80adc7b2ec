using System.Text.Json;
using DockFlare.Testing;

namespace DockFlare.Tests.Fake;

public sealed class AuthenticationTests : FakeCase
{
    private const string Unknown = "0123456789012345678901234567890123456789";

    [Fact]
    public async Task An_unknown_token_is_refused_in_the_words_of_each_area()
    {
        Assert.Equal("403/9109 Invalid access token", (await SendAs(Unknown, "GET", "/zones")).Verdict);
        Assert.Equal("401/10000 Authentication error", (await SendAs(Unknown, "GET", $"/accounts/{Account}/cfd_tunnel")).Verdict);
        Assert.Equal("401/10000 Authentication error", (await SendAs(Unknown, "GET", $"/accounts/{Account}/access/apps")).Verdict);
        Assert.Equal("401/1000 Invalid API Token", (await SendAs(Unknown, "GET", "/user/tokens/verify")).Verdict);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("Bearer with a blank inside it 0123456789")]
    [InlineData("Basic dXNlcjpwYXNzd29yZC1sb25nLWVub3VnaA==")]
    public async Task A_malformed_token_is_400_with_6111_in_the_chain(string token)
    {
        var reply = await SendAs(token, "GET", "/zones");

        Assert.Equal("400/6003 Invalid request headers", reply.Verdict);
        var inner = reply.Json.GetProperty("errors")[0].GetProperty("error_chain")[0];
        Assert.Equal((6111, "Invalid format for Authorization header"), (inner.GetProperty("code").GetInt32(), inner.GetProperty("message").GetString()));
    }

    [Fact]
    public async Task A_missing_header_is_named()
    {
        Assert.Equal("400/1001 Missing \"Authorization\" header", (await SendAs(null, "GET", "/user/tokens/verify")).Verdict);
        Assert.Equal("400/9106 Missing X-Auth-Key, X-Auth-Email or Authorization headers", (await SendAs(null, "GET", "/zones")).Verdict);
    }

    [Fact]
    public async Task A_user_token_verifies_under_user_and_an_account_token_under_its_account()
    {
        var owned = Fake.AddToken(FakePermissions.All, ownerAccountId: Account);

        var user = await Get("/user/tokens/verify");
        Assert.Equal(("active", 10000), (user.Text("status"), user.Json.GetProperty("messages")[0].GetProperty("code").GetInt32()));
        Assert.StartsWith("cfat_", owned, StringComparison.Ordinal);
        Assert.Equal("401/1000 Invalid API Token", (await SendAs(owned, "GET", "/user/tokens/verify")).Verdict);
        Assert.Equal("active", (await SendAs(owned, "GET", $"/accounts/{Account}/tokens/verify")).Text("status"));
        Assert.Equal("400/1001 List accounts endpoint does not support account owned tokens.", (await SendAs(owned, "GET", "/accounts")).Verdict);
    }

    [Fact]
    public async Task A_token_without_scope_is_let_in_and_may_do_nothing()
    {
        var zone = Fake.AddZone("example.com");
        var token = Fake.AddToken(FakePermissions.None);

        Assert.Equal("200", (await SendAs(token, "GET", "/user/tokens/verify")).Verdict);
        Assert.StartsWith("403/0 Actor", (await SendAs(token, "GET", "/zones")).Verdict, StringComparison.Ordinal);
        Assert.Equal("403/10000 Authentication error", (await SendAs(token, "GET", $"/zones/{zone}/dns_records")).Verdict);
        Assert.Equal("403/10000 Authentication error", (await SendAs(token, "GET", $"/accounts/{Account}/cfd_tunnel")).Verdict);
        Assert.Equal("403/10000 Authentication error", (await SendAs(token, "GET", $"/accounts/{Account}/access/groups")).Verdict);
        Assert.Empty((await SendAs(token, "GET", "/accounts")).Result.EnumerateArray());
    }

    [Fact]
    public async Task A_token_that_may_read_may_not_write()
    {
        var zone = Fake.AddZone("example.com");
        var token = Fake.AddToken(FakePermissions.DnsRead | FakePermissions.TunnelRead);

        Assert.Equal("200", (await SendAs(token, "GET", $"/zones/{zone}/dns_records")).Verdict);
        Assert.Equal("403/10000", (await SendAs(token, "POST", $"/zones/{zone}/dns_records", """{"type":"A","name":"a","content":"1.2.3.4"}""")).Code);
        Assert.Equal("403/10000", (await SendAs(token, "POST", $"/accounts/{Account}/cfd_tunnel", """{"name":"t"}""")).Code);
        Assert.Empty(Fake.Records(zone));
    }

    [Fact]
    public async Task A_zone_that_the_token_does_not_see_is_403_9109_and_not_in_its_list()
    {
        var (seen, hidden) = (Fake.AddZone("seen.example"), Fake.AddZone("hidden.example"));
        var token = Fake.AddToken(FakePermissions.All, zoneIds: [seen]);

        Assert.Equal(["seen.example"], (await SendAs(token, "GET", "/zones")).Names());
        Assert.Equal("403/9109 Unauthorized to access requested resource", (await SendAs(token, "GET", $"/zones/{hidden}/dns_records")).Verdict);
        Assert.Equal("403/9109 Invalid zone identifier", (await Get($"/zones/{new string('a', 32)}")).Verdict);
    }

    [Fact]
    public async Task A_revoked_or_expired_token_is_unknown()
    {
        var (expired, revoked) = (Fake.AddToken(FakePermissions.All, status: "expired"), Fake.AddToken(FakePermissions.All));

        Assert.True(Fake.RevokeToken(revoked));
        Assert.Equal("403/9109", (await SendAs(expired, "GET", "/zones")).Code);
        Assert.Equal("403/9109", (await SendAs(revoked, "GET", "/zones")).Code);
    }

    [Theory]
    [InlineData("/zones/not-an-id/dns_records", "400/7003")]
    [InlineData("/accounts/not-an-id/cfd_tunnel", "400/7003")]
    [InlineData("/nothing/here", "404/7003")]
    public async Task A_malformed_id_or_an_unknown_route_is_7003_and_7000(string path, string code)
    {
        var reply = await Get(path);

        Assert.Equal(code, reply.Code);
        Assert.Equal($"Could not route to {path}, perhaps your object identifier is invalid?", reply.Json.GetProperty("errors")[0].GetProperty("message").GetString());
        Assert.Equal(7000, reply.Json.GetProperty("errors")[1].GetProperty("code").GetInt32());
        Assert.Equal(JsonValueKind.Null, reply.Json.GetProperty("result").ValueKind);
    }

    [Fact]
    public async Task Every_answer_carries_the_rate_limit_and_a_ray()
    {
        var reply = await Get("/zones");

        Assert.Equal("\"default\";r=1199;t=1", reply.Header("Ratelimit"));
        Assert.Equal("\"default\";q=1200;w=300", reply.Header("Ratelimit-Policy"));
        Assert.NotEmpty(reply.Header("cf-ray"));
        Assert.Empty(reply.Header("Retry-After"));
    }
}
