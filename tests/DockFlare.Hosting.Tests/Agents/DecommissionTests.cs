using DockFlare.Core.Commands;
using DockFlare.Hosting.Agents;

namespace DockFlare.Hosting.Tests.Agents;

/// <summary>The removal of a published agent 1.1.0, on its wire.</summary>
public sealed class DecommissionTests
{
    private const string Hello = """{"display_name":"nas","agent_version":"1.1.0","supported_protocol_versions":[2,1]}""";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<(string Key, AgentId Id, string Session, string Operation)> LeavingAsync(WireMaster master)
    {
        var key = await master.NewKeyAsync();
        var (_, body) = await master.PostAsync(key, "/api/v2/agents/register", Hello);
        var id = new AgentId((string)body["agent_id"]!);
        await master.GiveTunnelAsync(id);
        var (status, removal) = await master.PostAsync(WireMaster.AdminKey, $"/api/v2/agents/{id}/remove", "");
        Assert.Equal((202, "withdrawing"), (status, (string)removal["removal"]!["phase"]!));
        return (key, id, (string)body["agent_session_id"]!, (string)removal["operation_id"]!);
    }

    private static string Ack(string operation, string command, string phase, string container = "stopped", string tombstone = "true") =>
        $$"""{"operation_id":"{{operation}}","command_id":"{{command}}","phase":"{{phase}}","tombstone_persisted":{{tombstone}},"tunnel_container":"{{container}}","self_stop_capability":"supported"}""";

    [Fact]
    public async Task Each_command_is_repeated_until_it_is_acknowledged_and_an_acknowledgement_may_come_twice()
    {
        await using var master = await WireMaster.StartAsync();
        var (key, id, session, operation) = await LeavingAsync(master);
        var path = $"/api/v2/agents/{id}/decommission/{operation}/ack";
        async Task<string?> Command() => (string?)(await master.GetAsync(key, $"/api/v2/agents/{id}/commands")).Body["commands"]!.AsArray().SingleOrDefault()?["action"];
        async Task<string> Say(string phase, string command, string container = "stopped", string tombstone = "true")
        {
            var (status, body) = await master.PostAsync(key, path, Ack(operation, command, phase, container, tombstone));
            return $"{status} {body["code"]}";
        }

        List<string?> seen = [await Command()];
        await master.Registry.RemovedToAsync(id, static removal => removal.To(RemovalPhase.Stopping) with { TunnelId = WireMaster.TunnelId }, Stop);
        seen.AddRange([await Command(), await Command()]);
        seen.Add(await Say("prepared", $"{operation}-prepare", "failed"));
        seen.Add(await Say("prepared", $"{operation}-prepare", tombstone: "false"));
        seen.Add(await Command());
        seen.Add(await Say("prepared", "another"));
        seen.Add(await Say("prepared", $"{operation}-prepare"));
        seen.Add(await Say("prepared", $"{operation}-prepare"));
        seen.Add(await Command());
        await master.Registry.RemovedToAsync(id, static removal => removal.To(RemovalPhase.Finishing), Stop);
        seen.Add(await Command());
        seen.Add(await Say("shutdown_scheduled", $"{operation}-finalize"));
        seen.Add(await Say("shutdown_scheduled", $"{operation}-finalize"));
        var (beat, _) = await master.PostAsync(key, $"/api/v2/agents/{id}/events", $$"""{"type":"heartbeat","agent_session_id":"{{session}}","event_sequence":1}""");
        var (report, refused) = await master.PostAsync(key, $"/api/v2/agents/{id}/events", $$"""{"type":"status_report","agent_session_id":"{{session}}","report_sequence":1,"inventory_complete":true,"containers":[]}""");

        Assert.Equal(
            [
                null, "prepare_decommission", "prepare_decommission", "200 acknowledged", "200 acknowledged", "prepare_decommission", "409 command_mismatch", "200 acknowledged", "200 acknowledged",
                null, "finalize_decommission", "200 acknowledged", "200 acknowledged",
            ],
            seen);
        Assert.Equal((202, 409, "agent_decommissioning"), (beat, report, (string)refused["code"]!));
        Assert.Equal(RemovalPhase.Done, master.Registry.Find(id)!.Removal!.Phase);
    }

    [Fact]
    public async Task Force_ends_the_keys_at_once_and_an_unknown_operation_is_404()
    {
        await using var master = await WireMaster.StartAsync();
        var (key, id, _, operation) = await LeavingAsync(master);

        var (unknown, _) = await master.PostAsync(key, $"/api/v2/agents/{id}/decommission/other/ack", Ack(operation, "x", "prepared"));
        var (forced, body) = await master.PostAsync(WireMaster.AdminKey, $"/api/v2/agents/{id}/remove", """{"force":true}""");
        var (after, _) = await master.GetAsync(key, $"/api/v2/agents/{id}/commands");
        var (enrol, fault) = await master.PostAsync(WireMaster.AdminKey, $"/api/v2/agents/{id}/enroll", """{"tunnel_name":"x"}""");

        Assert.Equal((404, 202, operation, true, 401), (unknown, forced, (string)body["operation_id"]!, (bool)body["removal"]!["forced"]!, after));
        Assert.Equal((409, "agent_decommissioning"), (enrol, (string)fault["code"]!));
        Assert.Empty(await master.Queue.PendingAsync(id, Stop));
    }
}
