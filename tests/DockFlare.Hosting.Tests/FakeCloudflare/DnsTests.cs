using System.Globalization;
using System.Text.Json;
using DockFlare.Testing;

namespace DockFlare.Tests.Fake;

public sealed class DnsTests : FakeCase
{
    private string Records => $"/zones/{zone ??= Fake.AddZone("example.com")}/dns_records";

    private string? zone;

    private Task<Reply> Add(string json) => Post(Records, json);

    [Theory]
    [InlineData("@", "example.com")]
    [InlineData("app", "app.example.com")]
    [InlineData("App.Example.COM.", "app.example.com")]
    [InlineData("*.example.com", "*.example.com")]
    [InlineData("app.other.net", "app.other.net.example.com")]
    [InlineData("MÜLLER.example.com", "xn--mller-kva.example.com")]
    public async Task A_name_is_written_in_any_form_and_read_in_one(string written, string read)
    {
        var reply = await Add($$"""{"type":"CNAME","name":"{{written}}","content":"target.net","proxied":true,"ttl":300}""");

        Assert.Equal(("200", read, "1"), (reply.Verdict, reply.Text("name"), reply.Text("ttl")));
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData("-a")]
    [InlineData("a.*.b")]
    [InlineData("a b")]
    [InlineData("")]
    public async Task A_name_that_is_none_is_refused(string name) => Assert.Equal("400/9000", name.Length == 0
        ? (await Add("""{"type":"A","content":"1.2.3.4"}""")).Code
        : (await Add($$"""{"type":"A","name":"{{name}}","content":"1.2.3.4"}""")).Code);

    [Theory]
    [InlineData("""{"type":"A","name":"x","content":"1.2.3"}""", "400/9005 Content for A record must be a valid IPv4 address.")]
    [InlineData("""{"type":"AAAA","name":"x","content":"1.2.3.4"}""", "400/9006 Content for AAAA record must be a valid IPv6 address.")]
    [InlineData("""{"type":"CNAME","name":"x","content":"x.example.com"}""", "400/9039 CNAME content cannot reference itself.")]
    [InlineData("""{"type":"CNAME","name":"x","content":"http://a/b"}""", "400/9007 Content for CNAME record is invalid.")]
    [InlineData("""{"type":"A","name":"x","content":"1.2.3.4","ttl":59}""", "400/9021 Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.")]
    [InlineData("""{"type":"TXT","name":"x","content":"t","proxied":true}""", "400/9004 This record type cannot be proxied.")]
    [InlineData("""{"type":"FOO","name":"x","content":"t"}""", "400/9004 DNS record type 'FOO' is invalid.")]
    [InlineData("""{"type":"MX","name":"x","content":"mail.example.com"}""", "400/9009 Invalid or missing priority for MX record.")]
    [InlineData("""{"type":"A","name":"x","content":"1.2.3.4","tags":["a:b"]}""", "400/9300 DNS record has 1 tags, exceeding the quota of 0.")]
    [InlineData("""{"type":"A","name":"x","content":"1.2.3.4","comment":"a\nb"}""", "400/9301 DNS record comment cannot contain line breaks.")]
    [InlineData("""{"type":"A","name":"x","content":"1.2.3.4","proxied":"yes"}""", "400/9003 Invalid 'proxied' value, must be a boolean.")]
    [InlineData("[]", "400/6007 Malformed JSON in request body")]
    [InlineData("{", "400/6007 Malformed JSON in request body")]
    public async Task A_record_that_is_wrong_is_refused_and_not_stored(string json, string verdict)
    {
        Assert.Equal(verdict, (await Add(json)).Verdict);
        Assert.Empty(Fake.Records(zone!));
    }

    [Theory]
    [InlineData("A", "1.1.1.1", "CNAME", "t.net", "400/81053")]
    [InlineData("CNAME", "t.net", "AAAA", "::1", "400/81053")]
    [InlineData("CNAME", "t.net", "CNAME", "u.net", "400/81054")]
    [InlineData("CNAME", "t.net", "CNAME", "T.net", "400/81058")]
    [InlineData("A", "1.1.1.1", "A", "1.1.1.1", "400/81058")]
    [InlineData("A", "1.1.1.1", "A", "1.1.1.2", "200")]
    [InlineData("CNAME", "t.net", "TXT", "t", "200")]
    [InlineData("A", "1.1.1.1", "NS", "ns.net", "400/81056")]
    public async Task Records_of_one_name_stand_together_or_not(string firstType, string first, string secondType, string second, string code)
    {
        await Add($$"""{"type":"{{firstType}}","name":"app","content":"{{first}}"}""");

        Assert.Equal(code, (await Add($$"""{"type":"{{secondType}}","name":"APP.example.com","content":"{{second}}"}""")).Code);
    }

