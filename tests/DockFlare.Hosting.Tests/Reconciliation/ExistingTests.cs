using System.Text.Json.Nodes;
using DockFlare.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>What the account holds is shown to operators, and looking at it changes nothing.</summary>
public sealed class ExistingTests : RigCase
{
    [Fact]
    public async Task Tunnels_rules_records_and_applications_are_shown_with_their_owner_and_nothing_is_written()
    {
        var zone = Cloudflare.AddZone("example.com");
        var theirs = Cloudflare.AddTunnel("theirs");
        Cloudflare.PutConfiguration(theirs.Id, """{"ingress":[{"hostname":"hand.example.com","service":"http://u:hunter2@hand:1"},{"service":"http_status:404"}]}""");
        Cloudflare.AddRecord(zone, "CNAME", "hand.example.com", $"{theirs.Id}.cfargotunnel.com", proxied: true);
        Cloudflare.AddRecord(zone, "CNAME", "lost.example.com", "00000000-0000-4000-8000-000000000000.cfargotunnel.com", proxied: true);
        Cloudflare.AddRecord(zone, "CNAME", "unrelated.example.com", "elsewhere.example.net");
        var (rig, client) = await MasterWithApiAsync();
        using var disposing = client;
        Assert.Equal(503, (await AskAsync(client)).Status);
        var nas = await rig.EnrolAsync("nas", cancellationToken: Cancellation);
        rig.Report(nas, MasterRig.Wants("app.example.com"));
        await rig.PassAsync(resync: true);
        Cloudflare.Log.Reset();

        var (status, text) = await AskAsync(client);

        var json = JsonNode.Parse(text)!;
        Assert.Equal(200, status);
        Assert.Equal(
            ["tunnel theirs foreign True", "rule hand.example.com foreign False", "tunnel tunnel-nas ours False", "rule app.example.com ours False",
             "record app.example.com ours False", "record hand.example.com foreign True", "record lost.example.com orphaned True"],
            json["things"]!.AsArray().Select(thing => $"{thing!["kind"]} {thing["subject"]} {thing["owner"]} {(bool)thing["adoptable"]!}"));
        Assert.Equal("http://app:8080", (string)json["things"]![3]!["labels"]!["dockflare.service"]!);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        Assert.Equal((0, 5), (Cloudflare.Log.Writes, Cloudflare.Log.Reads));
        Assert.StartsWith("Tunnel       theirs: not ours", (await AskAsync(client, "text/plain")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_read_is_said_and_the_rest_is_shown()
    {
        Cloudflare.AddZone("example.com");
        var (rig, client) = await MasterWithApiAsync();
        using var disposing = client;
        var nas = await rig.EnrolAsync("nas", cancellationToken: Cancellation);
        rig.Report(nas, MasterRig.Wants("app.example.com"));
        await rig.PassAsync(resync: true);
        Cloudflare.Faults.Add("GET", "/accounts/*/access/apps", new FakeFault.Refuse(403, 10000, "Authentication error"));

        var json = JsonNode.Parse((await AskAsync(client)).Text)!;

        Assert.Contains("Access: Apps and Policies", (string)json["unread"]![0]!, StringComparison.Ordinal);
        Assert.Equal(3, json["things"]!.AsArray().Count);
        Assert.Null(json["things"]![1]!["labels"]);
    }

    private static async Task<(int Status, string Text)> AskAsync(HttpClient client, string accept = "application/json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "existing");
        request.Headers.Accept.ParseAdd(accept);
        using var response = await client.SendAsync(request, Cancellation);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation));
    }
}
