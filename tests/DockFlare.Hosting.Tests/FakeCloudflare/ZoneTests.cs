using DockFlare.Testing;

namespace DockFlare.Tests.Fake;

public sealed class ZoneTests : FakeCase
{
    [Fact]
    public async Task Zones_are_filtered_by_name_operator_account_and_status()
    {
        var other = Fake.AddAccount("Other");
        Fake.AddZone("example.com");
        Fake.AddZone("sub.example.com", FakePlan.Pro);
        Fake.AddZone("other.net", accountId: other);
        Fake.AddZone("pending.org", status: "pending");

        Assert.Equal(["example.com", "other.net", "pending.org", "sub.example.com"], (await Get("/zones")).Names());
        Assert.Equal(["example.com"], (await Get("/zones?name=example.com")).Names());
        Assert.Equal(["example.com", "sub.example.com"], (await Get("/zones?name=ends_with:example.com")).Names());
        Assert.Equal(["sub.example.com"], (await Get("/zones?name=starts_with:sub")).Names());
        Assert.Equal(["example.com", "sub.example.com"], (await Get("/zones?name=contains:EXAM")).Names());
        Assert.Empty((await Get("/zones?name=contains_case_sensitive:EXAM")).Names());
        Assert.Equal(["other.net"], (await Get($"/zones?account.id={other}")).Names());
        Assert.Equal(["pending.org"], (await Get("/zones?status=pending")).Names());
        Assert.Equal(["other.net", "pending.org"], (await Get("/zones?name=other.net&status=pending&match=any")).Names());
        Assert.Equal(["sub.example.com", "pending.org", "other.net", "example.com"], (await Get("/zones?direction=desc")).Names());
    }

    [Fact]
    public async Task A_zone_tells_its_plan_account_and_status()
    {
        var zone = (await Get($"/zones/{Fake.AddZone("example.com", FakePlan.Pro)}")).Result;

        Assert.Equal(("pro", Account, "active"), (zone.GetProperty("plan").GetProperty("legacy_id").GetString(), zone.GetProperty("account").GetProperty("id").GetString(), zone.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task A_page_of_zones_has_5_to_50_and_tells_how_many_there_are()
    {
        for (var i = 0; i < 7; i++)
        {
            Fake.AddZone($"zone{i}.example");
        }

        var last = await Get("/zones?per_page=5&page=2");

        Assert.Equal(["zone5.example", "zone6.example"], last.Names());
        Assert.Equal("""{"page":2,"per_page":5,"count":2,"total_count":7,"total_pages":2}""", last.Json.GetProperty("result_info").GetRawText());
        Assert.Empty((await Get("/zones?per_page=5&page=3")).Names());
        Assert.Equal("400/1001", (await Get("/zones?per_page=51")).Code);
        Assert.Equal("400/1001", (await Get("/zones?per_page=4")).Code);
        Assert.Equal("400/1001", (await Get("/zones?page=0")).Code);
    }

    [Fact]
    public async Task Accounts_are_listed_to_user_tokens()
    {
        var other = Fake.AddAccount("Another");

        Assert.Equal(["Another", "Test account"], (await Get("/accounts")).Names());
        Assert.Equal("Another", (await Get($"/accounts/{other}")).Text("name"));
        Assert.Equal("403/10000", (await Get($"/accounts/{new string('0', 32)}")).Code);
    }
}