    [Fact]
    public async Task PUT_resets_what_it_leaves_out_and_PATCH_keeps_it()
    {
        var id = (await Add("""{"type":"CNAME","name":"app","content":"t.net","proxied":true,"comment":"mine"}""")).Id;

        var patched = await Patch($"{Records}/{id}", """{"content":"u.net"}""");
        Assert.Equal(("u.net", "True", "mine"), (patched.Text("content"), patched.Text("proxied"), patched.Text("comment")));
        var put = await Put($"{Records}/{id}", """{"type":"CNAME","name":"app","content":"v.net"}""");
        Assert.Equal(("v.net", "False", null), (put.Text("content"), put.Text("proxied"), put.Text("comment")));
        Assert.Equal("mine", (await Patch($"{Records}/{id}", """{"comment":"mine"}""")).Text("comment"));
        Assert.Null((await Patch($"{Records}/{id}", """{"comment":""}""")).Text("comment"));
    }

    [Fact]
    public async Task A_PATCH_that_would_make_a_twin_is_81058()
    {
        await Add("""{"type":"A","name":"app","content":"1.1.1.1"}""");
        var second = (await Add("""{"type":"A","name":"app","content":"1.1.1.2"}""")).Id;

        Assert.Equal("400/81058 An identical record already exists.", (await Patch($"{Records}/{second}", """{"content":"1.1.1.1"}""")).Verdict);
        Assert.Equal("1.1.1.2", (await Get($"{Records}/{second}")).Text("content"));
    }

    [Fact]
    public async Task Deleting_answers_the_id_and_deleting_again_404_81044()
    {
        var id = (await Add("""{"type":"A","name":"app","content":"1.1.1.1"}""")).Id;

        Assert.Equal($$"""{"id":"{{id}}"}""", (await Delete($"{Records}/{id}")).Result.GetRawText());
        Assert.Equal("404/81044 Record does not exist.", (await Delete($"{Records}/{id}")).Verdict);
        Assert.Equal("400/7003", (await Delete($"{Records}/nonsense")).Code);
    }

    [Fact]
    public async Task A_batch_deletes_patches_puts_and_posts_in_this_order()
    {
        var a = (await Add("""{"type":"A","name":"app","content":"1.1.1.1"}""")).Id;
        var b = (await Add("""{"type":"CNAME","name":"b","content":"t.net","comment":"kept"}""")).Id;
        var c = (await Add("""{"type":"CNAME","name":"c","content":"t.net","comment":"lost"}""")).Id;

        var reply = await Post($"{Records}/batch", $$"""
            {"posts":[{"type":"CNAME","name":"app","content":"t.net","proxied":true}],"puts":[{"id":"{{c}}","type":"CNAME","name":"c","content":"u.net"}],
             "patches":[{"id":"{{b}}","content":"u.net"}],"deletes":[{"id":"{{a}}"}]}
            """);

        Assert.Equal("200", reply.Verdict);
        Assert.Equal(["deletes", "patches", "puts", "posts"], reply.Result.EnumerateObject().Select(static list => list.Name));
        Assert.Equal("1.1.1.1", reply.Result.GetProperty("deletes")[0].GetProperty("content").GetString());
        Assert.Equal(
            ["app.example.com CNAME t.net ", "b.example.com CNAME u.net kept", "c.example.com CNAME u.net "],
            Fake.Records(zone!).Select(static record => $"{record.Name} {record.Type} {record.Content} {record.Comment}"));
    }

    [Fact]
    public async Task A_batch_with_one_refused_operation_changes_nothing()
    {
        var a = (await Add("""{"type":"A","name":"a","content":"1.1.1.1"}""")).Id;
        var b = (await Add("""{"type":"A","name":"b","content":"1.1.1.1"}""")).Id;
        var before = Fake.Records(zone!);

        var reply = await Post($"{Records}/batch", $$"""
            {"deletes":[{"id":"{{a}}"}],"patches":[{"id":"{{b}}","content":"2.2.2.2","name":"moved"}],
             "posts":[{"type":"CNAME","name":"new","content":"t.net"},{"type":"CNAME","name":"moved","content":"t.net"}]}
            """);

        Assert.Equal("400/81053 An A, AAAA, or CNAME record with that host already exists.", reply.Verdict);
        Assert.Equal(before, Fake.Records(zone!));
        Assert.Equal(["a.example.com"], (await Get($"{Records}?name=a.example.com")).Names());
        Assert.Empty((await Get($"{Records}?name=moved.example.com")).Names());
    }

    [Theory]
    [InlineData(FakePlan.Free, 200, "200")]
    [InlineData(FakePlan.Free, 201, "400/1004")]
    [InlineData(FakePlan.Pro, 3500, "200")]
    [InlineData(FakePlan.Pro, 3501, "400/1004")]
    public async Task A_batch_is_as_large_as_the_plan_allows(FakePlan plan, int count, string code)
    {
        zone = Fake.AddZone("example.com", plan, recordQuota: 10_000);
        var posts = string.Join(',', Enumerable.Range(0, count).Select(static i => string.Create(CultureInfo.InvariantCulture, $"{{\"type\":\"CNAME\",\"name\":\"h{i}\",\"content\":\"t.net\"}}")));

        Assert.Equal(code, (await Post($"{Records}/batch", $"{{\"posts\":[{posts}]}}")).Code);
        Assert.Equal(code == "200" ? count : 0, Fake.Records(zone).Count);
    }

