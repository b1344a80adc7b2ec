using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using DockFlare.Core.Commands;

namespace DockFlare.Hosting.Tests.Agents;

/// <summary>A published agent 1.1.0, as it behaves, against our master.</summary>
public sealed class ProtocolTwoTests
{
    private const string Hello = """{"display_name":"nas","agent_version":"1.1.0","supported_protocol_versions":[2,1],"capabilities":["decommission"]}""";

    private static async Task<(string Events, string Session, AgentId Id)> RegisterAsync(WireMaster master, string key)
    {
        var (status, body) = await master.PostAsync(key, "/api/v2/agents/register", Hello);
        Assert.True(status is 200 or 201);
        Assert.Equal(2, (int)body["protocol_version"]!);
        var id = (string)body["agent_id"]!;
        return ($"/api/v2/agents/{id}/events", (string)body["agent_session_id"]!, new(id));
    }

    private static string Report(string session, int sequence, string complete, string containers) =>
        $$"""{"type":"status_report","protocol_version":2,"agent_session_id":"{{session}}","report_sequence":{{sequence}},"inventory_complete":{{complete}},"inventory_scope":"dockflare_enabled_running","containers":[{{containers}}]}""";

    private static string Beat(string session, int sequence) =>
        $$"""{"type":"heartbeat","protocol_version":2,"agent_session_id":"{{session}}","event_sequence":{{sequence}}}""";

    [Theory]
    [InlineData("""{"supported_protocol_versions":[]}""", 400, "invalid_payload")]
    [InlineData("""{"supported_protocol_versions":"2"}""", 400, "invalid_payload")]
    [InlineData("""{"supported_protocol_versions":[0]}""", 400, "invalid_payload")]
    [InlineData("""{"supported_protocol_versions":null}""", 400, "invalid_payload")]
    [InlineData("""{"supported_protocol_versions":[9]}""", 409, "unsupported_protocol")]
    [InlineData("""[]""", 400, "invalid_payload")]
    [InlineData("""{"capabilities":[1]}""", 400, "invalid_payload")]
    public async Task A_registration_that_makes_no_sense_says_why(string body, int status, string code)
    {
        await using var master = await WireMaster.StartAsync();

        var (answered, error) = await master.PostAsync(await master.NewKeyAsync(), "/api/v2/agents/register", body);

        Assert.Equal((status, code), (answered, (string)error["code"]!));
        Assert.Empty(master.Registry.All);
    }

    [Fact]
    public async Task Sequences_are_counted_apart_and_belong_to_their_session()
    {
        await using var master = await WireMaster.StartAsync();
        var key = await master.NewKeyAsync();
        var (events, session, _) = await RegisterAsync(master, key);
        List<string> codes = [];
        async Task Say(string body)
        {
            var (status, answer) = await master.PostAsync(key, events, body);
            codes.Add($"{status} {answer["code"]}");
        }

        await Say(Beat(session, 1));
        await Say(Beat(session, 1));
        await Say(Beat(session, 7));
        await Say(Beat(session, 6));
        await Say(Report(session, 1, "true", ""));
        await Say(Report(session, 2, "false", ""));
        await Say("""{"type":"heartbeat"}""");
        await Say($$"""{"type":"heartbeat","agent_session_id":"{{session}}"}""");
        var (_, next, _) = await RegisterAsync(master, key);
        await Say(Beat(session, 8));
        await Say(Beat(next, 1));

        Assert.Equal(
            [
                "202 accepted_noop", "200 duplicate_sequence", "202 accepted_noop", "409 stale_sequence", "200 accepted", "202 inventory_incomplete",
                "409 registration_required", "400 invalid_payload", "409 registration_required", "202 accepted_noop",
            ],
            codes);
    }

    [Fact]
    public async Task A_complete_report_replaces_and_an_incomplete_one_adds()
    {
        await using var master = await WireMaster.StartAsync();
        var key = await master.NewKeyAsync();
        var (events, session, id) = await RegisterAsync(master, key);
        string[] Seen() => [.. master.Registry.FindReport(id)!.Containers.Select(static container => container.Name)];

        await master.PostAsync(key, events, Report(session, 1, "true", """{"id":"a","name":"blog"},{"id":"b","name":"wiki"}"""));
        var first = Seen();
        await master.PostAsync(key, events, Report(session, 2, "false", """{"id":"c","name":"shop"}"""));
        var second = (Seen(), master.Registry.FindReport(id)!.IsComplete);
        await master.PostAsync(key, events, Report(session, 3, "true", """{"id":"c","name":"shop"}"""));
        var third = (Seen(), master.Registry.FindReport(id)!.IsComplete);

        Assert.Equal(["blog", "wiki"], first);
        Assert.Equal(["blog", "wiki", "shop"], second.Item1);
        Assert.False(second.IsComplete);
        Assert.Equal(["shop"], third.Item1);
        Assert.True(third.IsComplete);
    }

    [Fact]
    public async Task One_container_over_a_limit_is_left_out_and_named()
    {
        await using var master = await WireMaster.StartAsync();
        var key = await master.NewKeyAsync();
        var (events, session, id) = await RegisterAsync(master, key);
        var fat = """{"id":"fat","name":"fat","labels":{"dockflare.hostname":"VALUE"}}""".Replace("VALUE", new string('x', 16_385), StringComparison.Ordinal);

        var (status, body) = await master.PostAsync(key, events, Report(session, 1, "true", fat + """,{"id":"b","name":"wiki"}"""));

        Assert.Equal(200, status);
        Assert.Equal("""["fat: the label \u0027dockflare.hostname\u0027 is no text of at most 16384 bytes"]""", body["left_out"]!.ToJsonString());
        Assert.Equal(["wiki"], master.Registry.FindReport(id)!.Containers.Select(static container => container.Name));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_over_4_MiB_is_refused_while_it_is_read(bool compressed)
    {
        await using var master = await WireMaster.StartAsync();
        var key = await master.NewKeyAsync();
        var (events, session, _) = await RegisterAsync(master, key);
        var json = Encoding.UTF8.GetBytes(Report(session, 1, "true", "") + new string(' ', 4 * 1024 * 1024));
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(json, TestContext.Current.CancellationToken);
        }

        // A stream without a length is sent in chunks: there is no Content-Length to judge by.
        packed.Position = 0;
        using var content = compressed ? new StreamContent(packed) : new StreamContent(new Unsized(json));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (compressed)
        {
            content.Headers.ContentEncoding.Add("gzip");
        }

        var (status, body) = await master.CallAsync(HttpMethod.Post, key, events, content);

        Assert.Equal((413, "payload_too_large"), (status, (string)body["code"]!));
    }

    [Fact]
    public async Task More_than_5000_containers_are_refused()
    {
        await using var master = await WireMaster.StartAsync();
        var key = await master.NewKeyAsync();
        var (events, session, id) = await RegisterAsync(master, key);

        var (status, body) = await master.PostAsync(
            key, events, Report(session, 1, "true", string.Join(',', Enumerable.Range(0, 5001).Select(static n => $$"""{"id":"{{n}}","name":"c"}"""))));

        Assert.Equal((413, "payload_too_large"), (status, (string)body["code"]!));
        Assert.Null(master.Registry.FindReport(id));
    }

    private sealed class Unsized(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