    [Theory]
    [InlineData(FakePlan.Free, 100)]
    [InlineData(FakePlan.Business, 500)]
    public async Task A_comment_is_as_long_as_the_plan_allows(FakePlan plan, int limit)
    {
        zone = Fake.AddZone("example.com", plan);

        Assert.Equal("200", (await Add($$"""{"type":"A","name":"a","content":"1.1.1.1","comment":"{{new string('x', limit)}}"}""")).Code);
        Assert.Equal("400/9301", (await Add($$"""{"type":"A","name":"b","content":"1.1.1.1","comment":"{{new string('x', limit + 1)}}"}""")).Code);
    }

    [Fact]
    public async Task The_quota_of_records_is_81045()
    {
        zone = Fake.AddZone("example.com", recordQuota: 1);
        await Add("""{"type":"A","name":"a","content":"1.1.1.1"}""");

        Assert.Equal("400/81045", (await Add("""{"type":"A","name":"b","content":"1.1.1.1"}""")).Code);
    }

    [Theory]
    [InlineData("name=A.example.com", "a")]
    [InlineData("name.contains=exam&type=CNAME", "b c")]
    [InlineData("name.startswith=c", "c")]
    [InlineData("content=1.1.1.1", "a")]
    [InlineData("content.endswith=.net", "b c")]
    [InlineData("proxied=true", "b")]
    [InlineData("comment=dockflare", "b")]
    [InlineData("comment.startswith=DOCK", "b")]
    [InlineData("comment.present", "b")]
    [InlineData("comment.absent=false", "a c")]
    [InlineData("type=A&proxied=true&match=any", "a b")]
    [InlineData("search=flare", "b")]
    [InlineData("tag=team:core", "c")]
    [InlineData("tag=team:core&tag.absent=team&tag_match=any", "a b c")]
    [InlineData("order=name&direction=desc", "c b a")]
    [InlineData("name=nothing.example.com", "")]
    public async Task Records_are_filtered_and_ordered(string query, string expected)
    {
        zone = Fake.AddZone("example.com", FakePlan.Pro);
        await Add("""{"type":"A","name":"a","content":"1.1.1.1"}""");
        await Add("""{"type":"CNAME","name":"b","content":"t.net","proxied":true,"comment":"DockFlare"}""");
        await Add("""{"type":"CNAME","name":"c","content":"u.net","tags":["team:core"]}""");

        var reply = await Get($"{Records}?{query}");

        Assert.Equal(expected, string.Join(' ', reply.Names().Select(static name => name![..1])));
        Assert.Equal(reply.Result.GetArrayLength(), reply.Json.GetProperty("result_info").GetProperty("total_count").GetInt32());
    }

    [Fact]
    public async Task Pages_of_a_large_zone_hold_every_record_once()
    {
        zone = Fake.AddZone("example.com", FakePlan.Pro, recordQuota: 20_000);
        for (var i = 0; i < 3; i++)
        {
            var posts = string.Join(',', Enumerable.Range(i * 3500, 3500).Select(static n => string.Create(CultureInfo.InvariantCulture, $"{{\"type\":\"CNAME\",\"name\":\"h{n}\",\"content\":\"t.net\"}}")));
            Fake.Edit("POST", $"{Records}/batch", $"{{\"posts\":[{posts}]}}");
        }

        var names = new List<string?>();
        for (var page = 1; page <= 3; page++)
        {
            names.AddRange((await Get(string.Create(CultureInfo.InvariantCulture, $"{Records}?per_page=5000&page={page}"))).Names());
        }

        Assert.Equal(10_500, names.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(10_500, names.Count);
        Assert.Equal("200", (await Get($"{Records}?per_page=5000000")).Code);
        Assert.Equal("400/1001", (await Get($"{Records}?per_page=5000001")).Code);
    }

    [Fact]
    public async Task A_record_carries_every_field_of_the_api()
    {
        var reply = await Add("""{"type":"SRV","name":"_sip._tcp","data":{"priority":1,"weight":2,"port":5060,"target":"sip.example.com"},"comment":"c"}""");

        Assert.Equal("1 2 5060 sip.example.com", reply.Text("content"));
        Assert.Equal(JsonValueKind.Object, reply.Result.GetProperty("data").ValueKind);
        Assert.Equal(("False", "2026-11-20T12:00:00.000000Z", "2026-11-20T12:00:00.000000Z"), (reply.Text("proxiable"), reply.Text("created_on"), reply.Text("comment_modified_on")));
        Assert.False(reply.Result.TryGetProperty("tags_modified_on", out _));
    }
}
